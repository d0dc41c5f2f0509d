"""X-Ray segments of executions whose state machine has tracing enabled.

An execution is a segment and each of its states a subsegment.
Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..engine import Engine
from ..services import CallFailed, RoleNotAssumable, ServiceError
from ..trace_header import parse_trace_header

_log = logging.getLogger(__name__)

# PutTraceSegments accepts 64 KB per document; a batch of states stays far below the request's limit.
_BATCH = 50


@dataclass(slots=True)
class _Span:
    """A state between its Entered event and its end."""

    name: str
    start: float
    end: float | None = None
    error: bool = False


@dataclass(slots=True)
class _Trace:
    """The states of an execution by the id of their Entered event, and which event belongs to which state."""

    spans: dict[int, _Span] = field(default_factory=dict)
    owners: dict[int, int] = field(default_factory=dict)

    def owner(self, event: Mapping[str, Any]) -> int | None:
        """Return the Entered event's id of the state that an event belongs to."""
        owner = self.owners.get(event["previousEventId"])
        if not event["type"].endswith("StateExited"):
            return owner
        name = event["stateExitedEventDetails"]["name"]
        if owner is not None and self.spans[owner].name == name:
            return owner
        # A Parallel's or Map's Exited event follows the last event of a child.
        candidates = (
            key for key, span in reversed(self.spans.items()) if span.name == name and span.end is None
        )
        return next(candidates, None)


class TraceDelivery:
    """An observer that sends segments to the X-Ray of the engine's services when an execution has ended."""

    def __init__(self, engine: Engine):
        self._engine = engine
        self._traces: dict[str, _Trace] = {}
        self._enabled: dict[str, bool] = {}
        self._failing = False

    def follows(self, row: Mapping[str, Any]) -> bool:
        revision = row["revision"]
        if revision not in self._enabled:
            document = self._engine.store.get("revision", revision) or {}
            self._enabled[revision] = bool((document.get("tracingConfiguration") or {}).get("enabled"))
        header = parse_trace_header(row.get("traceHeader"))
        return self._enabled[revision] and header.get("Sampled") != "0"

    def event(self, row: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        trace = self._traces.setdefault(row["executionArn"], _Trace())
        kind, event_id = event["type"], event["id"]
        if kind.endswith("StateEntered"):
            trace.spans[event_id] = _Span(event["stateEnteredEventDetails"]["name"], event["timestamp"])
            trace.owners[event_id] = event_id
            return
        if kind.startswith("Execution"):
            return
        owner = trace.owner(event)
        if owner is None:
            return
        trace.owners[event_id] = owner
        span = trace.spans[owner]
        if kind.endswith(("Failed", "TimedOut", "Aborted")):
            span.error = True
        if kind.endswith("StateExited"):
            span.end = event["timestamp"]

    def status_changed(self, row: Mapping[str, Any]) -> None:
        if row["status"] == "RUNNING":
            return
        trace = self._traces.pop(row["executionArn"], None)
        if trace is not None:
            self._engine.run_in_background(self._send(segments(row, trace)))

    async def _send(self, documents: list[dict[str, Any]]) -> None:
        for first in range(0, len(documents), _BATCH):
            texts = [json.dumps(document) for document in documents[first : first + _BATCH]]
            try:
                await self._engine.external.call("xray", "PutTraceSegments", {"TraceSegmentDocuments": texts})
                self._failing = False
            except (ServiceError, CallFailed, RoleNotAssumable) as error:
                if not self._failing:
                    _log.warning("Trace segments are dropped while X-Ray fails: %s", error)
                self._failing = True


def segments(row: Mapping[str, Any], trace: _Trace) -> list[dict[str, Any]]:
    """Return the segment of an execution that has ended, followed by the subsegments of its states."""
    header = parse_trace_header(row.get("traceHeader"))
    end, failed = row["stopDate"], row["status"] != "SUCCEEDED"
    segment: dict[str, Any] = {
        "trace_id": header["Root"],
        "id": secrets.token_hex(8),
        "name": row["machineName"],
        "origin": "AWS::StepFunctions::StateMachine",
        "start_time": row.get("redriveDate", row["startDate"]),
        "end_time": end,
        "fault": failed,
        "annotations": {"execution_arn": row["executionArn"], "status": row["status"]},
    }
    if "Parent" in header:
        segment["parent_id"] = header["Parent"]
    states = [
        {
            "type": "subsegment",
            "trace_id": segment["trace_id"],
            "parent_id": segment["id"],
            "id": secrets.token_hex(8),
            "name": span.name,
            "start_time": span.start,
            "end_time": span.end or end,
            "fault": span.error,
        }
        for span in trace.spans.values()
    ]
    return [segment, *states]
