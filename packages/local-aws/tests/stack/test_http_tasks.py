"""HTTP tasks read the connection of EventBridge and its secret with the role of their state machine."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.exceptions import ClientError

from .conftest import Aws

pytestmark = pytest.mark.xdist_group("aws")


class _Echo(BaseHTTPRequestHandler):
    """Responds to a GET with its headers and path, and to a POST with an OAuth token for its form."""

    def do_GET(self) -> None:
        self._respond({"path": self.path, "headers": dict(self.headers)})

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._respond({"access_token": "-".join(form["client_secret"] + form["scope"])})

    def _respond(self, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Write no log."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/orders"
        server.shutdown()


def _connection(aws: Aws, kind: str, parameters: dict[str, Any]) -> tuple[str, str]:
    name = uuid.uuid4().hex
    created = aws.client("events").create_connection(
        Name=name, AuthorizationType=kind, AuthParameters=parameters
    )
    return name, created["ConnectionArn"]


def _calls(endpoint: str, connection: str) -> dict[str, Any]:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::http:invoke",
        "Parameters": {
            "ApiEndpoint": endpoint,
            "Method": "GET",
            "InvocationConfig": {"ConnectionArn": connection},
        },
        "End": True,
    }
    return {"StartAt": "Call", "States": {"Call": task}}


def _grants(connection: str) -> list[dict[str, Any]]:
    """Return the permissions of a state machine with an HTTP task in AWS's documentation."""
    return [
        {"Action": "states:InvokeHTTPEndpoint", "Resource": "*"},
        {"Action": "events:RetrieveConnectionCredentials", "Resource": connection},
        {
            "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
            "Resource": "arn:aws:secretsmanager:*:*:secret:events!connection/*",
        },
    ]


KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "first"}}
BASIC = {
    "BasicAuthParameters": {"Username": "shop", "Password": "word"},
    "InvocationHttpParameters": {
        "HeaderParameters": [{"Key": "X-Tenant", "Value": "north", "IsValueSecret": True}],
        "QueryStringParameters": [{"Key": "v", "Value": "2", "IsValueSecret": False}],
    },
}


def _sent(aws: Aws, endpoint: str, connection: str) -> Any:
    machine = aws.machine(_calls(endpoint, connection), role=aws.role(*_grants(connection)))
    ended = aws.run(machine)
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    return json.loads(ended["output"])["ResponseBody"]


def test_task_sends_the_credentials_of_its_connection(aws: Aws, endpoint: str) -> None:
    name, key = _connection(aws, "API_KEY", KEY)
    assert _sent(aws, endpoint, key)["headers"]["x-key"] == "first"
    parameters = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "second"}}
    aws.client("events").update_connection(Name=name, AuthParameters=parameters)
    assert _sent(aws, endpoint, key)["headers"]["x-key"] == "second"
    _, basic = _connection(aws, "BASIC", BASIC)
    request = _sent(aws, endpoint, basic)
    assert request["headers"]["Authorization"] == "Basic c2hvcDp3b3Jk"
    assert (request["headers"]["X-Tenant"], request["path"]) == ("north", "/orders?v=2")


def test_task_sends_the_token_of_its_oauth_connection(aws: Aws, endpoint: str) -> None:
    scope = {"Key": "scope", "Value": "orders", "IsValueSecret": True}
    oauth = {
        "ClientParameters": {"ClientID": "shop", "ClientSecret": "word"},
        "AuthorizationEndpoint": endpoint,
        "HttpMethod": "POST",
        "OAuthHttpParameters": {"BodyParameters": [scope]},
    }
    name, connection = _connection(aws, "OAUTH_CLIENT_CREDENTIALS", {"OAuthParameters": oauth})
    assert _sent(aws, endpoint, connection)["headers"]["Authorization"] == "Bearer word-orders"
    shown = aws.client("events").describe_connection(Name=name)["AuthParameters"]["OAuthParameters"]
    assert shown["ClientParameters"] == {"ClientID": "shop"}
    assert shown["OAuthHttpParameters"] == {"BodyParameters": [{"Key": "scope", "IsValueSecret": True}]}


@pytest.mark.parametrize("missing", [1, 2])
def test_task_needs_the_permissions_of_aws(aws: Aws, endpoint: str, missing: int) -> None:
    _, connection = _connection(aws, "API_KEY", KEY)
    grants = _grants(connection)
    del grants[missing]
    ended = aws.run(aws.machine(_calls(endpoint, connection), role=aws.role(*grants)))
    assert (ended["status"], ended["error"]) == ("FAILED", "Events.ConnectionResource.AccessDenied")


def test_description_of_a_connection_has_its_secret_and_no_credentials(aws: Aws) -> None:
    events, secrets = aws.client("events"), aws.client("secretsmanager")
    name, _ = _connection(aws, "BASIC", BASIC)
    described = events.describe_connection(Name=name)
    assert described["AuthParameters"]["BasicAuthParameters"] == {"Username": "shop"}
    parameters = described["AuthParameters"]["InvocationHttpParameters"]
    assert parameters["HeaderParameters"] == [{"Key": "X-Tenant", "IsValueSecret": True}]
    assert parameters["QueryStringParameters"][0]["Value"] == "2"
    stored = secrets.describe_secret(SecretId=described["SecretArn"])
    assert stored["Name"].startswith(f"events!connection/{name}/")
    events.delete_connection(Name=name)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        secrets.describe_secret(SecretId=described["SecretArn"])
