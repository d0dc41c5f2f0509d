"""Status change events of standard executions, which AWS Step Functions puts on the default event bus.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..descriptions import execution_description
from ..services import CallFailed, RoleNotAssumable, ServiceError

if TYPE_CHECKING:
    from ..engine import Engine

_log = logging.getLogger(__name__)

SOURCE = "aws.states"
DETAIL_TYPE = "Step Functions Execution Status Change"

# EventBridge accepts 256 KiB per entry; Step Functions omits input and output that do not fit.
_MAX_PAYLOAD_BYTES = 248 * 1024
# PutEvents accepts ten entries per call.
_BATCH = 10


class StatusEventDelivery:
    """An observer that puts status changes on the event bus of the engine's services, in order.

    The services must accept events with the source `aws.states`. Emulators may; AWS does not, and one warning is
    logged when they are rejected.
    """

    def __init__(self, engine: "Engine"):
        self._engine = engine
        self._pending: list[dict[str, Any]] = []
        self._delivering = False
        self._rejected = False
        self._failing = False

    def status_changed(self, row: Mapping[str, Any]) -> None:
        if row["type"] != "STANDARD" or self._rejected:
            return
        self._pending.append(
            {
                "Source": SOURCE,
                "DetailType": DETAIL_TYPE,
                "Resources": [row["executionArn"]],
                "Detail": json.dumps(status_change(row, self._engine.clock.now())),
            }
        )
        if not self._delivering:
            self._delivering = True
            self._engine.run_in_background(self._deliver())

    def follows(self, row: Mapping[str, Any]) -> bool:
        return False

    def event(self, row: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Ignore events: only status changes are published."""

    async def _deliver(self) -> None:
        try:
            while self._pending:
                entries, self._pending = self._pending[:_BATCH], self._pending[_BATCH:]
                await self._put(entries)
                await asyncio.sleep(0)
        finally:
            self._delivering = False

    async def _put(self, entries: list[dict[str, Any]]) -> None:
        try:
            response = await self._engine.external.call("events", "PutEvents", {"Entries": entries})
        except (ServiceError, CallFailed, RoleNotAssumable) as error:
            if not self._failing:
                _log.warning("Status changes are dropped while EventBridge fails: %s", error)
            self._failing = True
            return
        self._failing = False
        codes = {entry.get("ErrorCode") for entry in response.get("Entries", [])}
        if "NotAuthorizedForSourceException" in codes:
            self._rejected = True
            self._pending = []
            _log.warning("Status changes are not published: the event bus rejects the source %s.", SOURCE)


def status_change(row: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the event's detail for an execution's row at the time `now` (epoch seconds)."""
    sizes = sum(len((row.get(name) or "").encode()) for name in ("input", "output", "cause"))
    fits = sizes <= _MAX_PAYLOAD_BYTES
    output = row.get("output")
    description = execution_description(row, now)
    return {
        "executionArn": row["executionArn"],
        "stateMachineArn": row["stateMachineArn"],
        "name": row["name"],
        "status": row["status"],
        "startDate": _milliseconds(row["startDate"]),
        "stopDate": _milliseconds(row.get("stopDate")),
        "input": row.get("input") if fits else None,
        "output": output if fits else None,
        "inputDetails": {"included": fits},
        "outputDetails": {"included": fits} if output is not None else None,
        "error": row.get("error"),
        "cause": row.get("cause") if fits else None,
        "stateMachineVersionArn": row.get("stateMachineVersionArn"),
        "stateMachineAliasArn": row.get("stateMachineAliasArn"),
        "redriveCount": row.get("redriveCount", 0),
        "redriveDate": _milliseconds(row.get("redriveDate")),
        "redriveStatus": description["redriveStatus"],
        "redriveStatusReason": description.get("redriveStatusReason"),
    }


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1000)
