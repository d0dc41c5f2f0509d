"""JSON that a person or another system has written. Stricter than `json`: what readers take differently is refused."""

import json
from collections import Counter
from typing import Any, Final

from tillflow.errors import InvalidRequest, Problem

MAX_DEPTH: Final = 32
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()
_NOT_UTF_8 = "(not UTF-8, or with U+FFFD)"


def read_json(raw: bytes, field: str = "body") -> Any:
    """Return the value of a JSON text in UTF-8. InvalidRequest, with the field, for another or one of over 32 levels.

    Depth is checked first: deeply nested JSON exhausts the parser's stack. json.loads would take the bytes of UTF-16
    and UTF-32 too, in which the quotes of a text cannot be counted by bytes. A gateway puts U+FFFD in place of bytes
    that are not UTF-8: a name in Latin-1 would be stored without its accents.
    """
    if _REPLACEMENT in raw:
        raise InvalidRequest(field, _NOT_UTF_8, "JSON in UTF-8 without U+FFFD")
    depth = _depth(raw)
    if depth > MAX_DEPTH:
        raise InvalidRequest(field, f"JSON of depth {depth}", f"JSON of at most {MAX_DEPTH} levels")
    try:
        return json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise InvalidRequest(field, _NOT_UTF_8, "JSON in UTF-8 without U+FFFD") from error
    except ValueError as error:
        raise InvalidRequest(field, "(not JSON)" if raw.strip() else None, "a JSON object") from error


def _depth(raw: bytes) -> int:
    depth = deepest = 0
    in_text = escaped = False
    for byte in raw:
        if in_text:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_text = False
        elif byte == 0x22:
            in_text = True
        elif byte in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"}]":
            depth -= 1
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON. InvalidRequest names those it has twice: readers differ in the value they take."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
        raise InvalidRequest.of(
            [Problem(name or "body", "(given twice)", "one value of each name") for name in twice]
        )
    return fields


def _refuse_constant(name: str) -> None:
    """Raise ValueError for NaN and infinity, which are not of JSON."""
    raise ValueError(name)
