"""What AWS Step Functions tells the world about executions: EventBridge events and CloudWatch metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

type Publish = Callable[[str, str, list[str], dict[str, Any]], None]
type Record = Callable[[str, str, float, str, dict[str, str]], None]

# EventBridge takes 256 KiB an entry; Step Functions leaves input and output out when they would not fit.
_LARGEST_PAYLOADS = 248 * 1024

_METRICS = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


class StatusChanges:
    """An observer of the engine. Works on a thread of its own, in order: a rule may start an execution."""

    def __init__(self, publish: Publish, record: Record) -> None:
        self._publish = publish
        self._record = record
        self._thread = ThreadPoolExecutor(1, "status-changes")

    def status_changed(self, row: Mapping[str, Any]) -> None:
        self._thread.submit(self._tell, row)

    def event(self, row: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Histories are not told here."""

    def close(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _tell(self, row: Mapping[str, Any]) -> None:
        arn = row["executionArn"]
        self._publish("aws.states", "Step Functions Execution Status Change", [arn], status_change(row))
        dimensions = {"StateMachineArn": row["stateMachineArn"]}
        if row["status"] == "RUNNING":
            self._record("AWS/States", "ExecutionsStarted", 1, "Count", dimensions)
        elif row["status"] in _METRICS:
            took = (row["stopDate"] - row["startDate"]) * 1000
            self._record("AWS/States", _METRICS[row["status"]], 1, "Count", dimensions)
            self._record("AWS/States", "ExecutionTime", took, "Milliseconds", dimensions)


def status_change(row: Mapping[str, Any]) -> dict[str, Any]:
    """An execution's row as the detail of the event ("Automating Step Functions event delivery")."""
    sizes = sum(len((row.get(name) or "").encode()) for name in ("input", "output", "cause"))
    fits = sizes <= _LARGEST_PAYLOADS
    output = row.get("output")
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
        "redriveStatus": None,
        "redriveStatusReason": None,
    }


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1000)
