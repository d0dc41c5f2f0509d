"""AwsServices: credentials of roles, connection errors, trace headers."""

import asyncio
import socket
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from stepfunctions_local.aws_services import AwsServices
from stepfunctions_local.services import (
    CallFailed,
    HttpRequest,
    RoleNotAssumable,
    ServiceError,
)

ROLE, OTHER = "arn:aws:iam::123456789012:role/one", "arn:aws:iam::123456789012:role/two"


class _Handler(BaseHTTPRequestHandler):
    """Sends the server's next response to every request and records the requests."""

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        self.server.asked.append((dict(self.headers), self.rfile.read(length)))
        status, body = self.server.responses.pop(0)
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("x-amzn-RequestId", "r-1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint():
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    server.asked, server.responses = [], []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def services(port, **more):
    return AwsServices(
        endpoint_url=f"http://127.0.0.1:{port}", access_key=("own-key", "secret"), threads=2, **more
    )


def get_item(used, **more):
    params = {"TableName": "t", "Key": {"pk": {"S": "1"}}}
    return asyncio.run(used.call("dynamodb", "GetItem", params, **more))


def key_of(asked):
    return asked[0]["Authorization"].split("Credential=", 1)[1].split("/", 1)[0]


class Roles:
    """Returns own keys for each role, valid for an hour by default."""

    def __init__(self, lasts=timedelta(hours=1)):
        self.lasts, self.asked = lasts, []

    def __call__(self, role_arn):
        self.asked.append(role_arn)
        return {
            "AccessKeyId": f"{role_arn.rsplit('/', 1)[-1]}-{len(self.asked)}",
            "SecretAccessKey": "s",
            "SessionToken": "t",
            "Expiration": datetime.now(UTC) + self.lasts,
        }


def test_each_role_is_assumed_once(endpoint):
    endpoint.responses = [(200, b"{}")] * 4
    roles = Roles()
    used = services(endpoint.server_port, role_credentials=roles)
    for role in (ROLE, OTHER, ROLE, None):
        get_item(used, role_arn=role)
    assert [key_of(asked) for asked in endpoint.asked] == ["one-1", "two-2", "one-1", "own-key"]
    assert roles.asked == [ROLE, OTHER]
    assert endpoint.asked[0][0]["X-Amz-Security-Token"] == "t"


def test_expiring_credentials_are_renewed(endpoint):
    endpoint.responses = [(200, b"{}")] * 2
    roles = Roles(lasts=timedelta(minutes=4))
    used = services(endpoint.server_port, role_credentials=roles)
    get_item(used, role_arn=ROLE)
    get_item(used, role_arn=ROLE)
    assert [key_of(asked) for asked in endpoint.asked] == ["one-1", "one-2"]


def test_rejected_credentials_are_renewed(endpoint):
    unknown = b'{"__type":"UnrecognizedClientException","message":"who are you"}'
    endpoint.responses = [(400, unknown), (200, b"{}"), (400, unknown), (400, unknown)]
    used = services(endpoint.server_port, role_credentials=Roles())
    get_item(used, role_arn=ROLE)
    assert [key_of(asked) for asked in endpoint.asked] == ["one-1", "one-2"]
    with pytest.raises(ServiceError):
        get_item(used, role_arn=ROLE)


def test_role_rejected_by_sts_raises_not_assumable(endpoint):
    denied = (
        b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>"
    )
    endpoint.responses = [(403, denied)]
    with pytest.raises(RoleNotAssumable, match="not you") as refused:
        get_item(services(endpoint.server_port), role_arn=ROLE)
    assert refused.value.role_arn == ROLE
    assert b"RoleSessionName=StepFunctions" in endpoint.asked[0][1]


def test_task_role_is_assumed_with_machine_role(endpoint):
    keys = b"<AccessKeyId>two</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
    result = b"<AssumeRoleResult><Credentials>%s</Credentials></AssumeRoleResult>"
    response = b"<AssumeRoleResponse>" + result + b"</AssumeRoleResponse>"
    endpoint.responses = [(200, response % keys), (200, b"{}"), (200, b"{}")]
    used = services(endpoint.server_port, role_credentials=Roles())
    get_item(used, role_arn=ROLE, task_role_arn=OTHER)
    get_item(used, role_arn=ROLE, task_role_arn=OTHER)
    assert [key_of(asked) for asked in endpoint.asked] == ["one-1", "two", "two"]
    assert b"role%2Ftwo" in endpoint.asked[0][1]


def test_trace_header_is_sent(endpoint):
    endpoint.responses = [(200, b"{}")] * 2
    used = services(endpoint.server_port)
    get_item(used, trace_header="Root=1-5-9;Sampled=1")
    get_item(used)
    assert endpoint.asked[0][0]["X-Amzn-Trace-Id"] == "Root=1-5-9;Sampled=1"
    assert "X-Amzn-Trace-Id" not in endpoint.asked[1][0]


def test_error_response_keeps_service_details(endpoint):
    endpoint.responses = [(400, b'{"__type":"com.amazonaws#ThrottlingException","message":"slow down"}')]
    with pytest.raises(ServiceError) as failed:
        get_item(services(endpoint.server_port))
    error = failed.value
    assert (error.code, error.message, error.status, error.request_id) == (
        "ThrottlingException",
        "slow down",
        400,
        "r-1",
    )
    assert len(endpoint.asked) == 1, "retrying is the state machine's business"


def test_connection_failure_raises_call_failed():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(CallFailed) as failed:
            get_item(services(port))
    assert not failed.value.sent


def test_invalid_params_are_not_sent():
    with pytest.raises(CallFailed, match=r"Invalid parameters for dynamodb\.GetItem"):
        asyncio.run(services(9).call("dynamodb", "GetItem", {"TableName": "t", "Key": "1"}))


def test_amazonaws_host_is_sent_to_endpoint_and_signed(endpoint):
    endpoint.responses = [(404, b"no")]
    asked = HttpRequest("POST", "https://x.execute-api.us-east-1.amazonaws.com/p", {}, b"{}", "execute-api")
    response = asyncio.run(services(endpoint.server_port).http(asked))
    assert (response.status, response.reason, response.body) == (404, "Not Found", b"no")
    headers, _ = endpoint.asked[0]
    assert headers["Host"] == "x.execute-api.us-east-1.amazonaws.com"
    assert "/execute-api/aws4_request" in headers["Authorization"]
