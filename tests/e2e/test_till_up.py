"""`till up` in the foreground."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from local_aws import StateFolder, supervisor

from tests.support.local_stack import free_port


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
