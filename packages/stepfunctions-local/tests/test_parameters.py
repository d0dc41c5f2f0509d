"""Validation of requests: the fast check and the strict check apply the same rules."""

import json
from typing import Any

import pytest

from stepfunctions_local.api import parameter_errors
from stepfunctions_local.api.parameters import check
from stepfunctions_local.errors import ApiError
from stepfunctions_local.testing import VirtualEngine

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:m:e"

PLAIN: list[tuple[str, dict[str, Any]]] = [
    ("StartExecution", {"stateMachineArn": MACHINE, "name": "e", "input": "", "traceHeader": None}),
    ("ListExecutions", {"stateMachineArn": MACHINE, "statusFilter": "RUNNING", "maxResults": 1000}),
    ("GetExecutionHistory", {"executionArn": EXECUTION, "reverseOrder": True, "maxResults": 0}),
    ("SendTaskSuccess", {"taskToken": "t", "output": "{}"}),
]
FAULTY: list[tuple[str, dict[str, Any]]] = [
    ("StartExecution", {"name": "e"}),
    ("StartExecution", {"stateMachineArn": None}),
    ("StartExecution", {"stateMachineArn": MACHINE, "name": "e" * 81}),
    ("StartExecution", {"stateMachineArn": 1}),
    ("ListExecutions", {"stateMachineArn": MACHINE, "statusFilter": "WALKING"}),
    ("ListExecutions", {"stateMachineArn": MACHINE, "maxResults": 1001}),
    ("ListExecutions", {"stateMachineArn": MACHINE, "maxResults": True}),
    ("GetExecutionHistory", {"executionArn": EXECUTION, "reverseOrder": 1}),
]


@pytest.mark.parametrize(("operation", "params"), PLAIN)
def test_simple_request_skips_strict_check(
    monkeypatch: pytest.MonkeyPatch, operation: str, params: dict[str, Any]
) -> None:
    def look(operation: str, params: dict[str, Any]) -> None:
        raise AssertionError(f"{operation} was looked at closely")

    monkeypatch.setattr(parameter_errors, "check_strictly", look)
    check(operation, params)


@pytest.mark.parametrize(("operation", "params"), FAULTY)
def test_invalid_request_is_rejected(operation: str, params: dict[str, Any]) -> None:
    with pytest.raises(ApiError):
        check(operation, params)


def test_null_and_complex_members_are_checked_strictly() -> None:
    check("StartExecution", {"stateMachineArn": MACHINE, "unheardOf": 1})
    check("CreateStateMachine", {"name": "m", "definition": "{}", "roleArn": "r", "tags": [{"key": "a"}]})


def test_null_members_count_as_missing() -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    definition = json.dumps(task | {"Parameters": {"FunctionName": "f"}})
    with VirtualEngine() as engine:
        tested = {"definition": definition, "roleArn": None, "variables": None, "stateName": None}
        mocked = engine.call("TestState", **tested, mock={"result": "{}", "errorOutput": None})
        assert mocked["status"] == "SUCCEEDED"
        with pytest.raises(ApiError, match="should have one of the following fields"):
            engine.call("TestState", **tested, mock={"result": None})
