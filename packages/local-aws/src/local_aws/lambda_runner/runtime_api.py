"""The Lambda Runtime API of one sandbox, on a port of its own of 127.0.0.1.

Serves the operations of version 2018-06-01 that awslambdaric calls: next, response, error, init error.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httptools

from .model import Function, Request, new_trace_header
from .service_errors import MAX_RESPONSE_BYTES, response_too_large

_PREFIX = "/2018-06-01/runtime"


@dataclass(frozen=True, slots=True)
class HandlerResult:
    """The response or error that the runtime posted for one invocation."""

    payload: bytes
    failed: bool
    ends_runtime: bool = False


class RuntimeApi:
    """Delivers one invocation at a time to the runtime and collects its result. Belongs to one event loop."""

    def __init__(self, function: Function) -> None:
        loop = asyncio.get_running_loop()
        self._function = function
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._polling: _Connection | None = None
        self._next: tuple[Request, int] | None = None
        self._current: str | None = None
        self._result: asyncio.Future[HandlerResult] | None = None
        self.ready: asyncio.Future[None] = loop.create_future()
        self.init_error: bytes | None = None
        self.address = ""

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.address = f"{host}:{port}"

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.abort()

    def deliver(self, request: Request, deadline_ms: int) -> asyncio.Future[HandlerResult]:
        """Deliver the next invocation to the runtime; the future is set when the runtime posts the result."""
        self._result = asyncio.get_running_loop().create_future()
        self._current = request.request_id
        self._next = (request, deadline_ms)
        self._send_next()
        return self._result

    def _send_next(self) -> None:
        if self._polling is None or self._next is None:
            return
        connection, (request, deadline_ms) = self._polling, self._next
        self._polling = self._next = None
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": request.request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": request.invoked_arn or self._function.arn,
            "Lambda-Runtime-Trace-Id": request.trace_header
            or new_trace_header(sampled=self._function.traced),
        }
        if request.client_context:
            headers["Lambda-Runtime-Client-Context"] = request.client_context
        connection.respond(HTTPStatus.OK, request.payload, headers)

    def handle(self, connection: _Connection, method: str, path: str, body: bytes) -> None:
        match (method, path.removeprefix(_PREFIX).strip("/").split("/")):
            case ("GET", ["invocation", "next"]):
                self._polling = connection
                if not self.ready.done():
                    self.ready.set_result(None)
                self._send_next()
            case ("POST", ["invocation", request_id, "response"]):
                if len(body) > MAX_RESPONSE_BYTES:
                    connection.respond(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"{}")
                    self._settle(
                        request_id, HandlerResult(response_too_large(), failed=True, ends_runtime=True)
                    )
                else:
                    self._accept(connection, request_id, HandlerResult(body, failed=False))
            case ("POST", ["invocation", request_id, "error"]):
                self._accept(connection, request_id, HandlerResult(body, failed=True))
            case ("POST", ["init", "error"]):
                self.init_error = body
                connection.respond(HTTPStatus.ACCEPTED, b'{"status":"OK"}')
            case _:
                connection.respond(HTTPStatus.NOT_FOUND, b'{"errorType":"NotFound"}')

    def _accept(self, connection: _Connection, request_id: str, result: HandlerResult) -> None:
        if request_id != self._current:
            connection.respond(HTTPStatus.BAD_REQUEST, b'{"errorType":"InvalidRequestID"}')
            return
        connection.respond(HTTPStatus.ACCEPTED, b'{"status":"OK"}')
        self._settle(request_id, result)

    def _settle(self, request_id: str, result: HandlerResult) -> None:
        if request_id == self._current and self._result is not None and not self._result.done():
            self._result.set_result(result)

    def connected(self, connection: _Connection) -> None:
        self._connections.add(connection)

    def disconnected(self, connection: _Connection) -> None:
        self._connections.discard(connection)
        if self._polling is connection:
            self._polling = None


class _Connection(asyncio.Protocol):
    """One HTTP/1.1 connection of the runtime; at most one request at a time."""

    def __init__(self, api: RuntimeApi) -> None:
        self._api = api
        self._transport: Any = None
        self._reset()

    def _reset(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._api.connected(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._api.disconnected(self)

    def abort(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.abort()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"expect" and value.lower() == b"100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        method, url, body = (
            self._parser.get_method().decode(),
            self._url.decode("latin-1"),
            b"".join(self._body),
        )
        self._url, self._body = b"", []
        self._api.handle(self, method, url, body)

    def respond(self, status: HTTPStatus, body: bytes, headers: dict[str, str] | None = None) -> None:
        lines = [f"HTTP/1.1 {status.value} {status.phrase}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self._transport.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
