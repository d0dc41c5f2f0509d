"""The engine's web page on the port of the stack, at /_stepfunctions/.

Its requests are the engine's API without credentials: the page is for the person at this machine. A browser page of
another origin cannot send them: their content type needs a preflight, which is refused, and the Host must be this
machine's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from stepfunctions_local.errors import ApiError
from stepfunctions_local.web import asset

from .embedded_step_functions import EmbeddedStepFunctions
from .settings import ENGINE_PAGE_PATH

_HOSTS = {b"127.0.0.1", b"localhost"}
_CONTENT_TYPE = b"application/x-amz-json-1.0"
_MAX_BODY_BYTES = 8 * 1024 * 1024

type Message = dict[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Message, Receive, Send], Awaitable[None]]
type Response = tuple[int, dict[str, str], bytes]


def with_engine_page(application: Application, engine: EmbeddedStepFunctions) -> Application:
    """Return an ASGI application that serves the engine's page, and everything else as before."""

    async def serve(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(ENGINE_PAGE_PATH):
            await application(scope, receive, send)
            return
        status, headers, body = await _respond(engine, scope, receive)
        encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": body})

    return serve


async def _respond(engine: EmbeddedStepFunctions, scope: Message, receive: Receive) -> Response:
    headers = dict(scope["headers"])
    if headers.get(b"host", b"").partition(b":")[0] not in _HOSTS:
        return _json(403, {"message": "The page is served to this machine only."})
    path = f"/{scope['path'].removeprefix(ENGINE_PAGE_PATH)}"
    if scope["method"] == "GET" and (page := asset(path)):
        return 200, {"Content-Type": page.media_type, **page.headers}, page.body
    if scope["method"] != "POST" or headers.get(b"content-type") != _CONTENT_TYPE:
        return _json(404, {"message": f"{scope['method']} {scope['path']} does not exist."})
    body = await _read(receive)
    if body is None:
        return _json(413, {"message": f"The body has more than {_MAX_BODY_BYTES} bytes."})
    operation = headers.get(b"x-amz-target", b"").decode("latin-1").rpartition(".")[2]
    try:
        result = engine.submit(operation, orjson.loads(body or b"{}"))
        return _json(200, await asyncio.wrap_future(result))
    except orjson.JSONDecodeError:
        return _json(400, {"__type": "SerializationException", "message": "Invalid JSON"})
    except ApiError as error:
        return _json(error.status, {"__type": error.code, "message": error.message, **error.fields})


async def _read(receive: Receive) -> bytes | None:
    """Return the body of a request; None for one that is too large."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if sum(map(len, chunks)) > _MAX_BODY_BYTES:
            return None
        if not message.get("more_body"):
            return b"".join(chunks)


def _json(status: int, document: Any) -> Response:
    return status, {"Content-Type": _CONTENT_TYPE.decode()}, orjson.dumps(document)
