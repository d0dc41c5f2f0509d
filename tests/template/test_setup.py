"""`make setup` in a copy of the project, with a uv that installs nothing."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_setup_prints_each_step(tmp_path: Path) -> None:
    for name in ("Makefile", "uv.lock", ".python-version"):
        shutil.copy(ROOT / name, tmp_path)
    installed = tmp_path / "bin" / "uv"
    installed.parent.mkdir()
    installed.write_text("#!/bin/sh\n")
    installed.chmod(0o755)
    environment = os.environ | {"PATH": f"{installed.parent}:{os.environ['PATH']}"}

    def output() -> list[str]:
        command = ["make", "--silent", "setup"]
        return subprocess.check_output(command, cwd=tmp_path, env=environment, text=True).splitlines()

    python = (ROOT / ".python-version").read_text().strip()
    assert output() == [
        f"Setting up (once): Python {python} and the packages of the project",
        "Setting up (once): the packages of Lambda functions",
    ]
    assert output() == []
