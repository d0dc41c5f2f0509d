"""The cost of an execution: transitions with retries, invocations until they end, events."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from till.cost import execution_cost
from till.history import sides, visits
from till.prices import PRICES

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
DEFINITION = json.dumps(
    {"States": {"Charge": {"Type": "Task"}, "Ask": {"Type": "Task"}, "Tell": {"Type": "Task"}}}
)
CHARGE, ASK = "arn:aws:lambda:eu-west-1:1:function:Charge", "arn:aws:lambda:eu-west-1:1:function:Ask"


def event(number: int, kind: str, previous: int, at: float, **details: Any) -> dict[str, Any]:
    return {
        "id": number,
        "type": kind,
        "previousEventId": previous,
        "timestamp": START + timedelta(seconds=at),
        **details,
    }


def scheduled(number: int, previous: int, at: float, kind: str, parameters: Any) -> dict[str, Any]:
    details = {"resourceType": kind, "resource": "r", "parameters": json.dumps(parameters)}
    return event(number, "TaskScheduled", previous, at, taskScheduledEventDetails=details)


EVENTS = [
    event(1, "ExecutionStarted", 0, 0),
    event(2, "TaskStateEntered", 1, 0, stateEnteredEventDetails={"name": "Charge"}),
    scheduled(3, 2, 0, "lambda", {"FunctionName": CHARGE}),
    event(4, "TaskStarted", 3, 0.1, taskStartedEventDetails={}),
    event(5, "TaskFailed", 4, 0.3001, taskFailedEventDetails={"error": "Busy"}),
    scheduled(6, 5, 1, "lambda", {"FunctionName": CHARGE}),
    event(7, "TaskStarted", 6, 1, taskStartedEventDetails={}),
    event(8, "TaskSucceeded", 7, 1.3, taskSucceededEventDetails={}),
    event(9, "TaskStateExited", 8, 1.3, stateExitedEventDetails={"name": "Charge"}),
    event(10, "TaskStateEntered", 9, 1.3, stateEnteredEventDetails={"name": "Ask"}),
    scheduled(11, 10, 2, "lambda", {"FunctionName": ASK}),
    event(12, "TaskStarted", 11, 2, taskStartedEventDetails={}),
    event(13, "TaskSubmitted", 12, 2.1, taskSubmittedEventDetails={}),
    event(14, "TaskSucceeded", 13, 9000, taskSucceededEventDetails={}),
    event(15, "TaskStateExited", 14, 9000, stateExitedEventDetails={"name": "Ask"}),
    event(16, "TaskStateEntered", 15, 9000, stateEnteredEventDetails={"name": "Tell"}),
    scheduled(17, 16, 9000, "events", {"Entries": [{}, {}]}),
    event(18, "TaskSucceeded", 17, 9000, taskSucceededEventDetails={}),
    event(19, "TaskStateExited", 18, 9000, stateExitedEventDetails={"name": "Tell"}),
]


def test_execution_is_charged_for_retries_invocations_and_events() -> None:
    memory = {CHARGE: 512, ASK: 1024}
    cost = execution_cost(EVENTS, visits(EVENTS, sides(DEFINITION)), memory.__getitem__)
    assert (cost.transitions, cost.invocations, cost.events) == (4, 3, 2)
    assert cost.requests == {"events": 1}
    # 0.201 s and 0.3 s of half a gigabyte, and 0.1 s of one: a callback is not waited for in the function.
    assert cost.gb_seconds == Decimal("0.3505")
    prices = {name: Decimal(str(price)) for name, price in PRICES["per_million"].items()}
    expected = 4 * prices["state_transition"] + 3 * prices["lambda_request"] + 2 * prices["event"]
    assert cost.dollars * 1_000_000 == expected + Decimal("0.3505") * prices["lambda_gb_second"]
