"""Requests to TestState, and the states that the tests use."""

import asyncio
import json
from typing import Any

import pytest

from stepfunctions_local.api.session import Session
from stepfunctions_local.api.test_state import test_state as run_test_state
from stepfunctions_local.engine import Engine
from stepfunctions_local.errors import ApiError
from stepfunctions_local.services import HttpRequest, HttpResponse, ServiceError
from stepfunctions_local.storage.store import Store

ROLE = "arn:aws:iam::000000000000:role/test"
INVOKE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "f", "Payload.$": "$.order"},
    "ResultSelector": {"got.$": "$.Payload"},
    "ResultPath": "$.answer",
    "OutputPath": "$.answer",
    "Next": "After",
}
PUT_EVENTS = {
    "Type": "Task",
    "Resource": "arn:aws:states:::events:putEvents",
    "Parameters": {"Entries": []},
    "End": True,
}
MAP = {
    "Type": "Map",
    "QueryLanguage": "JSONata",
    "Items": "{% $states.input.values %}",
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Inner",
        "States": {"Inner": {"Type": "Pass", "End": True}},
    },
    "ToleratedFailureCount": 1,
    "End": True,
}
PARALLEL = {
    "Type": "Parallel",
    "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}],
    "End": True,
}

MACHINE = {
    "QueryLanguage": "JSONata",
    "StartAt": "M",
    "States": {
        "M": {**MAP, "Next": "End"},
        "End": {"Type": "Pass", "Output": "{% $states.context.State.Name %}", "End": True},
    },
}
del MACHINE["States"]["M"]["End"]  # type: ignore[index]


class FailingServices:
    """Services that reject every call."""

    async def call(self, service: str, operation: str, *_: Any, **__: Any) -> dict[str, Any]:
        raise ServiceError(service, operation, "ResourceNotFoundException", "Not found.", status=404)


class OnePageServices(FailingServices):
    """Services with an HTTP site of one page, and a connection to it."""

    async def call(self, service: str, operation: str, params: Any, **authority: Any) -> dict[str, Any]:
        if operation == "DescribeConnection":
            added = {
                "HeaderParameters": [{"Key": "CustomHeader1", "Value": "CustomHeaderValue1"}],
                "QueryStringParameters": [{"Key": "QueryParam1", "Value": "QueryParamValue1"}],
                "BodyParameters": [{"Key": "BodyKey1", "Value": "BodyValue1"}],
            }
            return {
                "SecretArn": "arn:secret",
                "AuthorizationType": "BASIC",
                "AuthParameters": {"InvocationHttpParameters": added},
            }
        if operation == "GetSecretValue":
            return {"SecretString": '{"username": "u", "password": "p"}'}
        return await super().call(service, operation, params, **authority)

    async def http(self, request: HttpRequest, **_: Any) -> HttpResponse:
        headers = {"content-type": "application/json", "server": "nginx"}
        return HttpResponse(200, "OK", headers, b'{"at":"home"}')


def run_raw(definition: Any, state_input: Any = None, services: Any = None, **params: Any) -> dict[str, Any]:
    """Return TestState's response; inputs that are not strings are sent as JSON."""
    for name in ("context", "variables"):
        if name in params:
            params[name] = json.dumps(params[name])
    text = state_input if isinstance(state_input, str) else json.dumps(state_input or {})
    engine = Engine(Store(":memory:"), services or FailingServices())
    request = {"definition": json.dumps(definition), "input": text, **params}
    try:
        return asyncio.run(run_test_state(Session(engine, "000000000000"), request))
    finally:
        engine.store.close()


def run(definition: Any, state_input: Any = None, services: Any = None, **params: Any) -> dict[str, Any]:
    """Return TestState's response with its JSON texts decoded."""
    response: dict[str, Any] = _decode(run_raw(definition, state_input, services, **params))
    return response


def _decode(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _decode(item) if key not in ("error", "cause", "status", "nextState") else item
            for key, item in value.items()
        }
    return json.loads(value) if isinstance(value, str) else value


def refusal(*args: Any, **params: Any) -> str:
    """Return the code and message of the error that TestState raises."""
    with pytest.raises(ApiError) as error:
        run(*args, **params)
    return f"{error.value.code}: {error.value.message}"


def result(value: Any, **fields: Any) -> dict[str, Any]:
    """Return a mock with a result."""
    return {"result": json.dumps(value), **fields}


def error(name: str, cause: str = "mocked") -> dict[str, Any]:
    """Return a mock with an error."""
    return {"errorOutput": {"error": name, "cause": cause}}
