"""Requests to an ASGI application without a connection."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import HTTPClientError

from local_aws.direct_requests import DirectRequests

type Received = list[tuple[dict[str, Any], bytes]]


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def _client(service: str, application: Any, loop: asyncio.AbstractEventLoop) -> Any:
    session = botocore.session.Session()
    session.set_credentials("test", "test")
    client = session.create_client(service, region_name="us-east-1", endpoint_url="http://127.0.0.1:1")
    send = DirectRequests(application, loop).send
    client.meta.events.register("before-send.*", lambda request, **_: send(request))
    return client


def _application(received: Received, status: int, body: bytes) -> Any:
    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        received.append((scope, (await receive())["body"]))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body[:3], "more_body": True})
        await send({"type": "http.response.body", "body": body[3:]})

    return application


def test_application_receives_the_signed_request(loop: asyncio.AbstractEventLoop) -> None:
    received: Received = []
    client = _client("lambda", _application(received, 200, b'{"total": 100}'), loop)
    response = client.invoke(FunctionName="a function", Payload=b'{"n": 1}')
    [(scope, body)] = received
    headers = [name for name, _ in scope["headers"]]
    assert (scope["method"], body) == ("POST", b'{"n": 1}')
    assert scope["path"] == "/2015-03-31/functions/a function/invocations"
    assert scope["raw_path"] == b"/2015-03-31/functions/a%20function/invocations"
    assert b"authorization" in headers
    assert (headers.count(b"host"), dict(scope["headers"])[b"host"]) == (1, b"127.0.0.1:1")
    assert json.loads(response["Payload"].read()) == {"total": 100}


def test_error_of_the_application_is_an_error_of_the_client(loop: asyncio.AbstractEventLoop) -> None:
    body = b'{"__type": "ResourceNotFoundException", "message": "No table"}'
    client = _client("dynamodb", _application([], 400, body), loop)
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="No table"):
        client.get_item(TableName="orders", Key={"pk": {"S": "1"}})


def test_request_fails_when_the_application_raises(loop: asyncio.AbstractEventLoop) -> None:
    async def application(*_: Any) -> None:
        raise RuntimeError("broken")

    with pytest.raises(HTTPClientError, match="broken"):
        _client("dynamodb", application, loop).list_tables()
