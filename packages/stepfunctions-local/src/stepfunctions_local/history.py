"""Events of an execution's history in the shape of GetExecutionHistory, and JSON encoding."""

from typing import Any

import orjson

from .errors import StateError
from .expressions.json_values import dumps_encodable, loads

MAX_EVENTS = 25_000
MAX_PAYLOAD_BYTES = 262_144
MAX_VARIABLE_BYTES = 10 * 1024 * 1024

NOT_TRUNCATED = {"truncated": False}


def json_text(value: Any) -> str:
    """Encode compact JSON, as AWS writes payloads into events and responses."""
    return json_bytes(value).decode()


def json_bytes(value: Any) -> bytes:
    """Encode compact JSON as UTF-8."""
    try:
        return orjson.dumps(value)
    except TypeError:  # an integer beyond 64 bits, half a surrogate pair
        return dumps_encodable(value).encode()


def json_value(text: str | bytes) -> Any:
    """Decode JSON. Raises ValueError."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # half a surrogate pair
        return loads(text)


def too_large(text: str) -> bool:
    """Return whether a payload exceeds the quota (262,144 bytes of UTF-8)."""
    return len(text) * 4 > MAX_PAYLOAD_BYTES and len(text.encode()) > MAX_PAYLOAD_BYTES


def entered(name: str, text: str) -> dict[str, Any]:
    """Return the details of a StateEntered event."""
    return {"name": name, "input": text, "inputDetails": NOT_TRUNCATED}


def exited(name: str, text: str, assigned: dict[str, Any] | None) -> dict[str, Any]:
    """Return the details of a StateExited event."""
    details: dict[str, Any] = {"name": name, "output": text, "outputDetails": NOT_TRUNCATED}
    if assigned:
        details["assignedVariables"] = {key: json_text(value) for key, value in assigned.items()}
        details["assignedVariablesDetails"] = NOT_TRUNCATED
    return details


def output(text: str) -> dict[str, Any]:
    """Return the details of an event with an output."""
    return {"output": text, "outputDetails": NOT_TRUNCATED}


def failure(error: StateError) -> dict[str, Any]:
    """Return the error's `error` and `cause`, without missing ones."""
    details = {}
    if error.error is not None:
        details["error"] = error.error
    if error.cause is not None:
        details["cause"] = error.cause
    return details


def without_data(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event as GetExecutionHistory shows it with includeExecutionData false."""
    for key, details in event.items():
        if key.endswith("EventDetails") and isinstance(details, dict):
            for name in ("input", "output", "parameters", "assignedVariables"):
                details.pop(name, None)
    return event
