"""What an execution cost on AWS at list prices, from its history.

A history has the state transitions, the invocations of functions with their durations, and the requests that the
workflow makes itself. It has neither the requests of the functions nor the units of DynamoDB.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Any

from tillflow.histories import Event

from till.history import Visit
from till.prices import PRICES

_ENDS = ("taskSucceededEventDetails", "taskFailedEventDetails", "taskTimedOutEventDetails")
_MILLION = 1_000_000


@dataclass
class ExecutionCost:
    """What one execution used. requests: those that the workflow made itself, by service."""

    transitions: int = 0
    invocations: int = 0
    gb_seconds: Decimal = Decimal(0)
    events: int = 0
    requests: Counter[str] = field(default_factory=Counter)

    def rows(self) -> list[tuple[str, Decimal, Decimal]]:
        """Return what is charged: its name, its quantity and its price in USD."""
        used = (
            ("state transitions", "state_transition", Decimal(self.transitions)),
            ("Lambda requests", "lambda_request", Decimal(self.invocations)),
            ("Lambda GB-seconds", "lambda_gb_second", self.gb_seconds),
            ("events", "event", Decimal(self.events)),
        )
        return [(name, amount, amount * _price(key) / _MILLION) for name, key, amount in used]

    @property
    def dollars(self) -> Decimal:
        return sum((price for _, _, price in self.rows()), Decimal(0))


def execution_cost(
    events: Sequence[Event], visits: Sequence[Visit], memory: Callable[[str], int]
) -> ExecutionCost:
    """Return what an execution used. `memory` returns the megabytes of a function by its ARN.

    A retry is a transition too. A function is billed from its start to its end, or until it is submitted if the task
    then waits for a callback.
    """
    cost = ExecutionCost(transitions=sum(max(visit.attempts, 1) for visit in visits))
    running: dict[int, tuple[str, Any]] = {}
    for event in events:
        details = event.get("taskScheduledEventDetails")
        if details:
            _add_request(cost, details)
            if details["resourceType"] == "lambda":
                running[event["id"]] = (_parameters(details)["FunctionName"], event["timestamp"])
        elif event.get("previousEventId") in running:
            function, since = running.pop(event["previousEventId"])
            if "taskStartedEventDetails" in event:
                running[event["id"]] = (function, event["timestamp"])
            elif "taskSubmittedEventDetails" in event or any(end in event for end in _ENDS):
                cost.gb_seconds += _billed_seconds(since, event["timestamp"]) * memory(function) / 1024
    return cost


def _add_request(cost: ExecutionCost, details: Mapping[str, Any]) -> None:
    service = details["resourceType"].removeprefix("aws-sdk:")
    if service == "lambda":
        cost.invocations += 1
        return
    cost.requests[service] += 1
    if service == "events":
        cost.events += len(_parameters(details).get("Entries", ()))


def _parameters(details: Mapping[str, Any]) -> dict[str, Any]:
    parameters: dict[str, Any] = json.loads(details["parameters"])
    return parameters


def _billed_seconds(since: Any, until: Any) -> Decimal:
    """Return the seconds of an invocation, rounded up to a millisecond."""
    return Decimal(str((until - since).total_seconds())).quantize(Decimal("0.001"), ROUND_CEILING)


def _price(key: str) -> Decimal:
    return Decimal(str(PRICES["per_million"][key]))
