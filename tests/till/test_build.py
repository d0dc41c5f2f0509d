"""The lock of builds, and the record of the last one."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from till import build as builds
from till.build import Build, build_lock

HOLDER = """
import sys, pathlib
from till.build import build_lock
with build_lock(pathlib.Path(sys.argv[1]), lambda: None):
    print("locked", flush=True)
    sys.stdin.read()
"""
# Starts a process with a child as SamProcess does, and is killed.
KILLED = """
import os, pathlib, signal, subprocess, sys
from till.build import build_lock
with build_lock(pathlib.Path(sys.argv[1]), lambda: None):
    child = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    group = [sys.executable, "-m", "till.process_group", str(os.getpid()), sys.executable, "-c", child]
    with subprocess.Popen(group, start_new_session=True, close_fds=False, stdout=subprocess.PIPE) as process:
        os.write(1, process.stdout.readline())
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_build_lock_waits_until_the_other_process_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        waits = []

        def on_wait() -> None:
            waits.append(holder.poll())
            holder.kill()

        with build_lock(tmp_path, on_wait):
            assert holder.wait() != 0
    assert waits == [None]


def test_free_build_lock_does_not_wait(tmp_path: Path) -> None:
    for _ in range(2):
        with build_lock(tmp_path / "new", lambda: pytest.fail("waits")):
            pass


def test_processes_of_a_killed_build_end_before_the_next_build(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    killed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    child = int(killed.stdout)
    os.kill(child, 0)
    waits: list[None] = []
    with build_lock(tmp_path, lambda: waits.append(None)), pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert waits == [None]


def test_process_group_ends_by_termination_with_its_command() -> None:
    child = "import time; print('started', flush=True); time.sleep(600)"
    command = [sys.executable, "-m", "till.process_group", str(os.getpid()), sys.executable, "-c", child]
    with subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        process.terminate()
        # The command has the other end of the pipe.
        assert process.stdout.read() == ""
        assert process.wait() != 0


def test_build_cannot_be_finished_without_the_lock(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="in its context"):
        Build(tmp_path / "state", tmp_path / "project").finish()


@pytest.mark.parametrize("missing", [None, "template.yaml", "Common", "Api/template.yaml", "Api/Handler"])
def test_build_without_an_artefact_is_made_again(
    missing: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = Build(tmp_path / "state", tmp_path / "project")
    folder = build.template.parent
    (folder / "Common").mkdir(parents=True)
    (folder / "Api" / "Handler").mkdir(parents=True)
    remote = {"Properties": {"CodeUri": "s3://bucket/key"}}
    resources = {
        "Common": {"Properties": {"ContentUri": "Common"}},
        "Api": {"Properties": {"Location": "Api/template.yaml"}},
    }
    build.template.write_text(json.dumps({"Resources": resources | {"Remote": remote, "Handle": {}}}))
    nested = {"Handler": {"Properties": {"CodeUri": "Handler"}}}
    (folder / "Api" / "template.yaml").write_text(json.dumps({"Resources": nested}))
    (tmp_path / "state" / "built.json").write_text(json.dumps(build.digest))
    if missing:
        path = folder / missing
        path.rmdir() if path.is_dir() else path.unlink()
    started = []
    monkeypatch.setattr(builds, "SamProcess", lambda *arguments: started.append(arguments[2]))
    with build:
        pass
    assert started == (["build"] if missing else [])
