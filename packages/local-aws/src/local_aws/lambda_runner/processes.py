"""Start the processes of sandboxes: each on its own, or forked from a process that has imported common modules.

A process on its own takes a third of a second of CPU time, most of it for importing botocore and pydantic, and
55 MB. A fork takes less than half of that and shares the pages. A fork server has the layers of its functions on
its path, imports nothing of their packages, and has none of their environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

_BOOTSTRAP = Path(__file__).with_name("_bootstrap.py")


class Process(Protocol):
    """The process of a sandbox; `returncode` as in subprocess, None while it runs."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    async def wait(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a process: `task_root` is its working folder; it and `layers` are put on sys.path."""

    python: Path
    handler: str
    task_root: Path
    layers: tuple[str, ...]
    environment: dict[str, str]
    output: int

    @property
    def folders(self) -> list[str]:
        return [str(self.task_root), *self.layers]


class ProcessStarter:
    """Starts processes of sandboxes; fork servers import the modules of `preload`. Belongs to one event loop."""

    def __init__(self, preload: tuple[str, ...] = ()) -> None:
        # On macOS, system frameworks start threads that a forked process does not survive.
        self._preload = preload if sys.platform == "linux" else ()
        self._servers: dict[tuple[Path, tuple[str, ...]], _ForkServer] = {}

    async def start(self, launch: Launch) -> Process:
        if not self._preload or self._has_own_modules(launch.task_root):
            return await _start_alone(launch)
        key = launch.python, launch.layers
        server = self._servers.get(key)
        if server is None or server.has_ended:
            server = self._servers[key] = _ForkServer()
            await server.start(launch.python, launch.layers, self._preload)
        try:
            return await server.fork(launch)
        except OSError:
            # The fork server ended before it forked, perhaps because of a module that it imported.
            return await _start_alone(launch)

    def _has_own_modules(self, task_root: Path) -> bool:
        """Return whether a package has its own version of a preloaded module, or libraries for the loader."""
        tops = {module.partition(".")[0] for module in self._preload}
        own = {path.name.removesuffix(".py") for path in task_root.iterdir()}
        return bool(own & (tops | {"lib"}))

    def reap(self, idle_for: float) -> None:
        """End the fork servers that have had no sandbox for `idle_for` seconds."""
        for key, server in list(self._servers.items()):
            if server.idle_seconds > idle_for:
                server.kill()
                del self._servers[key]

    async def close(self) -> None:
        for server in self._servers.values():
            server.kill()
            await server.wait()
        self._servers.clear()


async def _start_alone(launch: Launch) -> Process:
    return await asyncio.create_subprocess_exec(
        str(launch.python), "-I", str(_BOOTSTRAP), str(os.getpid()), launch.handler, *launch.folders,
        stdin=DEVNULL if sys.platform == "linux" else PIPE, stdout=launch.output, stderr=launch.output,
        cwd=launch.task_root, env=launch.environment, start_new_session=True,
    )  # fmt: skip


class _ForkedProcess:
    """A child of the fork server, which reports its end."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._returncode: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @property
    def returncode(self) -> int | None:
        return self._returncode.result() if self._returncode.done() else None

    async def wait(self) -> int:
        return await asyncio.shield(self._returncode)

    def set_returncode(self, returncode: int) -> None:
        if not self._returncode.done():
            self._returncode.set_result(returncode)


class _ForkServer:
    """A process that forks sandboxes; they end with it."""

    def __init__(self) -> None:
        self._socket, self._server_socket = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setblocking(False)
        self._exit: asyncio.Task[int] | None = None
        self._pid = 0
        self._pending: deque[asyncio.Future[_ForkedProcess]] = deque()
        self._children: dict[int, _ForkedProcess] = {}
        self._last_used = time.monotonic()

    @property
    def has_ended(self) -> bool:
        return self._exit is not None and self._exit.done()

    @property
    def idle_seconds(self) -> float:
        return 0.0 if self._pending or self._children else time.monotonic() - self._last_used

    async def start(self, python: Path, layers: tuple[str, ...], modules: tuple[str, ...]) -> None:
        libraries = ":".join(f"{Path(layer).parent}/lib" for layer in layers[-1:])
        descriptor = self._server_socket.fileno()
        process = await asyncio.create_subprocess_exec(
            str(python), "-I", str(_BOOTSTRAP), str(os.getpid()), "--fork-server", str(descriptor),
            *modules, "--", *layers, stdin=DEVNULL, pass_fds=[descriptor], start_new_session=True,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "en_US.UTF-8", "LD_LIBRARY_PATH": libraries},
        )  # fmt: skip
        self._server_socket.close()
        self._pid = process.pid
        asyncio.get_running_loop().add_reader(self._socket, self._receive)
        self._exit = asyncio.create_task(process.wait())
        self._exit.add_done_callback(lambda _: self._clean_up())

    async def fork(self, launch: Launch) -> Process:
        """Fork a process. Raise ChildProcessError if the server ends first."""
        message = {
            "handler": launch.handler,
            "folders": launch.folders,
            "cwd": str(launch.task_root),
            "environment": launch.environment,
        }
        socket.send_fds(self._socket, [json.dumps(message).encode()], [launch.output])
        forked: asyncio.Future[_ForkedProcess] = asyncio.get_running_loop().create_future()
        self._pending.append(forked)
        return await forked

    def _receive(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while message := self._socket.recv(65536):
                self._handle(json.loads(message))

    def _handle(self, message: dict[str, Any]) -> None:
        self._last_used = time.monotonic()
        if "started" in message:
            child = self._children[message["started"]] = _ForkedProcess(message["started"])
            self._pending.popleft().set_result(child)
        else:
            self._children.pop(message["ended"]).set_returncode(message["returncode"])

    def kill(self) -> None:
        if self._pid and not self.has_ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    async def wait(self) -> None:
        if self._exit is not None:
            await self._exit

    def _clean_up(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._receive()
        self._socket.close()
        for forked in self._pending:
            forked.set_exception(ChildProcessError("the fork server has ended"))
        for child in self._children.values():
            child.set_returncode(-signal.SIGKILL)
        self._pending.clear()
        self._children.clear()
