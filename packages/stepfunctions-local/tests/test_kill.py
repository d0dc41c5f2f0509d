"""kill -9 under load, a few times; `python -m tests.storm` does it for as long as one likes."""

import random
import subprocess
import sys
from pathlib import Path

from stepfunctions_local.storage.store import Store

from .storm.run import storm


def test_nothing_is_lost_and_nothing_completed_runs_again(tmp_path: Path) -> None:
    seed = random.randrange(1 << 30)
    report = storm(tmp_path, kills=4, load=22, seed=seed)
    assert report.faults == [], f"seed {seed}"
    assert all(report.accepted.values())


def test_a_second_process_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "states.db"
    store = Store(path)
    command = [sys.executable, "-m", "stepfunctions_local", "--port", "0", "--store", str(path)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=30)
    store.close()
    assert second.returncode == 1
    assert "already open in process" in second.stderr
    assert "Traceback" not in second.stderr
