"""Redrive and stop can be repeated: a key redrives once, and the same reason stops once."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from executions.errors import NothingToRedrive, NotRunning
from executions.operations import ExecutionOperations

MACHINE = "arn:aws:states:eu-west-1:1:stateMachine:One"
ARN = "arn:aws:states:eu-west-1:1:execution:One:name"


class States:
    """Step Functions with one execution, which it redrives once for a client token."""

    def __init__(self, status: str) -> None:
        self.execution: dict[str, Any] = {
            "name": "name",
            "status": status,
            "startDate": datetime(2026, 11, 23, 10, tzinfo=UTC),
            "executionArn": ARN,
        }
        self.redrives: list[str | None] = []
        self.stops = 0

    def describe_execution(self, executionArn: str) -> dict[str, Any]:
        return self.execution

    def get_execution_history(self, **_: Any) -> dict[str, Any]:
        return {"events": []}

    def redrive_execution(self, executionArn: str, clientToken: str | None = None) -> None:
        if clientToken is not None and clientToken in self.redrives:
            return
        if self.execution["status"] == "RUNNING":
            raise ClientError({"Error": {"Code": "ExecutionNotRedrivable"}}, "RedriveExecution")
        self.redrives.append(clientToken)
        self.execution["status"] = "RUNNING"

    def stop_execution(self, executionArn: str, error: str, cause: str) -> None:
        self.stops += 1
        self.execution |= {"status": "ABORTED", "error": error, "cause": cause}


def operations(states: States) -> ExecutionOperations:
    return ExecutionOperations(states, {"One": MACHINE})


def test_redrive_with_the_same_token_is_done_once() -> None:
    states = States("FAILED")
    for _ in range(2):
        operations(states).redrive(ARN, "token-1")
    assert states.redrives == ["token-1"]


@pytest.mark.parametrize("token", [None, "token-2"])
def test_redrive_of_a_running_execution_by_another_request_is_refused(token: str | None) -> None:
    states = States("FAILED")
    operations(states).redrive(ARN, "token-1")
    with pytest.raises(NothingToRedrive):
        operations(states).redrive(ARN, token)


def test_stop_for_the_same_reason_is_done_once() -> None:
    states = States("RUNNING")
    for _ in range(2):
        operations(states).stop(ARN, "stuck (olga)")
    assert states.stops == 1


@pytest.mark.parametrize("status", ["ABORTED", "SUCCEEDED"])
def test_stop_of_an_execution_that_has_ended_otherwise_is_refused(status: str) -> None:
    states = States(status)
    with pytest.raises(NotRunning):
        operations(states).stop(ARN, "stuck (olga)")
