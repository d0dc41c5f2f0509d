"""The API over HTTP: AWS's JSON 1.0 protocol, the operation in X-Amz-Target."""

import asyncio
import itertools
import logging
import re
import uuid
from typing import Any, NamedTuple, cast

import httptools
import orjson

from ..engine import Engine
from ..errors import ApiError, StoreFailed
from ..web import Asset, asset
from .dispatch import dispatch

_log = logging.getLogger(__name__)

# Request ids look like uuids; the last part is a counter.
_REQUESTS = str(uuid.uuid4())[:24].encode()
_numbers = itertools.count(1)

_CREDENTIAL = re.compile(r"Credential=(\d{12})/")
_TARGET_PREFIX = "AWSStepFunctions."
_MAX_BODY_BYTES = 8 * 1024 * 1024
_REASONS = {
    200: b"OK",
    400: b"Bad Request",
    404: b"Not Found",
    413: b"Content Too Large",
    500: b"Internal Server Error",
}


class _Request(NamedTuple):
    method: bytes
    url: bytes
    target: str
    body: bytes
    trace: str | None
    account: str | None


class _Connection(asyncio.Protocol):
    """A client connection; requests are handled in their order."""

    def __init__(self, engine: Engine, connections: set["_Connection"]):
        self._engine = engine
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._target = ""
        self._trace: str | None = None
        self._account: str | None = None
        self._body: list[bytes] = []
        self._size = 0
        self._expects_continue = False
        self._queue: list[_Request] = []
        self._worker: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        self._connections.discard(self)
        if self._worker is not None:
            self._worker.cancel()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    # httptools' callbacks

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        lowered = name.lower()
        if lowered == b"x-amz-target":
            self._target = value.decode("latin-1")
        elif lowered == b"x-amzn-trace-id":
            self._trace = value.decode("latin-1")
        elif lowered == b"authorization":
            self._account = account_of(value.decode("latin-1"))
        elif lowered == b"expect" and value.lower() == b"100-continue":
            self._expects_continue = True

    def on_headers_complete(self) -> None:
        if self._expects_continue and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size > _MAX_BODY_BYTES:
            self._write(413, {"__type": "RequestEntityTooLargeException", "message": "Request too large"})
            self.close()
            return
        self._body.append(body)

    def on_message_complete(self) -> None:
        method, body = self._parser.get_method(), b"".join(self._body)
        self._queue.append(_Request(method, self._url, self._target, body, self._trace, self._account))
        self._url, self._target, self._trace, self._account = b"", "", None, None
        self._body, self._size, self._expects_continue = [], 0, False
        if self._worker is None:
            loop = asyncio.get_running_loop()
            task = asyncio.Task(self._handle_all(), loop=loop, eager_start=True)
            self._worker = None if task.done() else task

    async def _handle_all(self) -> None:
        while self._queue:
            status, response = await self._handle(self._queue.pop(0))
            self._write(status, response)
        self._worker = None

    async def _handle(self, request: "_Request") -> tuple[int, Any]:
        if request.method == b"GET":
            path = request.url.partition(b"?")[0].decode("latin-1")
            if path == "/health":
                return 200, {"service": "stepfunctions", "status": "running"}
            if page := asset(path):
                return 200, page
        return await handle(self._engine, request)

    def _write(self, status: int, response: Any) -> None:
        if self._transport is None:
            return
        if isinstance(response, Asset):
            self._write_asset(response)
            return
        body = orjson.dumps(response)
        error = response.get("__type", "").encode() if status != 200 else b""
        head = [
            b"HTTP/1.1 %d %s\r\nContent-Type: application/x-amz-json-1.0\r\n"
            % (status, _REASONS.get(status, b"Error")),
            b"x-amzn-RequestId: %s%012x\r\nContent-Length: %d\r\n" % (_REQUESTS, next(_numbers), len(body)),
            b"x-amzn-ErrorType: %s\r\n\r\n" % error if error else b"\r\n",
            body,
        ]
        self._transport.write(b"".join(head))
        if not self._parser.should_keep_alive():
            self._transport.close()

    def _write_asset(self, page: Asset) -> None:
        assert self._transport is not None
        headers = {"Content-Type": page.media_type, "Content-Length": len(page.body), **page.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._transport.write(f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode() + page.body)
        if not self._parser.should_keep_alive():
            self._transport.close()


def account_of(authorization: str) -> str | None:
    """Return the account of a signed request's credentials: an access key id of 12 digits names an account."""
    match = _CREDENTIAL.search(authorization)
    return match[1] if match else None


async def handle(engine: Engine, request: _Request) -> tuple[int, dict[str, Any]]:
    """Handle a request of the API and return the HTTP status and JSON response."""
    target, body = request.target, request.body
    operation = target.removeprefix(_TARGET_PREFIX)
    if operation == target:
        return 404, {"__type": "UnknownOperationException", "message": f"Unknown target: {target}"}
    try:
        params = orjson.loads(body) if body else {}
    except orjson.JSONDecodeError:
        return 400, {"__type": "SerializationException", "message": "The request body is not JSON"}
    if not isinstance(params, dict):
        return 400, {"__type": "SerializationException", "message": "The request body is not a JSON object"}
    try:
        return 200, await dispatch(engine, operation, params, request.trace, request.account)
    except ApiError as error:
        return error.status, {"__type": error.code, "message": error.message, **error.fields}
    except StoreFailed as error:
        return 500, {"__type": "InternalFailure", "message": str(error)}
    except Exception:  # an internal error must not end the server
        _log.exception("%s failed", operation)
        return 500, {"__type": "InternalFailure", "message": f"{operation} failed: see the server's log"}


async def serve(engine: Engine, host: str, port: int) -> asyncio.Server:
    """Listen on a port; 0 chooses a free one. Close the server before its engine."""
    connections: set[_Connection] = set()
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: _Connection(engine, connections), host, port, backlog=1024)
