"""Every example in a command's help works when it is pasted after `till seed`.

The examples of a command run in their order. Lines without shell syntax run in this process, which takes a fraction of
the time; the shop is that of the other tests.
"""

import os
import shlex
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support.deployed_shop import BIN, Deployed
from tests.support.examples import EXAMPLES, NO_EXAMPLE, TREE
from till.main import app

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.xdist_group("e2e")]

ROOT = Path(__file__).parents[2]
NOT_RUN = {
    "invoice mail": "needs a verified identity in Amazon SES",
    "up": "starts a process; test_till_up.py",
    "env": "needs the SAM CLI; test_sam_local.py",
    "demo": "takes a minute; test_deploy.py runs it",
}
ENDS_WITH_1 = {"audit"}
"""Commands that exit with 1 for what other tests of this shop have left."""

TYPED = {"user create": "Tillflow-2026\nTillflow-2026"}
"""What is typed when a command asks, other than for a confirmation."""

SHELL = ("$(", "|", ">", "&&")
PATIENCE_SECONDS = 20


@pytest.fixture(scope="module")
def folder(shop: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A working directory with the project's documentation, and the environment of the shop."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "docs").symlink_to(ROOT / "docs")
    queues = {queue: url for queue, url in shop.outputs().items() if queue == "DemandDeadLetterQueue"}
    for url in queues.values():
        shop.client("sqs").send_message(QueueUrl=url, MessageBody='{"order_id": "ord-1"}')
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.chdir(folder)
        monkeypatch.setattr("typer.testing._get_command", lambda _: TREE)
        for name, value in shop.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
        yield folder


@pytest.mark.parametrize("command", [name for name in EXAMPLES if name not in NO_EXAMPLE | NOT_RUN.keys()])
def test_examples_of_a_command_work(folder: Path, command: str) -> None:
    for line in EXAMPLES[command]:
        paste(line, TYPED.get(command, "y"), (0, 1) if command in ENDS_WITH_1 else (0,))


def paste(line: str, typed: str, accepted: tuple[int, ...]) -> None:
    """Run a line; again for a while if it follows one whose workflow is still on its way."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    code, output = run(line, typed)
    while code == 2 and time.monotonic() < deadline:
        time.sleep(0.2)
        code, output = run(line, typed)
    assert code in accepted, (line, code, output)


def run(line: str, typed: str) -> tuple[int, str]:
    if not any(sign in line for sign in SHELL):
        program, *words = shlex.split(line)
        assert program == "till", line
        if words[0] != "aws":
            result = CliRunner().invoke(app, words, input=typed)
            if result.exception is not None and not isinstance(result.exception, SystemExit):
                raise AssertionError(line) from result.exception
            return result.exit_code, result.output
    done = subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, check=False, input=typed
    )
    return done.returncode, done.stdout + done.stderr
