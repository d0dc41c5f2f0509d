"""Requests of this process to its own services, without a connection: signed and checked like any other."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from concurrent.futures import CancelledError
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import HTTPClientError

type Message = MutableMapping[str, Any]
type Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

_CLIENT = ("127.0.0.1", 0)


class DirectRequests:
    """Sends botocore's prepared requests to an ASGI application that runs on another thread's event loop."""

    def __init__(self, application: Application, loop: asyncio.AbstractEventLoop) -> None:
        self._application = application
        self._loop = loop

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """Return the response of the application. Raise HTTPClientError if it has none.

        Must not be called on the application's event loop.
        """
        response = _Response()
        handled = self._application(_scope(request), _receiver(_body(request)), response.send)
        try:
            asyncio.run_coroutine_threadsafe(_finish(handled), self._loop).result()
        except (Exception, CancelledError) as error:
            raise HTTPClientError(error=error) from error
        return AWSResponse(request.url, response.status, response.headers, _RawBody(response.body))


async def _finish(handled: Awaitable[None]) -> None:
    await handled


class _Response:
    def __init__(self) -> None:
        self.status = 500
        self.headers: dict[str, str] = {}
        self.body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {
                name.decode("latin-1"): value.decode("latin-1") for name, value in message.get("headers", ())
            }
        else:
            self.body += message.get("body", b"")


class _RawBody(io.BytesIO):
    """A body with the methods of urllib3's responses that botocore calls."""

    def stream(self, amt: int = 65_536, **_: Any) -> Iterator[bytes]:
        while chunk := self.read(amt):
            yield chunk


def _body(request: AWSPreparedRequest) -> bytes:
    body = request.body
    if body is None:
        return b""
    if hasattr(body, "read"):
        body = body.read()
    return body.encode() if isinstance(body, str) else bytes(body)


def _scope(request: AWSPreparedRequest) -> Message:
    url = urlsplit(request.url)
    headers = [(_latin(name).lower(), _latin(value)) for name, value in request.headers.items()]
    if all(name != b"host" for name, _ in headers):
        headers.insert(0, (b"host", url.netloc.encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "server": (url.hostname, url.port),
        "client": _CLIENT,
        "root_path": "",
        "path": unquote(url.path) or "/",
        "raw_path": url.path.encode() or b"/",
        "query_string": url.query.encode(),
        "headers": headers,
    }


def _latin(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")


def _receiver(body: bytes) -> Callable[[], Awaitable[Message]]:
    is_read = False

    async def receive() -> Message:
        nonlocal is_read
        if is_read:
            # The caller stays until the response.
            await asyncio.Event().wait()
        is_read = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
