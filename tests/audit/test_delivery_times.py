"""The audit waits for an event as long as its queue, and the workflow that publishes it, can take."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.delivery import MAX_RECEIVES, PUBLISH_TIME, VISIBILITY_TIMEOUT
from verification.harness.template import Template

PROJECT = Path(__file__).parents[2]
QUEUES = ("CorrectionQueue", "DemandQueue", "ReportsQueue", "ShippingQueue")
PUTS = "arn:aws:states:::events:putEvents"


@pytest.mark.parametrize("name", QUEUES)
def test_queue_delivers_an_event_within_the_time_of_the_audit(name: str) -> None:
    queue = Template.read().resources[name]["Properties"]
    assert timedelta(seconds=queue["VisibilityTimeout"]) == VISIBILITY_TIMEOUT
    assert queue["RedrivePolicy"]["maxReceiveCount"] == MAX_RECEIVES


@pytest.mark.parametrize(
    "path", sorted((PROJECT / "statemachines").glob("*.json")), ids=lambda path: path.stem
)
def test_step_that_publishes_opens_a_case_within_the_time_of_the_audit(path: Path) -> None:
    for name, state in _states(json.loads(path.read_text())):
        if state.get("Resource") == PUTS:
            assert _longest(state) <= PUBLISH_TIME, name


def _longest(state: dict[str, Any]) -> timedelta:
    """Return how long a step can be tried: the timeout of each try, and the longest wait before each retry."""
    (retry,) = state["Retry"]
    waits = [
        min(retry["IntervalSeconds"] * retry["BackoffRate"] ** number, retry["MaxDelaySeconds"])
        for number in range(retry["MaxAttempts"])
    ]
    return timedelta(seconds=sum(waits) + (len(waits) + 1) * state["TimeoutSeconds"])


def _states(machine: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for name, state in machine["States"].items():
        found.append((name, state))
        for inner in (*state.get("Branches", ()), *filter(None, [state.get("ItemProcessor")])):
            found += _states(inner)
    return found
