"""Log delivery: history events to CloudWatch Logs, by the state machine's loggingConfiguration.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
"""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from ..history import without_data
from ..services import CallFailed, RoleNotAssumable, ServiceError

if TYPE_CHECKING:
    from ..engine import Engine

_log = logging.getLogger(__name__)

_FATAL = {"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"}
_ERROR = _FATAL | {
    "ActivityFailed",
    "ActivityScheduleFailed",
    "ActivityTimedOut",
    "EvaluationFailed",
    "FailStateEntered",
    "LambdaFunctionFailed",
    "LambdaFunctionScheduleFailed",
    "LambdaFunctionStartFailed",
    "LambdaFunctionTimedOut",
    "MapIterationAborted",
    "MapIterationFailed",
    "MapRunAborted",
    "MapRunFailed",
    "MapStateAborted",
    "MapStateFailed",
    "ParallelStateAborted",
    "ParallelStateFailed",
    "TaskFailed",
    "TaskStartFailed",
    "TaskStateAborted",
    "TaskSubmitFailed",
    "TaskTimedOut",
    "WaitStateAborted",
}


class LogDelivery:
    """An observer that writes events to the log groups of the engine's services, in their order."""

    def __init__(self, engine: "Engine"):
        self._engine = engine
        self._stream = f"states/{datetime.now(UTC):%Y-%m-%d-%H-%M}/{uuid.uuid4().hex[:8]}"
        self._ready: set[str] = set()
        self._pending: dict[str, list[dict[str, Any]]] = {}
        self._delivering = False
        self._settings: dict[str, Mapping[str, Any]] = {}

    def status_changed(self, row: Mapping[str, Any]) -> None:
        """Ignore status changes: only events are logged."""

    def follows(self, row: Mapping[str, Any]) -> bool:
        return bool(self._logging(row["revision"]).get("level", "OFF") != "OFF")

    def event(self, row: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        settings = self._logging(row["revision"])
        if not logged(settings.get("level", "OFF"), event["type"]):
            return
        entry = record(row, event, settings.get("includeExecutionData", False))
        for destination in settings.get("destinations", []):
            group = (
                destination["cloudWatchLogsLogGroup"]["logGroupArn"]
                .removesuffix(":*")
                .partition(":log-group:")[2]
            )
            self._pending.setdefault(group, []).append(entry)
        if self._pending and not self._delivering:
            self._delivering = True
            self._engine.run_in_background(self._deliver())

    def _logging(self, revision: str) -> Mapping[str, Any]:
        if revision not in self._settings:
            document = self._engine.store.get("revision", revision) or {}
            self._settings[revision] = document.get("loggingConfiguration") or {}
        return self._settings[revision]

    async def _deliver(self) -> None:
        try:
            while self._pending:
                group, entries = self._pending.popitem()
                try:
                    await self._put(group, entries)
                except (ServiceError, CallFailed, RoleNotAssumable) as error:
                    _log.warning("%d log events for %s were dropped: %s", len(entries), group, error)
                await asyncio.sleep(0)
        finally:
            self._delivering = False

    async def _put(self, group: str, entries: list[dict[str, Any]]) -> None:
        call = self._engine.external.call
        place = {"logGroupName": group, "logStreamName": self._stream}
        if group not in self._ready:
            with contextlib.suppress(ServiceError):
                await call("logs", "CreateLogStream", place)
            self._ready.add(group)
        events = [
            {"timestamp": int(entry["event_timestamp"]), "message": orjson.dumps(entry).decode()}
            for entry in entries
        ]
        for first in range(0, len(events), 1000):
            await call("logs", "PutLogEvents", {**place, "logEvents": events[first : first + 1000]})


def logged(level: str, kind: str) -> bool:
    """Return whether events of a type are logged at a level (ALL, ERROR, FATAL, OFF)."""
    return level == "ALL" or (level == "ERROR" and kind in _ERROR) or (level == "FATAL" and kind in _FATAL)


def record(row: Mapping[str, Any], event: Mapping[str, Any], with_data: bool) -> dict[str, Any]:
    """Return the log record of an event: numbers are strings, the timestamp is in milliseconds."""
    shown = dict(event) if with_data else without_data(orjson.loads(orjson.dumps(event)))
    details: dict[str, Any] = next(
        (value for name, value in shown.items() if name.endswith("EventDetails")), {}
    )
    if not with_data:
        details = {name: value for name, value in details.items() if not name.endswith("Details")}
    return {
        "id": str(event["id"]),
        "type": event["type"],
        "details": details,
        "previous_event_id": str(event["previousEventId"]),
        "event_timestamp": str(int(event["timestamp"] * 1000)),
        "execution_arn": row["executionArn"],
        "redrive_count": str(row.get("redriveCount", 0)),
    }
