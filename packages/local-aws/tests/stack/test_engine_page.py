"""The engine's web page on the stack's port."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest

from .conftest import Aws

JSON = "application/x-amz-json-1.0"


def request(aws: Aws, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes, str]:
    connection = http.client.HTTPConnection("127.0.0.1", aws.stack.port, timeout=10)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, json.dumps(body) if body is not None else None, sent)
    response = connection.getresponse()
    return response.status, response.read(), response.headers.get("content-type", "")


def call(aws: Aws, operation: str, parameters: dict[str, Any], **headers: str) -> tuple[int, Any]:
    headers = {"content_type": JSON, "x_amz_target": f"AWSStepFunctions.{operation}", **headers}
    status, body, _ = request(aws, "POST", "/_stepfunctions/", parameters, **headers)
    return status, json.loads(body)


def test_page_and_its_script_are_served(aws: Aws) -> None:
    status, page, media_type = request(aws, "GET", "/_stepfunctions/")
    assert (status, media_type) == (200, "text/html; charset=utf-8")
    assert b'src="engine-page.js"' in page
    assert request(aws, "GET", "/_stepfunctions/engine-page.js")[0] == 200


def test_page_lists_the_state_machines_of_the_stack(aws: Aws) -> None:
    arn = aws.machine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    status, response = call(aws, "ListStateMachines", {"maxResults": 1000})
    assert status == 200
    assert arn in [machine["stateMachineArn"] for machine in response["stateMachines"]]


def test_error_of_an_operation_has_its_name(aws: Aws) -> None:
    missing = "arn:aws:states:us-east-1:000000000000:execution:none:none"
    assert call(aws, "DescribeExecution", {"executionArn": missing})[1]["__type"] == "ExecutionDoesNotExist"


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"host": "attacker.example"}, 403), ({"content_type": "text/plain"}, 404)],
)
def test_request_that_another_page_could_send_is_refused(
    aws: Aws, headers: dict[str, str], status: int
) -> None:
    assert call(aws, "ListStateMachines", {}, **headers)[0] == status


def test_preflight_of_another_origin_is_not_allowed(aws: Aws) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", aws.stack.port, timeout=10)
    connection.request("OPTIONS", "/_stepfunctions/", headers={"origin": "https://attacker.example"})
    assert connection.getresponse().headers.get("access-control-allow-origin") is None
