"""Run the local AWS in this process: MiniStack's services, the engine and the Lambda runner, on one port."""

from __future__ import annotations

import asyncio
import shutil
from importlib.metadata import version
from pathlib import Path

import uvloop

from .errors import CannotStart, UnreadableState
from .ministack.environment import VERSION, configure
from .state_folder import StateFolder


def serve(folder: StateFolder, port: int, *, lambda_python: Path) -> None:
    """Run until SIGTERM or SIGINT. Raise CannotStart before anything was started."""
    if not lambda_python.exists():
        raise CannotStart(f"The Python of Lambda handlers, {lambda_python}, does not exist.")
    if version("ministack") != VERSION:
        raise CannotStart(f"MiniStack must be version {VERSION}; installed is {version('ministack')}.")
    with folder.lock():
        # Files of a stack that was killed: nothing else uses the folder while it is locked.
        shutil.rmtree(folder.scratch, ignore_errors=True)
        folder.prepare()
        _check_format(folder.state)
        configure(folder, port)
        # MiniStack reads its settings when it is imported.
        from .stack import run

        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(run(folder, port, lambda_python))
        finally:
            folder.withdraw()


def _check_format(state: Path) -> None:
    """Raise UnreadableState for the files of versions without a journal."""
    if any(state.glob("*.json")):
        raise UnreadableState(f"{state} was written by an earlier version of the local AWS.")
