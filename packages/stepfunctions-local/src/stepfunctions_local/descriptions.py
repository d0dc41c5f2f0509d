"""Descriptions of executions, as DescribeExecution and the status events report them."""

from collections.abc import Mapping
from typing import Any

from .history import MAX_EVENTS

TERMINAL = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")

_REDRIVE_SECONDS = 14 * 86400
_MAX_EXECUTION_SECONDS = 365 * 86400

_FIELDS = (
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


def execution_description(row: Mapping[str, Any], now: float | None = None) -> dict[str, Any]:
    """Return DescribeExecution's response for an execution's row."""
    response = {name: row[name] for name in _FIELDS if name in row}
    response["inputDetails"] = {"included": True}
    if "output" in row:
        response["outputDetails"] = {"included": True}
    if row["type"] == "STANDARD":
        response["redriveCount"] = row.get("redriveCount", 0)
        reason = not_redrivable_reason(row, row.get("stopDate", 0) if now is None else now)
        response["redriveStatus"] = "REDRIVABLE" if reason is None else "NOT_REDRIVABLE"
        if "mapRunArn" in row and row["status"] in TERMINAL and reason is None:
            response["redriveStatus"] = "REDRIVABLE_BY_MAP_RUN"
        if reason is not None:
            response["redriveStatusReason"] = reason
    return response


def not_redrivable_reason(row: Mapping[str, Any], now: float) -> str | None:
    """Return why an execution cannot be redriven, or None when it can."""
    if row["status"] not in ("FAILED", "ABORTED", "TIMED_OUT"):
        return f"Execution is {row['status']} and cannot be redriven"
    if row["lastEvent"] >= MAX_EVENTS - 1:
        return "Execution history event limit exceeded"
    if row["startDate"] + _MAX_EXECUTION_SECONDS < now:
        return "Execution has exceeded the max execution time"
    if row["stopDate"] + _REDRIVE_SECONDS < now:
        return "Execution redrivable period exceeded"
    return None


def billing_details(row: Mapping[str, Any]) -> dict[str, int]:
    """Return the billed duration and memory of an express execution that has ended."""
    hundreds = int((row["stopDate"] - row["startDate"]) * 10) + 1
    return {"billedDurationInMilliseconds": hundreds * 100, "billedMemoryUsedInMB": 64}
