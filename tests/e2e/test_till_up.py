"""`till up` in the foreground, and the end of `make run` by a signal."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from local_aws import StateFolder, supervisor

from tests.support.local_stack import free_port
from till.build import build_lock


def test_till_up_exits_with_2_when_the_stack_is_killed(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "state")
    settings = {"TILLFLOW_HOME": str(folder.path), "TILLFLOW_PORT": str(free_port())}
    command = [sys.executable, "-m", "till.main", "up"]
    with subprocess.Popen(command, env=os.environ | settings, stderr=subprocess.PIPE, text=True) as waiting:
        assert waiting.stderr is not None
        assert any("Press Ctrl-C" in line for line in waiting.stderr)
        stack = folder.running()
        assert stack is not None
        os.kill(stack.pid, signal.SIGKILL)
        output = waiting.communicate(timeout=30)[1]
    assert waiting.returncode == 2
    assert "The local AWS has stopped." in output
    assert folder.log.name in output
    supervisor.stop(folder)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_stack_and_sam_end_with_make_run(number: signal.Signals, tmp_path: Path) -> None:
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("its processes ignore the signal too, as after nohup")
    folder = StateFolder(tmp_path / "state")
    settings = {"TILLFLOW_HOME": str(folder.path), "TILLFLOW_PORT": str(free_port())}
    command = [sys.executable, "-m", "till.run", "--once"]
    with subprocess.Popen(command, env=os.environ | settings, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        assert any("Local AWS running" in line for line in run.stderr)
        assert (folder.path / "sam-build.log").exists()
        run.send_signal(number)
        # The stack and sam have the other end of no pipe.
        run.communicate(timeout=30)
    # Python ends by SIGINT itself, which is 130 in a shell too, if the signal came while it ran a text as code (as
    # dataclasses do at import), although the exception was caught.
    ended = (-number,) if number == signal.SIGKILL else (130, -signal.SIGINT)
    assert run.returncode in ended
    with build_lock(folder.path, lambda: None):  # waits for sam
        processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        assert [
            line for line in processes.splitlines() if str(folder.path) in line and " build " in line
        ] == []
        with folder.lock():
            pass
