"""The intrinsic functions: each takes JSON values and returns one, or raises IntrinsicError.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

import base64
import hashlib
import math
import random
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import java_base64
from .java_random import MAX_BOUND, JavaRandom
from .json_values import dumps, equal, hashable, is_number, loads, utf8

MAX_TEXT_LENGTH = 10_000
MAX_RANGE_LENGTH = 1_000
_DIGESTS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


class IntrinsicError(Exception):
    """A function's arguments are invalid; the message says what is accepted."""


class Literal(str):
    """A quoted argument: its value without escapes, and `template`, the text as written, for States.Format.

    The escapes are `\\'`, `\\{`, `\\}` and `\\\\`.
    """

    __slots__ = ("template",)
    template: str

    def __new__(cls, template: str) -> "Literal":
        literal = super().__new__(cls, re.sub(r"\\(['{}\\])", r"\1", template))
        literal.template = template
        return literal


@dataclass(frozen=True, slots=True)
class Function:
    """A function and the number of arguments it accepts."""

    apply: Callable[..., Any]
    min_arguments: int
    max_arguments: float


def _array(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise IntrinsicError(f"The {name} must be an array")
    return value


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise IntrinsicError(f"The {name} must be a string")
    return value


def _integer(value: Any, name: str) -> int:
    """Return a number rounded to the nearest integer, halves up."""
    if not is_number(value):
        raise IntrinsicError(f"The {name} must be a number")
    return value if isinstance(value, int) else math.floor(value + 0.5)


def _to_text(value: Any) -> str:
    return value if isinstance(value, str) else dumps(value)


def _format_value(value: Any) -> str:
    """Return a value as States.Format inserts it: objects and arrays as Java writes its maps and lists."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_format_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_format_value, value)) + "]"
    return _to_text(value)


_PLACEHOLDER = re.compile(r"\\([\\'{}])|(\{\})", re.S)


def format_text(template: Any, *values: Any) -> str:
    """Replace each `{}` of the template by the corresponding value (States.Format)."""
    text = template.template if isinstance(template, Literal) else _text(template, "template")
    if sum(1 for match in _PLACEHOLDER.finditer(text) if match.group(2)) != len(values):
        raise IntrinsicError("The number of arguments does not match the number of occurrences of {}")
    remaining = iter(values)
    return _PLACEHOLDER.sub(
        lambda match: _format_value(next(remaining)) if match.group(2) else match.group(1), text
    )


def string_to_json(text: Any) -> Any:
    """Parse a JSON text; return null for an empty one (States.StringToJson)."""
    if text is None or not _text(text, "argument").strip():
        return None
    try:
        return loads(text)
    except ValueError:
        raise IntrinsicError(f"Failed to parse JSON text: {text}") from None


def array_partition(array: Any, size: Any) -> list[list[Any]]:
    """Split an array into chunks of at most `size` items (States.ArrayPartition)."""
    items = _array(array, "first argument")
    length = _integer(size, "chunk size")
    if length < 1:
        raise IntrinsicError("The chunk size must be a positive integer")
    return [items[start : start + length] for start in range(0, len(items), length)]


def array_contains(array: Any, value: Any) -> bool:
    """Return whether an array contains a value (States.ArrayContains)."""
    return any(equal(item, _plain(value)) for item in _array(array, "first argument"))


def array_range(first: Any, last: Any, step: Any) -> list[int]:
    """Return the integers from `first` to `last`, both included, at most a thousand (States.ArrayRange)."""
    start, stop = _integer(first, "first argument"), _integer(last, "last argument")
    increment = _integer(step, "step")
    if increment == 0:
        raise IntrinsicError("The step must not be 0")
    numbers = range(start, stop + (1 if increment > 0 else -1), increment)
    if len(numbers) > MAX_RANGE_LENGTH:
        raise IntrinsicError(f"The range must not have more than {MAX_RANGE_LENGTH} elements")
    return list(numbers)


def array_get_item(array: Any, position: Any) -> Any:
    """Return the item at an index, from 0 (States.ArrayGetItem)."""
    items, index = _array(array, "first argument"), _integer(position, "index")
    if not 0 <= index < len(items):
        raise IntrinsicError("The index is out of bounds")
    return items[index]


def array_unique(array: Any) -> list[Any]:
    """Return the distinct values of an array (States.ArrayUnique)."""
    unique: dict[Any, Any] = {}
    for item in _array(array, "argument"):
        unique.setdefault(hashable(item), item)
    return list(unique.values())


def _check_length(text: str) -> str:
    if len(text) > MAX_TEXT_LENGTH:
        raise IntrinsicError(f"The input must not be longer than {MAX_TEXT_LENGTH} characters")
    return text


def base64_encode(text: Any) -> str:
    """Encode up to 10,000 characters as UTF-8 (States.Base64Encode)."""
    return base64.b64encode(utf8(_check_length(_text(text, "argument")))).decode()


def base64_decode(text: Any) -> str:
    """Decode up to 10,000 characters of Base64 (States.Base64Decode)."""
    try:
        return java_base64.decode(_check_length(_text(text, "argument"))).decode()
    except ValueError:
        raise IntrinsicError("The input is not a valid Base64 text") from None


def digest(value: Any, algorithm: Any) -> str:
    """Return the hexadecimal digest of a string or of a value's JSON, up to 10,000 characters (States.Hash)."""
    if not isinstance(algorithm, str) or algorithm not in _DIGESTS:
        raise IntrinsicError("The algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512")
    data = utf8(_check_length(_to_text(value)))
    return hashlib.new(_DIGESTS[algorithm], data, usedforsecurity=False).hexdigest()


def json_merge(first: Any, second: Any, deep: Any) -> dict[str, Any]:
    """Merge two objects; the keys of the second win (States.JsonMerge). AWS supports the shallow merge only."""
    if not isinstance(first, dict) or not isinstance(second, dict):
        raise IntrinsicError("The values to merge must be objects")
    if deep is not False:
        raise IntrinsicError("Deep merge is not supported: the third argument must be false")
    return {**first, **second}


def math_random(start: Any, end: Any, seed: Any = None) -> int:
    """Return an integer from `start` (inclusive) to `end` (exclusive), repeatable by seed (States.MathRandom)."""
    low, high = _integer(start, "start"), _integer(end, "end")
    if low >= high:
        raise IntrinsicError("The start must be less than the end")
    if seed is None:
        return random.randrange(low, high)  # noqa: S311
    if high - low > MAX_BOUND:
        raise IntrinsicError(f"With a seed, the range must not have more than {MAX_BOUND} numbers")
    return low + JavaRandom(_integer(seed, "seed")).next_int(high - low)


def math_add(first: Any, second: Any) -> int:
    """Add two numbers, each rounded to an integer (States.MathAdd)."""
    return _integer(first, "first argument") + _integer(second, "second argument")


def string_split(text: Any, delimiters: Any) -> list[str]:
    """Split at any of the delimiter's characters; omit empty parts (States.StringSplit)."""
    characters = _text(delimiters, "delimiter")
    if not characters:
        return [_text(text, "text")]
    return [part for part in re.split(f"[{re.escape(characters)}]", _text(text, "text")) if part]


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
