"""Histories by visit: attempts, errors, compensations and parallel branches."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tillflow.histories import waits_for_callback

from till.history import compensated, sides, visits

STARTED = datetime(2026, 11, 23, 10, tzinfo=UTC)
DEFINITION = json.dumps(
    {
        "StartAt": "Charge",
        "States": {
            "Charge": {"Type": "Task", "Comment": "[pivot] Takes the money.", "Next": "Undo"},
            "Undo": {"Type": "Task", "Comment": "[compensation] Gives it back.", "Next": "Both"},
            "Both": {
                "Type": "Parallel",
                "Branches": [{"States": {"Left": {"Type": "Pass", "Comment": "[forward] One of two."}}}],
            },
        },
    }
)


def event(number: int, kind: str, previous: int, at: float, **details: Any) -> dict[str, Any]:
    return {
        "id": number,
        "type": kind,
        "previousEventId": previous,
        "timestamp": STARTED + timedelta(seconds=at),
        **details,
    }


def entered(number: int, kind: str, name: str, previous: int, at: float) -> dict[str, Any]:
    return event(number, f"{kind}StateEntered", previous, at, stateEnteredEventDetails={"name": name})


def exited(number: int, kind: str, name: str, previous: int, at: float) -> dict[str, Any]:
    return event(number, f"{kind}StateExited", previous, at, stateExitedEventDetails={"name": name})


def failed(number: int, previous: int, at: float, error: str, cause: str) -> dict[str, Any]:
    return event(number, "TaskFailed", previous, at, taskFailedEventDetails={"error": error, "cause": cause})


def test_failure_of_an_awaited_execution_is_its_own() -> None:
    cause = {
        "ExecutionArn": "arn:aws:states:us-east-1:000000000000:execution:OrderCheckout:ord-1",
        "Error": "PaymentDeclined",
        "Cause": json.dumps({"errorMessage": "payment declined", "errorType": "PaymentDeclined"}),
        "Input": "{}",
    }
    history = [
        event(1, "ExecutionStarted", 0, 0),
        entered(2, "Task", "Charge", 1, 0),
        event(3, "TaskScheduled", 2, 0, taskScheduledEventDetails={}),
        failed(4, 3, 1, "States.TaskFailed", json.dumps(cause)),
    ]
    [visit] = visits(history, {})
    assert visit.errors == ["States.TaskFailed: PaymentDeclined: payment declined"]


RETRIED_THEN_CAUGHT = [
    event(1, "ExecutionStarted", 0, 0),
    entered(2, "Task", "Charge", 1, 0.1),
    event(3, "TaskScheduled", 2, 0.1, taskScheduledEventDetails={}),
    event(4, "TaskStarted", 3, 0.2, taskStartedEventDetails={}),
    failed(5, 4, 0.4, "Busy", json.dumps({"errorMessage": "try again", "errorType": "Busy"})),
    event(6, "TaskScheduled", 5, 1.4, taskScheduledEventDetails={}),
    event(7, "TaskStarted", 6, 1.4, taskStartedEventDetails={}),
    failed(8, 7, 1.5, "Declined", "no funds"),
    exited(9, "Task", "Charge", 8, 1.5),
    entered(10, "Task", "Undo", 9, 1.5),
    event(11, "TaskScheduled", 10, 1.5, taskScheduledEventDetails={}),
    event(12, "TaskStarted", 11, 1.6, taskStartedEventDetails={}),
    event(13, "TaskSucceeded", 12, 1.7, taskSucceededEventDetails={}),
    exited(14, "Task", "Undo", 13, 1.75),
]


def test_visit_counts_attempts_and_lists_errors() -> None:
    charge = visits(RETRIED_THEN_CAUGHT, sides(DEFINITION))[0]
    assert charge.attempts == 2
    assert charge.errors == ["Busy: try again", "Declined: no funds"]
    assert charge.result == "failed, caught"
    assert (charge.entered, charge.exited) == (0.1, 1.5)
    assert charge.previous == 1
    assert charge.events == [2, 3, 4, 5, 6, 7, 8, 9]


def test_successful_compensation_is_compensated() -> None:
    entries = visits(RETRIED_THEN_CAUGHT, sides(DEFINITION))
    assert entries[1].compensates
    assert compensated(entries) == ["Undo"]


def test_failed_compensation_is_not_compensated() -> None:
    events = [
        *RETRIED_THEN_CAUGHT[:12],
        failed(13, 12, 1.7, "Refused", ""),
        exited(14, "Task", "Undo", 13, 1.8),
    ]
    assert compensated(visits(events, sides(DEFINITION))) == []


def test_events_of_parallel_branches_belong_to_their_states() -> None:
    events = [
        event(1, "ExecutionStarted", 0, 0),
        entered(2, "Parallel", "Both", 1, 0),
        event(3, "ParallelStateStarted", 2, 0),
        entered(4, "Task", "Left", 3, 0),
        entered(5, "Task", "Right", 3, 0),
        event(6, "TaskScheduled", 4, 0, taskScheduledEventDetails={}),
        event(7, "TaskScheduled", 5, 0, taskScheduledEventDetails={}),
        failed(8, 7, 1, "Right.Failed", ""),
        event(9, "TaskSucceeded", 6, 1, taskSucceededEventDetails={}),
    ]
    both, left, right = visits(events, sides(DEFINITION))
    assert (left.result, left.errors, left.side) == ("done", [], "forward")
    assert (right.result, right.errors) == ("failed", ["Right.Failed"])
    assert both.result == ""


def test_submitted_case_waits_for_a_person() -> None:
    definition = json.dumps({"States": {"Park": {"Type": "Task", "Comment": "[case] A person decides."}}})
    events = [
        event(1, "ExecutionStarted", 0, 0),
        entered(2, "Task", "Park", 1, 0),
        event(3, "TaskScheduled", 2, 0, taskScheduledEventDetails={}),
        event(4, "TaskStarted", 3, 0, taskStartedEventDetails={}),
        event(5, "TaskSubmitted", 4, 0, **submitted("sqs", "sendMessage.waitForTaskToken", {})),
    ]
    assert visits(events, sides(definition))[0].result == "waiting for a person"


def submitted(kind: str, resource: str, output: Any) -> dict[str, Any]:
    """Return the details of a submitted task."""
    details = {"resourceType": kind, "resource": resource, "output": json.dumps(output)}
    return {"taskSubmittedEventDetails": details}


def map_of(*iterations: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the history of a Map whose iterations have these last events."""
    events = [event(1, "ExecutionStarted", 0, 0), entered(2, "Map", "Each", 0, 0)]
    events.append(event(3, "MapStateStarted", 2, 0))
    for kinds in iterations:
        previous = 3
        for kind in ("MapIterationStarted", "TaskStateEntered", *kinds):
            named: dict[str, Any] = {}
            if kind.endswith("Entered"):
                named = {"stateEnteredEventDetails": {"name": "Ask"}}
            if kind == "TaskSubmitted":
                named = submitted("lambda", "invoke.waitForTaskToken", {})
            events.append(event(len(events) + 1, kind, previous, 0, **named))
            previous = len(events)
    return events


WAITS = ("TaskScheduled", "TaskStarted", "TaskSubmitted")
ENDED = ("TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited", "MapIterationSucceeded")


@pytest.mark.parametrize(
    ("iterations", "waits"),
    [
        ((WAITS,), True),
        ((WAITS, ENDED), True),
        ((ENDED, WAITS), True),
        ((WAITS, WAITS[:2]), False),
        ((WAITS, (*WAITS[:2], "TaskFailed")), False),
        ((ENDED,), False),
        ((), False),
    ],
)
def test_execution_waits_for_callback_if_every_running_branch_does(
    iterations: tuple[tuple[str, ...], ...], waits: bool
) -> None:
    assert waits_for_callback(map_of(*iterations)) is waits


def test_empty_history_has_no_visits() -> None:
    assert visits([], {}) == []


@pytest.mark.parametrize("waits", [True, False])
def test_execution_with_a_map_run_waits_for_callback_if_its_children_do(waits: bool) -> None:
    started = event(3, "MapRunStarted", 2, 0, mapRunStartedEventDetails={"mapRunArn": "arn:run"})
    events = [event(1, "ExecutionStarted", 0, 0), event(2, "MapStateStarted", 1, 0), started]
    assert waits_for_callback(events, {"arn:run": waits}.__getitem__) is waits
    assert not waits_for_callback(events)


@pytest.mark.parametrize("waits", [True, False])
def test_execution_waits_for_callback_if_the_execution_that_it_started_does(waits: bool) -> None:
    started = submitted("states", "startExecution.sync:2", {"ExecutionArn": "arn:child"})
    events = [event(1, "ExecutionStarted", 0, 0), event(2, "TaskSubmitted", 1, 0, **started)]
    assert waits_for_callback(events, {"arn:child": waits}.__getitem__) is waits
    assert not waits_for_callback(events)


def test_execution_that_waits_for_a_job_waits_for_no_callback() -> None:
    job = submitted("glue", "startJobRun.sync", {"JobRunId": "1"})
    events = [event(1, "ExecutionStarted", 0, 0), event(2, "TaskSubmitted", 1, 0, **job)]
    assert not waits_for_callback(events, lambda arn: True)
