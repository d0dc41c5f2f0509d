"""Start the local AWS as a process of its own, wait until it is ready, find it again, end it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

from .home import PROJECT, CannotStart, Home, NeverReady, RunningStack
from .saving import last_save

_READY_WITHIN = 60.0
_GONE_WITHIN = 20.0
_SHOWN_LINES = 5
_LONGEST_LOG = 5_000_000


def start(home: Home, port: int, *, with_parent: bool = False) -> RunningStack:
    """The stack that runs on this folder, started if there is none. With `with_parent` it ends when we do.

    Raises CannotStart with what to do about it.
    """
    running = home.running()
    if running is not None:
        return running
    refuse_busy_port(port)
    home.prepare()
    command = [sys.executable, "-m", "local_aws", "--port", str(port), "--state-dir", str(home.path)]
    if with_parent:
        command += ["--with-parent", str(os.getpid())]
    if home.log.exists() and home.log.stat().st_size > _LONGEST_LOG:
        home.log.replace(home.log.with_suffix(".log.1"))
    with home.log.open("ab") as log:
        log_start = log.tell()
        # A session of its own: Ctrl-C in the terminal reaches us alone, and we end the stack in order.
        process = subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        return _wait_until_ready(home, process, log_start)
    except BaseException:
        process.terminate()
        raise


def refuse_busy_port(port: int) -> None:
    """Raises CannotStart when something else listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CannotStart(
                f"Port {port} on 127.0.0.1 is in use by another program: end that one,"
                f" or choose a free port, for example TILLFLOW_PORT={port + 1}."
            ) from None


def _wait_until_ready(home: Home, process: subprocess.Popen[bytes], log_start: int) -> RunningStack:
    deadline = time.monotonic() + _READY_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said = home.log.read_bytes()[log_start:].decode(errors="replace").strip().splitlines()
            raise NeverReady("\n".join(["The local AWS did not start.", *said[-_SHOWN_LINES:]]))
        running = home.running()
        if running is not None and running.pid == process.pid:
            return running
        time.sleep(0.05)
    raise NeverReady(f"The local AWS was not ready after {_READY_WITHIN:.0f} s.")


def warnings(home: Home, running: RunningStack) -> list[str]:
    """What the stack said on its start beside being ready: where engine and services disagree."""
    lines = home.log.read_text(errors="replace").splitlines()
    ready = [number for number, line in enumerate(lines) if line.startswith("Local AWS is ready on")]
    if not ready:
        return []
    before = lines[: ready[-1]]
    return [line.removeprefix("! ") for line in before[_last_end(before) :] if line.startswith("! ")]


def _last_end(lines: list[str]) -> int:
    starts = [number for number, line in enumerate(lines) if line.startswith("Local AWS is ready on")]
    return starts[-1] + 1 if starts else 0


def stop(home: Home) -> bool:
    """End the stack on this folder, its state saved; False when none ran."""
    running = home.running()
    if running is None:
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(running.pid, number)
        deadline = time.monotonic() + _GONE_WITHIN
        while time.monotonic() < deadline:
            if home.running() is None:
                return True
            time.sleep(0.05)
    raise CannotStart(f"Process {running.pid} of the local AWS does not end.")


def kept(home: Home) -> bool:
    """Whether the stack that ended here could save all it held."""
    last = last_save(home.state)
    return last is not None and last.clean


def reset(home: Home) -> None:
    """Forget everything the stack keeps. Ends it first when it runs."""
    stop(home)
    for folder in (home.state, home.objects, home.scratch, home.packages, home.path / "cache"):
        shutil.rmtree(folder, ignore_errors=True)
    for file in home.path.glob("*"):
        if file.is_file() and file.name != "lock":
            file.unlink()
