"""The HTTP server of a stack, on sockets that are bound already."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from collections.abc import Generator
from typing import Any

import uvicorn

from .errors import CannotStart

_KEEP_ALIVE_SECONDS = 75
_STOP_SECONDS = 1
_POLL_SECONDS = 0.01

# A collection visits every object of MiniStack's services: collect less often, since few objects are in cycles.
_GC_THRESHOLDS = (50_000, 20, 50)


class _Server(uvicorn.Server):
    """A server that leaves signals to the stack."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class HttpServer:
    """Serves an ASGI application. Belongs to one event loop."""

    def __init__(self, application: Any, listeners: list[socket.socket]) -> None:
        config = uvicorn.Config(
            application,
            http="httptools",
            ws="wsproto",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
        self._server = _Server(config)
        self._listeners = listeners
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when connections are accepted. Raise CannotStart if the application does not start."""
        self._task = asyncio.create_task(self._server.serve(sockets=self._listeners))
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise CannotStart("MiniStack ended before it was ready; the log says why.")
            await asyncio.sleep(_POLL_SECONDS)

    async def stop(self) -> None:
        """Accept no more connections, end open requests and stop the application."""
        assert self._task is not None
        self._server.should_exit = True
        await self._task


def freeze_garbage_collector() -> None:
    """Exclude the objects that exist from collections, and collect new ones less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
