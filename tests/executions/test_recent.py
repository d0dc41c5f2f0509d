"""Lists of all workflows: one request of each workflow, sent at the same time, and at most one a second."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from executions.operations import ExecutionOperations
from executions.parallel import ParallelCalls
from executions.recent import KEPT_SECONDS, RecentExecutions

MACHINES = ["arn:aws:states:eu-west-1:1:stateMachine:One", "arn:aws:states:eu-west-1:1:stateMachine:Two"]
STARTED = datetime(2026, 11, 23, 10, tzinfo=UTC)


class States:
    """Step Functions with one execution a state machine, that counts ListExecutions. together: requests to wait for."""

    def __init__(self, together: int = 1) -> None:
        self.lists: list[tuple[str, str | None, int]] = []
        self.status = "FAILED"
        self._together = threading.Barrier(together, timeout=10)

    def get_paginator(self, name: str) -> Any:
        return SimpleNamespace(paginate=self._paginate)

    def _paginate(
        self, stateMachineArn: str, maxResults: int, statusFilter: str | None = None
    ) -> Iterator[dict[str, Any]]:
        self._together.wait()
        self.lists.append((stateMachineArn, statusFilter, maxResults))
        yield {"executions": [self._execution(stateMachineArn)]}

    def _execution(self, machine: str) -> dict[str, Any]:
        arn = f"{machine.replace('stateMachine', 'execution')}:name"
        return {"name": "name", "status": self.status, "startDate": STARTED, "executionArn": arn}

    def describe_execution(self, executionArn: str) -> dict[str, Any]:
        return {"name": "name", "status": self.status, "startDate": STARTED, "executionArn": executionArn}

    def get_execution_history(self, **_: Any) -> dict[str, Any]:
        return {"events": []}

    def redrive_execution(self, **_: Any) -> None:
        self.status = "RUNNING"

    def stop_execution(self, **_: Any) -> None:
        self.status = "ABORTED"


def test_workflows_are_listed_at_the_same_time() -> None:
    states = States(together=len(MACHINES))
    lists = RecentExecutions(states, ParallelCalls()).list_newest(MACHINES, None, 21)
    assert [listed[0]["executionArn"] for listed in lists] == [
        "arn:aws:states:eu-west-1:1:execution:One:name",
        "arn:aws:states:eu-west-1:1:execution:Two:name",
    ]


def test_list_is_kept_for_a_second() -> None:
    states, now = States(), [100.0]
    recent = RecentExecutions(states, ParallelCalls(), lambda: now[0])
    recent.list_newest(MACHINES, None, 21)
    now[0] += KEPT_SECONDS * 0.9
    recent.list_newest(MACHINES[:1], None, 21)
    assert len(states.lists) == 2
    now[0] += KEPT_SECONDS * 0.1
    recent.list_newest(MACHINES[:1], None, 21)
    assert states.lists[2:] == [(MACHINES[0], None, 21)]


@pytest.mark.parametrize(("status", "limit"), [("FAILED", 21), (None, 51)])
def test_list_of_another_status_or_length_is_read(status: str | None, limit: int) -> None:
    states = States()
    recent = RecentExecutions(states, ParallelCalls(), lambda: 100.0)
    recent.list_newest(MACHINES[:1], None, 21)
    recent.list_newest(MACHINES[:1], status, limit)
    assert states.lists[1:] == [(MACHINES[0], status, limit)]


@pytest.mark.parametrize("operation", ["redrive", "stop"])
def test_execution_that_was_redriven_or_stopped_is_listed_as_it_is(operation: str) -> None:
    states = States()
    executions = ExecutionOperations(states, {"One": MACHINES[0]})
    states.status = "FAILED" if operation == "redrive" else "RUNNING"
    [listed] = executions.list_executions().rows
    if operation == "redrive":
        executions.redrive(listed.execution_arn)
    else:
        executions.stop(listed.execution_arn, "stuck")
    [after] = executions.list_executions().rows
    assert (listed.status, after.status) != (after.status, listed.status)
    assert after.status == states.status
