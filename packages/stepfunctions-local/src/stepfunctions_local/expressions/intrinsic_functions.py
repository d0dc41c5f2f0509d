"""The eighteen intrinsic functions: each takes JSON values and returns one, or raises IntrinsicError.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

import base64
import binascii
import hashlib
import json
import math
import random
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .java_random import JavaRandom
from .jsonpath_filter import same
from .jsontext import dumps

LONGEST_TEXT = 10_000
LARGEST_RANGE = 1_000
_DIGESTS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


class IntrinsicError(Exception):
    """Arguments a function cannot take; the message says what it expects."""


class Literal(str):
    """A quoted argument: its value with the escapes undone, `template` as written, for States.Format.

    `\\'`, `\\{`, `\\}` and `\\\\` stand for the character after the backslash.
    """

    __slots__ = ("template",)
    template: str

    def __new__(cls, template: str) -> "Literal":
        literal = super().__new__(cls, re.sub(r"\\(['{}\\])", r"\1", template))
        literal.template = template
        return literal


@dataclass(frozen=True, slots=True)
class Function:
    """A function and how many arguments it takes, from fewest to most."""

    apply: Callable[..., Any]
    fewest: int
    most: float


def _array(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise IntrinsicError(f"The {name} must be an array")
    return value


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise IntrinsicError(f"The {name} must be a string")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _whole(value: Any, name: str) -> int:
    """A number, rounded to the nearest integer as the page says of MathAdd, ArrayRange and ArrayPartition."""
    if not _is_number(value):
        raise IntrinsicError(f"The {name} must be a number")
    return value if isinstance(value, int) else math.floor(value + 0.5)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else dumps(value)


def _interpolated(value: Any) -> str:
    """A value inside States.Format's text: objects and arrays as Java writes its maps and lists."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_interpolated(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_interpolated, value)) + "]"
    return _shown(value)


_SLOT = re.compile(r"\\([\\'{}])|(\{\})", re.S)


def format_text(template: Any, *values: Any) -> str:
    """States.Format: each `{}` of the template replaced by the value in its place."""
    text = template.template if isinstance(template, Literal) else _text(template, "template")
    slots = sum(1 for found in _SLOT.finditer(text) if found.group(2))
    if slots != len(values):
        raise IntrinsicError("The number of arguments does not match the number of occurrences of {}")
    rest = iter(values)
    return _SLOT.sub(lambda found: _interpolated(next(rest)) if found.group(2) else found.group(1), text)


def string_to_json(text: Any) -> Any:
    """States.StringToJson: the value a JSON text holds; empty text gives null."""
    if text is None or not _text(text, "argument").strip():
        return None
    try:
        return json.loads(text)
    except ValueError:
        raise IntrinsicError(f"Failed to parse JSON text: {text}") from None


def array_partition(array: Any, size: Any) -> list[list[Any]]:
    """States.ArrayPartition: the array cut into chunks of at most `size`."""
    items = _array(array, "first argument")
    if not _is_number(size) or int(size) < 1:
        raise IntrinsicError("The chunk size must be a positive integer")
    length = int(size)
    return [items[at : at + length] for at in range(0, len(items), length)]


def array_contains(array: Any, value: Any) -> bool:
    """States.ArrayContains: whether the array has an equal value."""
    return any(same(item, _plain(value)) for item in _array(array, "first argument"))


def array_range(first: Any, last: Any, step: Any) -> list[int]:
    """States.ArrayRange: from `first` to `last`, both included, at most a thousand numbers."""
    start, stop, by = _whole(first, "first argument"), _whole(last, "last argument"), _whole(step, "step")
    if by == 0:
        raise IntrinsicError("The step must not be 0")
    numbers = range(start, stop + (1 if by > 0 else -1), by)
    if len(numbers) > LARGEST_RANGE:
        raise IntrinsicError(f"The range must not have more than {LARGEST_RANGE} elements")
    return list(numbers)


def array_get_item(array: Any, position: Any) -> Any:
    """States.ArrayGetItem: the element at the index, from 0."""
    items, at = _array(array, "first argument"), _whole(position, "index")
    if not 0 <= at < len(items):
        raise IntrinsicError("The index is out of bounds")
    return items[at]


def array_unique(array: Any) -> list[Any]:
    """States.ArrayUnique: the values once each, the first of equals kept."""
    kept: list[Any] = []
    for item in _array(array, "argument"):
        if not any(same(item, other) for other in kept):
            kept.append(item)
    return kept


def _bounded(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise IntrinsicError(f"The input must not be longer than {LONGEST_TEXT} characters")
    return text


def base64_encode(text: Any) -> str:
    """States.Base64Encode: up to 10,000 characters, as UTF-8."""
    return base64.b64encode(_bounded(_text(text, "argument")).encode()).decode()


def base64_decode(text: Any) -> str:
    """States.Base64Decode: the text encoded, up to 10,000 characters of Base64."""
    try:
        return base64.b64decode(_bounded(_text(text, "argument")), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise IntrinsicError("The input is not a valid Base64 text") from None


def digest(value: Any, algorithm: Any) -> str:
    """States.Hash: the hexadecimal digest of up to 10,000 characters (of JSON, when it is no string)."""
    if not isinstance(algorithm, str) or algorithm not in _DIGESTS:
        raise IntrinsicError("The algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512")
    return hashlib.new(
        _DIGESTS[algorithm], _bounded(_shown(value)).encode(), usedforsecurity=False
    ).hexdigest()


def json_merge(first: Any, second: Any, deep: Any) -> dict[str, Any]:
    """States.JsonMerge: the second object's keys over the first's; only the shallow merge exists."""
    if not isinstance(first, dict) or not isinstance(second, dict):
        raise IntrinsicError("The values to merge must be objects")
    if deep is not False:
        raise IntrinsicError("Deep merge is not supported: the third argument must be false")
    return {**first, **second}


def math_random(start: Any, end: Any, seed: Any = None) -> int:
    """States.MathRandom: an integer from `start` up to, not including, `end`; the same for the same seed."""
    low, high = _whole(start, "start"), _whole(end, "end")
    if low >= high:
        raise IntrinsicError("The start must be less than the end")
    if seed is None:
        return random.randrange(low, high)  # noqa: S311
    return low + JavaRandom(_whole(seed, "seed")).next_int(high - low)


def math_add(first: Any, second: Any) -> int:
    """States.MathAdd: the sum of two numbers, each rounded to an integer."""
    return _whole(first, "first argument") + _whole(second, "second argument")


def string_split(text: Any, delimiters: Any) -> list[str]:
    """States.StringSplit: the parts between any of the delimiter's characters, empty parts left out."""
    marks = _text(delimiters, "delimiter")
    if not marks:
        return [_text(text, "text")]
    return [part for part in re.split(f"[{re.escape(marks)}]", _text(text, "text")) if part]


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Literal) else value


FUNCTIONS: dict[str, Function] = {
    "States.Array": Function(lambda *values: [_plain(value) for value in values], 0, math.inf),
    "States.ArrayContains": Function(array_contains, 2, 2),
    "States.ArrayGetItem": Function(array_get_item, 2, 2),
    "States.ArrayLength": Function(lambda array: len(_array(array, "argument")), 1, 1),
    "States.ArrayPartition": Function(array_partition, 2, 2),
    "States.ArrayRange": Function(array_range, 3, 3),
    "States.ArrayUnique": Function(array_unique, 1, 1),
    "States.Base64Decode": Function(base64_decode, 1, 1),
    "States.Base64Encode": Function(base64_encode, 1, 1),
    "States.Format": Function(format_text, 1, math.inf),
    "States.Hash": Function(digest, 2, 2),
    "States.JsonMerge": Function(json_merge, 3, 3),
    "States.JsonToString": Function(dumps, 1, 1),
    "States.MathAdd": Function(math_add, 2, 2),
    "States.MathRandom": Function(math_random, 2, 3),
    "States.StringSplit": Function(string_split, 2, 2),
    "States.StringToJson": Function(string_to_json, 1, 1),
    "States.UUID": Function(lambda: str(uuid.uuid4()), 0, 0),
}
