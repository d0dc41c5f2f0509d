"""The DynamoDB client: its signatures are botocore's; its attempts, errors, pages and connections, against a server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from zlib import crc32

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, HTTPClientError
from tillflow import dynamodb
from tillflow.dynamodb import DynamoDB, signed_headers

NOW = datetime(2026, 11, 29, 12, 30, 5, tzinfo=UTC)


class Server:
    """Sends `answers` in order: (status, body, headers), or None to close the connection without one."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes, dict[str, str]] | None] = []
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.connections = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                server.connections += 1
                super().setup()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                server.requests.append((self.headers["x-amz-target"].partition(".")[2], json.loads(body)))
                answer = server.answers.pop(0)
                self.close_connection = answer is None or "connection" in answer[2]
                if answer is None:
                    return
                status, content, headers = answer
                self.send_response(status)
                for name, value in {"content-length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        Thread(target=self._http.serve_forever, daemon=True).start()

    def answer(self, document: Any, status: int = 200, **headers: str) -> None:
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.answers.append(
            (status, content, {name.replace("_", "-"): text for name, text in headers.items()})
        )

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamodb.time, "sleep", lambda _: None)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    yield server
    server.close()


@pytest.mark.parametrize("token", ["token", ""])
def test_signature_is_that_of_botocore(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    body = json.dumps({"TableName": "Käse"}).encode()
    headers = signed_headers("dynamodb.eu-central-1.amazonaws.com", "eu-central-1", "GetItem", body, NOW)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: NOW.replace(tzinfo=None))
    request = AWSRequest(
        "POST",
        "https://dynamodb.eu-central-1.amazonaws.com/",
        headers={"Content-Type": headers["content-type"], "X-Amz-Target": headers["x-amz-target"]},
        data=body,
    )
    SigV4Auth(Credentials("AKIDEXAMPLE", "secret", token or None), "dynamodb", "eu-central-1").add_auth(
        request
    )
    assert headers["authorization"] == request.headers["Authorization"]


def test_requests_use_one_connection(server: Server) -> None:
    client = DynamoDB()
    for number in range(3):
        server.answer({"Item": {"n": {"N": str(number)}}})
        response = client.get_item(TableName="t", Key={"pk": {"S": "1"}})
        assert response == {"Item": {"n": {"N": str(number)}}}
    assert server.requests == [("GetItem", {"TableName": "t", "Key": {"pk": {"S": "1"}}})] * 3
    assert server.connections == 1


def test_connection_that_was_closed_meanwhile_costs_no_attempt(server: Server) -> None:
    client = DynamoDB()
    server.answer({}, connection="")  # closed by the server, which does not announce it
    client.get_item(TableName="t")
    while not dynamodb._is_readable(client._threads.connection.sock.fileno()):
        pass
    server.answer({"__type": "InternalServerError"}, 500)
    server.answer({"Item": {}})
    assert client.get_item(TableName="t") == {"Item": {}}
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [500, 503])
def test_failed_request_is_sent_again(server: Server, status: int) -> None:
    server.answer(b"<html>", status)
    server.answer({"Item": {}})
    assert DynamoDB().get_item(TableName="t") == {"Item": {}}


def test_throttled_request_is_sent_twice_and_then_raised(server: Server) -> None:
    for _ in range(2):
        server.answer(
            {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slow"}, 400
        )
    with pytest.raises(ClientError) as raised:
        DynamoDB().query(TableName="t")
    assert raised.value.response["Error"] == {"Code": "ThrottlingException", "Message": "slow"}
    assert len(server.requests) == 2


def test_lost_response_of_a_transaction_is_asked_for_with_the_same_token(server: Server) -> None:
    server.answers.append(None)
    server.answer({})
    assert DynamoDB().transact_write_items(TransactItems=[]) == {}
    first, second = (request["ClientRequestToken"] for _, request in server.requests)
    assert first == second


def test_transactions_have_different_tokens(server: Server) -> None:
    client = DynamoDB()
    for _ in range(2):
        server.answer({})
        client.transact_write_items(TransactItems=[])
    assert len({request["ClientRequestToken"] for _, request in server.requests}) == 2


def test_response_with_another_checksum_is_not_used(server: Server) -> None:
    right = b'{"Item": {}}'
    server.answer(b'{"Item": {"n": {"N": "1"}}}', x_amz_crc32=str(crc32(right)))
    server.answer(right, x_amz_crc32=str(crc32(right)))
    assert DynamoDB().get_item(TableName="t") == {"Item": {}}


def test_cancelled_transaction_raises_its_reasons_at_once(server: Server) -> None:
    reasons = [{"Code": "ConditionalCheckFailed", "Item": {"pk": {"S": "1"}}}]
    code = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
    body = {"__type": code, "Message": "cancelled", "CancellationReasons": reasons}
    server.answer(body, 400, x_amzn_requestid="id-1")
    with pytest.raises(ClientError) as raised:
        DynamoDB().transact_write_items(TransactItems=[])
    assert raised.value.response == {
        "CancellationReasons": reasons,
        "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
        "ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": "id-1"},
    }
    assert len(server.requests) == 1


def test_server_that_does_not_listen_raises_the_error_of_a_broken_connection(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    server.close()
    with pytest.raises(HTTPClientError):
        DynamoDB().get_item(TableName="t")


def test_pages_follow_the_last_key(server: Server) -> None:
    server.answer({"Items": [1], "LastEvaluatedKey": {"pk": {"S": "1"}}})
    server.answer({"Items": [2]})
    pages = DynamoDB().get_paginator("query").paginate(TableName="t")
    assert [page["Items"] for page in pages] == [[1], [2]]
    assert server.requests[1] == ("Query", {"TableName": "t", "ExclusiveStartKey": {"pk": {"S": "1"}}})


@pytest.mark.parametrize("name", ["create_table", "exceptions"])
def test_other_methods_of_botocore_are_missing(name: str) -> None:
    with pytest.raises(AttributeError, match=name):
        getattr(DynamoDB(), name)


def test_import_of_the_client_does_not_import_those_of_botocore() -> None:
    script = "import sys, tillflow.aws, tillflow.handling; sys.exit('botocore.session' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
