"""Checks of EventBridge's requests that MiniStack does not make, with EventBridge's error codes.

Sources: the EventBridge API reference (PutEvents, PutRule, PutTargets), and the EventBridge User Guide, "Calculating
PutEvents event entry size".
"""

from __future__ import annotations

import json
import re
from typing import Any

from ..request_checks import input_shape, request_problem

_MAX_ENTRIES = 10
_MAX_TOTAL_BYTES = 1_048_576
_TIME_BYTES = 14
_MAX_DETAIL_TYPE = 128
_REQUIRED = ("Source", "DetailType", "Detail")
_RATE = re.compile(r"rate\((\d+) (?:minute|hour|day)(s?)\)")
# Members with constraints of their own that few entries have.
_CONSTRAINED = {"EventBusName", "TraceHeader"}

type Entry = dict[str, Any]


def check_request(entries: list[Entry]) -> tuple[str, str] | None:
    """Return the code and the message of the error for all entries; None if the request is valid."""
    if not 1 <= len(entries) <= _MAX_ENTRIES or any(_CONSTRAINED & entry.keys() for entry in entries):
        problem = request_problem(input_shape("events", "PutEvents"), {"Entries": entries})
        if problem is not None:
            return problem.code, problem.message
    if sum(entry_size(entry) for entry in entries) >= _MAX_TOTAL_BYTES:
        return "ValidationException", "Total size of the entries in the request is over the limit."
    return None


def entry_size(entry: Entry) -> int:
    """Return the size of an entry as EventBridge calculates it."""
    texts = [entry.get(name) for name in _REQUIRED] + list(entry.get("Resources") or ())
    size = sum(len(text.encode()) for text in texts if isinstance(text, str))
    return size + (_TIME_BYTES if entry.get("Time") is not None else 0)


def check_entry(entry: Entry) -> dict[str, str] | None:
    """Return the result of an invalid entry; None for a valid one."""
    for name in _REQUIRED:
        if not entry.get(name):
            reason = f"Parameter {name} is not valid. Reason: {name} is a required argument."
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": reason}
    if len(entry["DetailType"]) > _MAX_DETAIL_TYPE:
        reason = f"Parameter DetailType is not valid. Reason: DetailType is longer than {_MAX_DETAIL_TYPE} characters."
        return {"ErrorCode": "InvalidArgument", "ErrorMessage": reason}
    try:
        is_object = isinstance(json.loads(entry["Detail"]), dict)
    except ValueError:
        is_object = False
    return None if is_object else {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}


def check_rule(rule: dict[str, Any]) -> str | None:
    """Return the message for a rule that nothing triggers, or that is scheduled on another bus."""
    if not rule.get("EventPattern") and not rule.get("ScheduleExpression"):
        return "Parameter(s) EventPattern or ScheduleExpression must be specified."
    rate = _RATE.fullmatch(str(rule.get("ScheduleExpression") or ""))
    if rate is not None and (int(rate[1]) == 0 or (rate[2] == "") != (int(rate[1]) == 1)):
        return "Parameter ScheduleExpression is not valid."
    bus = str(rule.get("EventBusName") or "default").rpartition("/")[2]
    if rule.get("ScheduleExpression") and bus != "default":
        return "ScheduleExpression is supported only on the default event bus."
    return None


def check_targets(targets: list[dict[str, Any]]) -> str | None:
    """Return the message for a FIFO queue without a message group; None if all targets are valid."""
    for target in targets:
        is_fifo = ":sqs:" in str(target.get("Arn")) and str(target["Arn"]).endswith(".fifo")
        if is_fifo and not (target.get("SqsParameters") or {}).get("MessageGroupId"):
            return f"Parameter(s) SqsParameters must be specified for target: {target.get('Id')}."
    return None
