"""An execution's history as a person reads it: one row per state entered, with its attempts and errors.

Built from GetExecutionHistory's events alone. An event belongs to the state whose entry is nearest on its
chain of `previousEventId`, so branches that run side by side stay apart.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from till.saga_metadata import MetadataError, parse_step

Event = Mapping[str, Any]

FAILURES = ("Failed", "TimedOut", "SubmitFailed", "StartFailed", "ScheduleFailed")
ATTEMPTS = ("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled")

# No event follows these although the execution continues: the next one follows an enclosing event.
NOTHING_FOLLOWS = frozenset(
    {
        "ExecutionStarted",
        "MapIterationSucceeded",
        "MapIterationFailed",
        "MapIterationAborted",
        "MapStateSucceeded",
        "ParallelStateSucceeded",
    }
)


@dataclass
class Visit:
    """One stay in a state: offsets in seconds from the start of the execution, `None` while inside.

    `side` is the state's side of the saga, "" for a state without one. `events` are the ids of its events,
    `previous` the id of the event before its entry.
    """

    state: str
    kind: str
    side: str
    entered: float
    previous: int
    exited: float | None = None
    attempts: int = 0
    errors: list[str] = field(default_factory=list)
    happened: str = ""
    events: list[int] = field(default_factory=list)

    @property
    def compensates(self) -> bool:
        return self.side == "compensation"


def sides(definition: str) -> dict[str, str]:
    """Return the side of the saga each state is on, "" for those without metadata."""

    def walk(states: Mapping[str, Any]) -> dict[str, str]:
        found = {}
        for name, state in states.items():
            found[name] = _side(state)
            for inner in (
                *state.get("Branches", ()),
                state.get("ItemProcessor", {}),
                state.get("Iterator", {}),
            ):
                found |= walk(inner.get("States", {}))
        return found

    return walk(json.loads(definition)["States"])


def _side(state: Mapping[str, Any]) -> str:
    try:
        step = parse_step(state)
    except MetadataError:  # a definition of another project
        return ""
    return step.side if step else ""


def visits(events: Sequence[Event], side_of: Mapping[str, str]) -> list[Visit]:
    """Every stay in a state, in the order of entry."""
    if not events:
        return []
    started: datetime = events[0]["timestamp"]
    owner: dict[int, Visit] = {}
    found: list[Visit] = []
    for event in events:
        offset = (event["timestamp"] - started).total_seconds()
        kind: str = event["type"]
        previous = int(event.get("previousEventId", 0))
        if kind.endswith("StateEntered"):
            name = event["stateEnteredEventDetails"]["name"]
            visit = Visit(name, kind.removesuffix("StateEntered"), side_of.get(name, ""), offset, previous)
            found.append(visit)
        elif previous in owner:
            visit = owner[previous]
            _tell(visit, event, offset)
        else:
            continue
        visit.events.append(event["id"])
        owner[event["id"]] = visit
    return found


def is_parked(events: Sequence[Event]) -> bool:
    """Return True if every open branch waits for a callback. A branch is open where no event follows its last."""
    followed = {event.get("previousEventId", 0) for event in events}
    last = [event["type"] for event in events if event["id"] not in followed]
    going_on = [kind for kind in last if kind not in NOTHING_FOLLOWS]
    return bool(going_on) and set(going_on) == {"TaskSubmitted"}


def compensated(found: Sequence[Visit]) -> list[str]:
    """The compensations that succeeded, in the order they ran."""
    return [visit.state for visit in found if visit.compensates and visit.happened == "compensated"]


def _tell(visit: Visit, event: Event, offset: float) -> None:
    kind: str = event["type"]
    details = _details(event)
    if kind in ATTEMPTS:
        visit.attempts += 1
        visit.happened = "running"
    elif kind == "TaskSubmitted":
        visit.happened = "waiting for a person" if visit.side == "case" else "waiting for an answer"
    elif kind.endswith(FAILURES) and not kind.startswith("Execution"):
        error = details.get("error", kind)
        visit.errors.append(f"{error}: {sentence(details.get('cause', ''))}".rstrip(": "))
        visit.happened = "failed"
    elif kind.endswith("Succeeded") and not kind.startswith("Execution"):
        visit.happened = "decided by a person" if visit.side == "case" else _done(visit)
    elif kind.endswith("StateExited"):
        visit.exited = offset
        if visit.happened == "failed":
            visit.happened = "failed, caught"
        elif not visit.happened:
            visit.happened = "done"
    elif kind in ("ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"):
        visit.happened = visit.happened or kind.removeprefix("Execution").lower()
        if visit.kind == "Fail":
            visit.errors.append(f"{details.get('error', '')}: {sentence(details.get('cause', ''))}")
            visit.happened = "ended the execution"


def _done(visit: Visit) -> str:
    return "compensated" if visit.compensates else "done"


def _details(event: Event) -> Mapping[str, Any]:
    return next((value for name, value in event.items() if name.endswith("EventDetails")), {})


def sentence(cause: str) -> str:
    """The sentence in a cause: a Lambda's is JSON with the exception's text and its stack."""
    try:
        parsed = json.loads(cause)
    except ValueError:
        return cause
    return str(parsed.get("errorMessage", cause)) if isinstance(parsed, dict) else cause
