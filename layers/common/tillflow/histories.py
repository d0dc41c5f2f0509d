"""Whether a running execution waits for a callback, by the events of its history."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

type Event = Mapping[str, Any]
"""An event as Step Functions' GetExecutionHistory returns it."""

# Events that no other event refers to as its previous one, though the execution continues around them.
NEVER_PREVIOUS = frozenset(
    {
        "ExecutionStarted",
        "MapIterationSucceeded",
        "MapIterationFailed",
        "MapIterationAborted",
        "MapStateSucceeded",
        "ParallelStateSucceeded",
    }
)


def waits_for_callback(events: Sequence[Event], child_waits: Callable[[str], bool] | None = None) -> bool:
    """Return whether every running branch waits for a callback. A branch ends in an event without a successor.

    child_waits: whether what a branch waits for does, by the ARN of a map run or a child execution; without it, it
    does not.
    """
    followed = {event.get("previousEventId", 0) for event in events}
    last = [event for event in events if event["id"] not in followed]
    running = [event for event in last if event["type"] not in NEVER_PREVIOUS]
    return bool(running) and all(_branch_waits(event, child_waits) for event in running)


def ends_by_callback(submitted: Event) -> bool:
    """Return whether a submitted task ends by a callback, and not with the job or execution that it started."""
    return str(details(submitted).get("resource", "")).endswith(".waitForTaskToken")


def details(event: Event) -> Mapping[str, Any]:
    """Return the details of an event; {} of one without."""
    return next((value for name, value in event.items() if name.endswith("EventDetails")), {})


def _branch_waits(last: Event, child_waits: Callable[[str], bool] | None) -> bool:
    if last["type"] == "MapRunStarted":
        return child_waits is not None and child_waits(last["mapRunStartedEventDetails"]["mapRunArn"])
    if last["type"] != "TaskSubmitted":
        return False
    if ends_by_callback(last):
        return True
    child = json.loads(last["taskSubmittedEventDetails"]["output"]).get("ExecutionArn")
    return child is not None and child_waits is not None and child_waits(child)
