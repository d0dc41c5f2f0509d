"""How a sandbox's process comes to be: started, or forked from one that has imported what most functions import.

A start costs a core for a third of a second, most of it spent importing botocore and pydantic, and 55 MB. A fork of a
template that has them costs less than half of it, and the pages are shared. A template has the layers of the functions
it is for on its path, imports nothing of their packages, and has none of their environment.
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
    """What a sandbox needs of its process; `returncode` as subprocess has it, None while it runs."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    async def wait(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Launch:
    """What a sandbox's process is: `task_root` is where it runs, `layers` and it are put on sys.path."""

    python: Path
    handler: str
    task_root: Path
    layers: tuple[str, ...]
    environment: dict[str, str]
    output: int

    @property
    def folders(self) -> list[str]:
        return [str(self.task_root), *self.layers]


class Processes:
    """Starts sandboxes' processes; `preload` are modules a template imports. Belongs to one event loop."""

    def __init__(self, preload: tuple[str, ...] = ()) -> None:
        # Forked processes of macOS do not come through what its frameworks start behind one's back.
        self._preload = preload if sys.platform == "linux" else ()
        self._templates: dict[tuple[Path, tuple[str, ...]], _Template] = {}

    async def start(self, launch: Launch) -> Process:
        if not self._preload or self._brings_its_own(launch.task_root):
            return await _started(launch)
        key = launch.python, launch.layers
        template = self._templates.get(key)
        if template is None or template.gone:
            template = self._templates[key] = _Template()
            await template.start(launch.python, launch.layers, self._preload)
        try:
            return await template.fork(launch)
        except OSError:
            # It ended before it forked: what is imported there may be the reason.
            return await _started(launch)

    def _brings_its_own(self, task_root: Path) -> bool:
        """A package with another version of what is preloaded, or with libraries the loader must know of first."""
        tops = {module.partition(".")[0] for module in self._preload}
        own = {path.name.removesuffix(".py") for path in task_root.iterdir()}
        return bool(own & (tops | {"lib"}))

    def reap(self, idle_for: float) -> None:
        """End the templates that have had no sandbox for so many seconds."""
        for key, template in list(self._templates.items()):
            if template.idle_for > idle_for:
                template.kill()
                del self._templates[key]

    async def close(self) -> None:
        for template in self._templates.values():
            template.kill()
            await template.ended()
        self._templates.clear()


async def _started(launch: Launch) -> Process:
    return await asyncio.create_subprocess_exec(
        str(launch.python), "-I", str(_BOOTSTRAP), str(os.getpid()), launch.handler, *launch.folders,
        stdin=DEVNULL if sys.platform == "linux" else PIPE, stdout=launch.output, stderr=launch.output,
        cwd=launch.task_root, env=launch.environment, start_new_session=True,
    )  # fmt: skip


class _Forked:
    """A process that is the template's child: the template tells of its end."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @property
    def returncode(self) -> int | None:
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def ended(self, returncode: int) -> None:
        if not self._ended.done():
            self._ended.set_result(returncode)


class _Template:
    """One process that forks sandboxes; they end with it."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ours.setblocking(False)
        self._exit: asyncio.Task[int] | None = None
        self._pid = 0
        self._asked: deque[asyncio.Future[_Forked]] = deque()
        self._children: dict[int, _Forked] = {}
        self._used = time.monotonic()

    @property
    def gone(self) -> bool:
        return self._exit is not None and self._exit.done()

    @property
    def idle_for(self) -> float:
        return 0.0 if self._asked or self._children else time.monotonic() - self._used

    async def start(self, python: Path, layers: tuple[str, ...], modules: tuple[str, ...]) -> None:
        libraries = ":".join(f"{Path(layer).parent}/lib" for layer in layers[-1:])
        process = await asyncio.create_subprocess_exec(
            str(python), "-I", str(_BOOTSTRAP), str(os.getpid()), "--template", str(self._theirs.fileno()),
            *modules, "--", *layers, stdin=DEVNULL, pass_fds=[self._theirs.fileno()], start_new_session=True,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "en_US.UTF-8", "LD_LIBRARY_PATH": libraries},
        )  # fmt: skip
        self._theirs.close()
        self._pid = process.pid
        asyncio.get_running_loop().add_reader(self._ours, self._hear)
        self._exit = asyncio.create_task(process.wait())
        self._exit.add_done_callback(lambda _: self._end())

    async def fork(self, launch: Launch) -> Process:
        message = {
            "handler": launch.handler,
            "folders": launch.folders,
            "cwd": str(launch.task_root),
            "environment": launch.environment,
        }
        socket.send_fds(self._ours, [json.dumps(message).encode()], [launch.output])
        started: asyncio.Future[_Forked] = asyncio.get_running_loop().create_future()
        self._asked.append(started)
        return await started

    def _hear(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while said := self._ours.recv(65536):
                self._heard(json.loads(said))

    def _heard(self, said: dict[str, Any]) -> None:
        self._used = time.monotonic()
        if "started" in said:
            child = self._children[said["started"]] = _Forked(said["started"])
            self._asked.popleft().set_result(child)
        else:
            self._children.pop(said["ended"]).ended(said["returncode"])

    def kill(self) -> None:
        if self._pid and not self.gone:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    async def ended(self) -> None:
        if self._exit is not None:
            await self._exit

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._ours)
        self._hear()
        self._ours.close()
        for started in self._asked:
            started.set_exception(ChildProcessError("the process it was to be forked from has ended"))
        for child in self._children.values():
            child.ended(-signal.SIGKILL)
        self._asked.clear()
        self._children.clear()
