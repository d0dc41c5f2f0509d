"""JSON values: text, equality and types."""

import json
from typing import Any


def loads(text: str | bytes) -> Any:
    """Parse JSON; NaN and Infinity, which Python's parser accepts, are not JSON. Raises ValueError."""
    return json.loads(text, parse_constant=_reject_constant)


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")


def dumps(value: Any) -> str:
    """Return compact JSON with unescaped characters, as Jackson writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def dumps_encodable(value: Any) -> str:
    """Return compact JSON that can be encoded as UTF-8: all is escaped where half a surrogate pair occurs."""
    text = dumps(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text


def utf8(text: str) -> bytes:
    """Return the text as UTF-8, with a question mark for half a surrogate pair, as Java encodes it."""
    return text.encode(errors="replace")


def is_number(value: Any) -> bool:
    """Return whether the value is a number; a boolean is not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def hashable(value: Any) -> Any:
    """Return a hashable value that is the same for equal JSON values, and for no others."""
    if isinstance(value, dict):
        return "object", frozenset((key, hashable(item)) for key, item in value.items())
    if isinstance(value, list):
        return "array", tuple(map(hashable, value))
    # true and 1 are equal in Python.
    return ("boolean", value) if isinstance(value, bool) else value


def equal(a: Any, b: Any) -> bool:
    """Return whether two JSON values are equal: 1 equals 1.0, true does not equal 1."""
    if is_number(a) and is_number(b):
        return bool(a == b)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    return type(a) is type(b) and bool(a == b)
