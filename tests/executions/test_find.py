"""An execution is found by its name in any workflow: the first one is asked first, the others at the same time."""

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError
from executions.errors import UnknownExecution
from executions.operations import ExecutionOperations

WORKFLOWS = {name: f"arn:aws:states:eu-west-1:1:stateMachine:{name}" for name in ("One", "Two", "Three")}


class States:
    """Step Functions with one execution. together: how many requests after the first wait for one another."""

    def __init__(self, execution: str, together: int = 2) -> None:
        self._execution = execution
        self._together = threading.Barrier(together, timeout=10)
        self.described: list[str] = []

    def describe_execution(self, executionArn: str) -> dict[str, Any]:
        self.described.append(executionArn)
        if len(self.described) > 1:
            self._together.wait()
        if executionArn != self._execution:
            raise ClientError({"Error": {"Code": "ExecutionDoesNotExist"}}, "DescribeExecution")
        return {"executionArn": executionArn}


def arn(workflow: str) -> str:
    return f"arn:aws:states:eu-west-1:1:execution:{workflow}:name"


def test_execution_of_the_first_workflow_is_found_by_one_request() -> None:
    states = States(arn("One"))
    assert ExecutionOperations(states, WORKFLOWS).find("name") == arn("One")
    assert states.described == [arn("One")]


def test_other_workflows_are_asked_at_the_same_time() -> None:
    states = States(arn("Three"))
    assert ExecutionOperations(states, WORKFLOWS).find("name") == arn("Three")
    assert sorted(states.described[1:]) == sorted([arn("Two"), arn("Three")])


def test_name_that_no_workflow_has_is_unknown() -> None:
    with pytest.raises(UnknownExecution):
        ExecutionOperations(States(""), WORKFLOWS).find("name")


@pytest.mark.parametrize("name", ["x" * 250, arn("One") + "x" * 250], ids=["name", "ARN"])
def test_name_that_is_longer_than_an_arn_may_be_is_unknown(name: str) -> None:
    states = States("")
    with pytest.raises(UnknownExecution):
        ExecutionOperations(states, WORKFLOWS).progress(ExecutionOperations(states, WORKFLOWS).find(name))
    # AWS refuses the request as malformed.
    assert states.described == []
