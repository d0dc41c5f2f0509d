"""An execution's row as the API and the events tell of it."""

from collections.abc import Mapping
from typing import Any

from .history import MAX_EVENTS

TERMINAL = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")

_REDRIVE_SECONDS = 14 * 86400
_LONGEST_SECONDS = 365 * 86400


def described(row: Mapping[str, Any], now: float | None = None) -> dict[str, Any]:
    """DescribeExecution's answer from an execution's row."""
    answer = {
        name: row[name]
        for name in (
            "executionArn",
            "stateMachineArn",
            "name",
            "status",
            "startDate",
            "stopDate",
            "input",
            "output",
            "error",
            "cause",
            "traceHeader",
            "mapRunArn",
            "stateMachineVersionArn",
            "stateMachineAliasArn",
            "redriveDate",
        )
        if name in row
    }
    answer["inputDetails"] = {"included": True}
    if "output" in row:
        answer["outputDetails"] = {"included": True}
    if row["type"] == "STANDARD":
        answer["redriveCount"] = row.get("redriveCount", 0)
        reason = not_redrivable_reason(row, row.get("stopDate", 0) if now is None else now)
        answer["redriveStatus"] = "REDRIVABLE" if reason is None else "NOT_REDRIVABLE"
        if "mapRunArn" in row and row["status"] in TERMINAL and reason is None:
            answer["redriveStatus"] = "REDRIVABLE_BY_MAP_RUN"
        if reason is not None:
            answer["redriveStatusReason"] = reason
    return answer


def not_redrivable_reason(row: Mapping[str, Any], now: float) -> str | None:
    """Why an execution cannot be redriven, or None when it can."""
    if row["status"] not in ("FAILED", "ABORTED", "TIMED_OUT"):
        return f"Execution is {row['status']} and cannot be redriven"
    if row["lastEvent"] >= MAX_EVENTS - 1:
        return "Execution history event limit exceeded"
    if row["startDate"] + _LONGEST_SECONDS < now:
        return "Execution has exceeded the max execution time"
    if row["stopDate"] + _REDRIVE_SECONDS < now:
        return "Execution redrivable period exceeded"
    return None


def billing_details(row: Mapping[str, Any]) -> dict[str, int]:
    """What an express execution that has ended costs."""
    hundreds = int((row["stopDate"] - row["startDate"]) * 10) + 1
    return {"billedDurationInMilliseconds": hundreds * 100, "billedMemoryUsedInMB": 64}
