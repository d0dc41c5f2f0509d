"""Requests are checked at a glance where they are plain, and closely where they are not; both know the same rules."""

from typing import Any

import pytest

from stepfunctions_local.api import parameter_errors
from stepfunctions_local.api.parameters import check
from stepfunctions_local.errors import ApiError

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
def test_a_plain_request_takes_no_closer_look(
    monkeypatch: pytest.MonkeyPatch, operation: str, params: dict[str, Any]
) -> None:
    def look(operation: str, params: dict[str, Any]) -> None:
        raise AssertionError(f"{operation} was looked at closely")

    monkeypatch.setattr(parameter_errors, "check_strictly", look)
    check(operation, params)


@pytest.mark.parametrize(("operation", "params"), FAULTY)
def test_a_faulty_request_is_refused(operation: str, params: dict[str, Any]) -> None:
    with pytest.raises(ApiError):
        check(operation, params)


def test_what_is_not_there_or_not_plain_is_looked_at_closely() -> None:
    check("StartExecution", {"stateMachineArn": MACHINE, "unheardOf": 1})
    check("CreateStateMachine", {"name": "m", "definition": "{}", "roleArn": "r", "tags": [{"key": "a"}]})
