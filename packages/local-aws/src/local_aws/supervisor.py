"""Start a local stack in a process of its own, wait until it is ready, and stop it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from .errors import CannotStart, NotReady, error_of_exit_code, port_in_use
from .state_folder import RunningStack, StateFolder

# The end of the process is noticed at once: this limit is for one that hangs, also on a machine that is busy.
_START_TIMEOUT = 180.0
_STOP_TIMEOUT = 20.0
_QUOTED_LINES = 5
_MAX_LOG_BYTES = 5_000_000

_inputs: list[IO[bytes]] = []
"""The other ends of the standard inputs of stacks that stop with this process. It closes them as it ends."""


def start(folder: StateFolder, port: int, *, lambda_python: Path, with_parent: bool = False) -> RunningStack:
    """Return the stack that runs on the folder; start one if there is none.

    `lambda_python` is the interpreter of Lambda handlers. With `with_parent` the stack stops when the calling
    process ends. Raise CannotStart.
    """
    running = folder.running()
    if running is not None:
        return running
    if not is_free(port):
        raise port_in_use(port)
    folder.prepare()
    # The process runs in the folder: paths that are relative to the caller's directory would name others there.
    command = [sys.executable, "-m", "local_aws", "--port", str(port)]
    command += ["--state-dir", str(folder.path.absolute()), "--lambda-python", str(lambda_python.absolute())]
    if with_parent:
        command.append("--stop-with-input")
    if folder.log.exists() and folder.log.stat().st_size > _MAX_LOG_BYTES:
        folder.log.replace(folder.log.with_suffix(".log.1"))
    with folder.log.open("ab") as log:
        log_start = log.tell()
        # A session of its own: Ctrl-C in the terminal reaches the caller alone, which then calls `stop`.
        process = subprocess.Popen(
            command,
            cwd=folder.path,
            stdin=subprocess.PIPE if with_parent else subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        if process.stdin is not None:
            _inputs.append(process.stdin)
    try:
        return _wait_until_ready(folder, process, log_start)
    except BaseException:
        process.terminate()
        raise


def is_free(port: int) -> bool:
    """Return whether a port of 127.0.0.1 can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _wait_until_ready(folder: StateFolder, process: subprocess.Popen[bytes], log_start: int) -> RunningStack:
    deadline = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < deadline:
        code = process.poll()
        if code is not None:
            log = folder.log.read_bytes()[log_start:].decode(errors="replace").strip().splitlines()
            raise error_of_exit_code(code)("\n".join(["The local AWS did not start.", *log[-_QUOTED_LINES:]]))
        running = folder.running()
        if running is not None and running.pid == process.pid:
            return running
        time.sleep(0.05)
    raise NotReady(f"The local AWS was not ready after {_START_TIMEOUT:.0f} s.")


def stop(folder: StateFolder) -> bool:
    """Stop the stack that runs on the folder; return False if there was none. Raise CannotStart."""
    running = folder.running()
    if running is None:
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(running.pid, number)
        deadline = time.monotonic() + _STOP_TIMEOUT
        while time.monotonic() < deadline:
            if folder.running() is None:
                return True
            time.sleep(0.05)
    raise CannotStart(f"Process {running.pid} of the local AWS does not stop.")


def reset(folder: StateFolder) -> None:
    """Delete all state of the folder; stop the stack that runs on it first."""
    stop(folder)
    folder.clear()
