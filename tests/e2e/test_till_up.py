"""`till up` in the foreground, beside a stack that ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from local_aws import supervisor
from local_aws.home import Home

from tests.support.local_stack import free_port


def test_till_up_exits_with_2_when_the_stack_is_killed(tmp_path: Path) -> None:
    own_home = Home(tmp_path / "home")
    chosen = {"TILLFLOW_HOME": str(own_home.path), "TILLFLOW_PORT": str(free_port())}
    command = [sys.executable, "-m", "till.main", "up"]
    with subprocess.Popen(command, env=os.environ | chosen, stderr=subprocess.PIPE, text=True) as waiting:
        assert waiting.stderr is not None
        assert any("Ctrl-C ends it" in line for line in waiting.stderr)
        stack = own_home.running()
        assert stack is not None
        os.kill(stack.pid, signal.SIGKILL)
        said = waiting.communicate(timeout=30)[1]
    assert waiting.returncode == 2
    assert "The local AWS has ended." in said
    assert own_home.log.name in said
    supervisor.stop(own_home)
