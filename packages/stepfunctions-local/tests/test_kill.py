"""kill -9 under load, a few times; `python -m tests.storm` does it any number of times."""

import random
import subprocess
import sys
from pathlib import Path

from stepfunctions_local.storage.store import Store

from .storm.run import storm


def test_kills_lose_nothing_and_repeat_nothing_completed(tmp_path: Path) -> None:
    seed = random.randrange(1 << 30)
    report = storm(tmp_path, kills=4, load=22, seed=seed)
    assert report.violations == [], f"seed {seed}"
    assert all(report.accepted.values())


def test_second_process_on_store_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "states.db"
    store = Store(path)
    command = [sys.executable, "-m", "stepfunctions_local", "start", "--port", "0", "--store", str(path)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=120)
    store.close()
    assert second.returncode == 1
    assert "already open in process" in second.stderr
    assert "Traceback" not in second.stderr
