"""Execution histories by visit: one entry per state entered, with its attempts and errors.

Built from the events of GetExecutionHistory. An event belongs to the state whose entry is nearest on its
chain of `previousEventId`, so branches that run side by side stay apart.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tillflow.executions import error_message
from tillflow.histories import Event, ends_by_callback
from tillflow.histories import details as details_of

from till.saga_metadata import MetadataError, parse_step

FAILURES = ("Failed", "TimedOut", "SubmitFailed", "StartFailed", "ScheduleFailed")
ATTEMPTS = ("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled")


@dataclass
class Visit:
    """One visit of a state: offsets in seconds from the start of the execution, `exited` None before its exit.

    `side` is the state's side of the saga, "" for a state without one. `events` are the ids of its events,
    `previous` is the id of the event before its entry.
    """

    state: str
    kind: str
    side: str
    entered: float
    previous: int
    exited: float | None = None
    attempts: int = 0
    errors: list[str] = field(default_factory=list)
    result: str = ""
    events: list[int] = field(default_factory=list)

    @property
    def compensates(self) -> bool:
        return self.side == "compensation"


def sides(definition: str) -> dict[str, str]:
    """Return the side of the saga each state is on, "" for those without metadata."""

    def walk(states: Mapping[str, Any]) -> dict[str, str]:
        names = {}
        for name, state in states.items():
            names[name] = _side(state)
            for inner in (
                *state.get("Branches", ()),
                state.get("ItemProcessor", {}),
                state.get("Iterator", {}),
            ):
                names |= walk(inner.get("States", {}))
        return names

    return walk(json.loads(definition)["States"])


def _side(state: Mapping[str, Any]) -> str:
    try:
        step = parse_step(state)
    except MetadataError:  # a definition of another project
        return ""
    return step.side if step else ""


def visits(events: Sequence[Event], side_of: Mapping[str, str]) -> list[Visit]:
    """Return the visits of a history, in the order of entry."""
    if not events:
        return []
    started: datetime = events[0]["timestamp"]
    owner: dict[int, Visit] = {}
    entries: list[Visit] = []
    for event in events:
        offset = (event["timestamp"] - started).total_seconds()
        kind: str = event["type"]
        previous = int(event.get("previousEventId", 0))
        if kind.endswith("StateEntered"):
            name = event["stateEnteredEventDetails"]["name"]
            visit = Visit(name, kind.removesuffix("StateEntered"), side_of.get(name, ""), offset, previous)
            entries.append(visit)
        elif previous in owner:
            visit = owner[previous]
            _apply(visit, event, offset)
        else:
            continue
        visit.events.append(event["id"])
        owner[event["id"]] = visit
    return entries


def compensated(entries: Sequence[Visit]) -> list[str]:
    """Return the compensations that succeeded, in the order in which they ran."""
    return [visit.state for visit in entries if visit.compensates and visit.result == "compensated"]


def _apply(visit: Visit, event: Event, offset: float) -> None:
    kind: str = event["type"]
    details = details_of(event)
    if kind in ATTEMPTS:
        visit.attempts += 1
        visit.result = "running"
    elif kind == "TaskSubmitted" and ends_by_callback(event):
        visit.result = "waiting for a person" if visit.side == "case" else "waiting for a callback"
    elif kind.endswith(FAILURES) and not kind.startswith("Execution"):
        error = details.get("error", kind)
        visit.errors.append(f"{error}: {error_message(details.get('cause', ''))}".rstrip(": "))
        visit.result = "failed"
    elif kind.endswith("Succeeded") and not kind.startswith("Execution"):
        visit.result = "decided by a person" if visit.side == "case" else _done(visit)
    elif kind.endswith("StateExited"):
        visit.exited = offset
        if visit.result == "failed":
            visit.result = "failed, caught"
        elif not visit.result:
            visit.result = "done"
    elif kind in ("ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"):
        visit.result = visit.result or kind.removeprefix("Execution").lower()
        if visit.kind == "Fail":
            visit.errors.append(f"{details.get('error', '')}: {error_message(details.get('cause', ''))}")
            visit.result = "ended the execution"


def _done(visit: Visit) -> str:
    return "compensated" if visit.compensates else "done"
