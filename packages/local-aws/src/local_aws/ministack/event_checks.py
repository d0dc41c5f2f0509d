"""Checks of PutEvents entries that MiniStack does not make, with EventBridge's error codes.

Sources: the EventBridge API reference (PutEvents), and the EventBridge User Guide, "Calculating PutEvents event entry
size".
"""

from __future__ import annotations

import json
from typing import Any

_MAX_ENTRIES = 10
_MAX_TOTAL_BYTES = 262_144
_TIME_BYTES = 14
_REQUIRED = ("Source", "DetailType", "Detail")

type Entry = dict[str, Any]


def check_request(entries: list[Entry]) -> str | None:
    """Return the message of the ValidationException for all entries; None if the request is valid."""
    prefix = f"1 validation error detected: Value '{len(entries)}' at 'entries' failed to satisfy constraint:"
    if not entries:
        return f"{prefix} Member must have length greater than or equal to 1"
    if len(entries) > _MAX_ENTRIES:
        return f"{prefix} Member must have length less than or equal to {_MAX_ENTRIES}"
    if sum(entry_size(entry) for entry in entries) >= _MAX_TOTAL_BYTES:
        return "Total size of the entries in the request is over the limit."
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
    try:
        is_object = isinstance(json.loads(entry["Detail"]), dict)
    except ValueError:
        is_object = False
    return None if is_object else {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
