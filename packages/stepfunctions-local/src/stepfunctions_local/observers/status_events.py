"""Status changes of standard executions, as the events AWS Step Functions puts on the default event bus.

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

# EventBridge takes 256 KiB an entry; Step Functions leaves input and output out when they would not fit.
_LARGEST_PAYLOADS = 248 * 1024
# PutEvents takes ten entries a call.
_BATCH = 10


class StatusEventDelivery:
    """An observer that puts status changes on the bus of the engine's services, in order.

    The services must take events of AWS's own source, as emulators may and AWS does not; said once if they refuse.
    """

    def __init__(self, engine: "Engine"):
        self._engine = engine
        self._waiting: list[dict[str, Any]] = []
        self._delivering = False
        self._refused = False
        self._failing = False

    def status_changed(self, row: Mapping[str, Any]) -> None:
        if row["type"] != "STANDARD" or self._refused:
            return
        self._waiting.append(
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
        """Histories are not told here."""

    async def _deliver(self) -> None:
        try:
            while self._waiting:
                entries, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
                await self._put(entries)
                await asyncio.sleep(0)
        finally:
            self._delivering = False

    async def _put(self, entries: list[dict[str, Any]]) -> None:
        try:
            answer = await self._engine.external.call("events", "PutEvents", {"Entries": entries})
        except (ServiceError, CallFailed, RoleNotAssumable) as error:
            if not self._failing:
                _log.warning("Status changes are lost until EventBridge takes them: %s", error)
            self._failing = True
            return
        self._failing = False
        codes = {entry.get("ErrorCode") for entry in answer.get("Entries", [])}
        if "NotAuthorizedForSourceException" in codes:
            self._refused = True
            self._waiting = []
            _log.warning("Status changes are not told: the event bus takes no events of %s.", SOURCE)


def status_change(row: Mapping[str, Any], now: float) -> dict[str, Any]:
    """An execution's row as the detail of the event, as it stands `now` (epoch seconds)."""
    sizes = sum(len((row.get(name) or "").encode()) for name in ("input", "output", "cause"))
    fits = sizes <= _LARGEST_PAYLOADS
    output = row.get("output")
    told = execution_description(row, now)
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
        "redriveStatus": told["redriveStatus"],
        "redriveStatusReason": told.get("redriveStatusReason"),
    }


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1000)
