"""The HTTP server of a stack, on sockets that are bound already."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from collections.abc import Generator
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

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


class _BatchedWrites:
    """A transport that sends what is written in one turn of the event loop with one system call."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._pending: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._pending:
            asyncio.get_running_loop().call_soon(self._flush)
        self._pending.append(data)

    def _flush(self) -> None:
        if self._pending:
            self._transport.write(b"".join(self._pending))
            self._pending.clear()

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _Protocol(HttpToolsProtocol):
    """HTTP/1.1 with the head and the body of a response in one write."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(_BatchedWrites(transport))  # type: ignore[arg-type]


class HttpServer:
    """Serves an ASGI application. Belongs to one event loop."""

    def __init__(self, application: Any, listeners: list[socket.socket]) -> None:
        config = uvicorn.Config(
            application,
            http=_Protocol,
            proxy_headers=False,
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
