"""JSONata's values in Python, and JavaScript's comparison and formatting of them.

JSON values are Python values; undefined is UNDEFINED, null is None. The result of a path is a Sequence: a
sequence of one item is equivalent to that item. Numbers are ints and floats that behave as JavaScript's
numbers.
"""

import json
import math
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

MAX_EXACT_INTEGER = 2**53


class _Undefined:
    __slots__ = ()

    def __repr__(self) -> str:
        return "UNDEFINED"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = _Undefined()


class Sequence(list[Any]):
    """The result of a path, a filter or a range: flattened, and equivalent to its only item."""

    __slots__ = ("keep_singleton", "outer_wrapper", "tuple_stream")

    def __init__(self, items: Iterable[Any] = ()):
        super().__init__(items)
        self.keep_singleton = False
        self.tuple_stream = False
        self.outer_wrapper = False


class ConsArray(list[Any]):
    """An array constructor as a step of a path, which is not flattened."""

    __slots__ = ("keep_singleton",)


class Callee:
    """A function; subclasses define the number of arguments it takes."""

    __slots__ = ()
    arity: int


def is_number(value: Any) -> bool:
    """Return whether the value is a number, including Infinity and NaN."""
    kind = type(value)
    return kind is int or kind is float


def to_double_range(number: Any) -> Any:
    """Convert an integer that a double cannot represent exactly to a double, infinite beyond its range."""
    if type(number) is int and not -MAX_EXACT_INTEGER <= number <= MAX_EXACT_INTEGER:
        try:
            return float(number)
        except OverflowError:
            return math.inf if number > 0 else -math.inf
    return number


def numbers_equal(a: float, b: float) -> bool:
    """Return whether two numbers are the same double."""
    return a == b or (type(a) is int and type(b) is int and to_double_range(a) == to_double_range(b))


def is_list(value: Any) -> bool:
    """Return whether the value is an array."""
    return isinstance(value, list)


def deep_equal(a: Any, b: Any) -> bool:
    """Return whether JSON values are equal: numbers by value, objects regardless of key order."""
    return _equal(a, b, set())


def _equal(a: Any, b: Any, known: set[tuple[int, int]]) -> bool:
    """Compare values; `known` has the pairs of arrays and objects, by identity, that are equal or compared already.

    Values share their parts: without it `[$a, $a]`, repeated, takes twice the time at each repetition.
    """
    if a is b:
        return not (type(a) is float and a != a)
    kind = type(a)
    if kind is str:
        return type(b) is str and bool(a == b)
    if kind is int or kind is float:
        return type(b) in (int, float) and numbers_equal(a, b)
    if not isinstance(a, (list, dict)):
        return False
    pair = id(a), id(b)
    if pair in known:
        return True
    known.add(pair)
    if isinstance(a, list):
        return (
            isinstance(b, list)
            and len(a) == len(b)
            and all(_equal(x, y, known) for x, y in zip(a, b, strict=True))
        )
    return (
        type(b) is dict
        and a.keys() == b.keys()
        and all(_equal(item, b[key], known) for key, item in a.items())
    )


class Identities:
    """Numbers for arrays and objects: the same for those that `deep_equal` finds equal, and for no others."""

    def __init__(self) -> None:
        self._by_content: dict[Any, int] = {}
        self._by_identity: dict[int, tuple[Any, int]] = {}

    def of(self, value: Any) -> Any:
        """Return a hashable value that is the same for equal values, and for no others.

        Each array and object is visited once, though values share their parts.
        """
        if isinstance(value, list):
            return "container", self._number(value, lambda: ("array", tuple(map(self.of, value))))
        if type(value) is dict:
            return "container", self._number(
                value, lambda: ("object", frozenset((key, self.of(item)) for key, item in value.items()))
            )
        if type(value) is bool:  # true and 1 are equal in Python
            return "boolean", value
        if is_number(value):
            return to_double_range(value) if value == value else object()
        return value

    def _number(self, container: Any, content: Callable[[], Any]) -> int:
        if id(container) not in self._by_identity:
            number = self._by_content.setdefault(content(), len(self._by_content))
            # The container is kept, so that no other one gets its id.
            self._by_identity[id(container)] = container, number
        return self._by_identity[id(container)][1]


def strictly_equal(a: Any, b: Any) -> bool:
    """Return whether values are equal by JavaScript's `===`: objects and arrays only equal themselves."""
    if a is b:
        return True
    if type(a) is str:
        return type(b) is str and bool(a == b)
    return is_number(a) and is_number(b) and numbers_equal(a, b)


def number_text(value: float) -> str:
    """Format a number as JavaScript does: the shortest digits that parse to the same number."""
    if type(value) is int and -MAX_EXACT_INTEGER <= value <= MAX_EXACT_INTEGER:
        return str(value)
    value = float(value)
    if not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0") or "0"
    count = len(digits)
    if count <= point <= 21:
        text = digits + "0" * (point - count)
    elif 0 < point <= 21:
        text = digits[:point] + "." + digits[point:]
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        power = point - 1
        text = (
            digits[0] + ("." + digits[1:] if count > 1 else "") + f"e{'+' if power >= 0 else '-'}{abs(power)}"
        )
    return sign + text


def json_number(value: float) -> str:
    """Format a number as JSON.stringify does: one that is not finite is null."""
    return number_text(value) if math.isfinite(value) else "null"


def quote(text: str) -> str:
    """Format a string as JSON.stringify does, with lone surrogates escaped."""
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted if quoted.isascii() else _SURROGATE.sub(_escape_surrogate, quoted)


_SURROGATE = re.compile("[\ud800-\udfff]")


def _escape_surrogate(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


def stringify(value: Any, number: Callable[[Any], str] = json_number, indent: int = 0, level: int = 0) -> str:
    """Format a value as JSON.stringify does, with functions as empty strings and numbers by `number`."""
    kind = type(value)
    if kind is str:
        return quote(value)
    if value is None or value is UNDEFINED:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is float:
        return number(value)
    if isinstance(value, Callee):
        return '""'
    if not isinstance(value, (list, dict)):
        return "{}"  # a regular expression, as the token of a syntax error
    opening, closing = ("[", "]") if isinstance(value, list) else ("{", "}")
    if isinstance(value, list):
        parts = [stringify(item, number, indent, level + 1) for item in value]
    else:
        colon = ": " if indent else ":"
        parts = [
            quote(key) + colon + stringify(item, number, indent, level + 1)
            for key, item in value.items()
            if item is not UNDEFINED
        ]
    if not parts:
        return opening + closing
    if not indent:
        return opening + ",".join(parts) + closing
    inner = "\n" + " " * (indent * (level + 1))
    return opening + inner + ("," + inner).join(parts) + "\n" + " " * (indent * level) + closing


def normalize_number(number: float) -> float:
    """Return a number as a JSON parser returns it: integers as ints, large ones rounded to a double."""
    if type(number) is int and -MAX_EXACT_INTEGER <= number <= MAX_EXACT_INTEGER:
        return number
    try:
        number = float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
    if number.is_integer() and abs(number) < 1e21:
        return int(number) if abs(number) <= MAX_EXACT_INTEGER else int(number_text(number))
    return number


def _is_plain(items: Iterable[Any]) -> bool:
    """Return whether all items are JSON that needs no conversion."""
    for item in items:
        kind = type(item)
        if kind is str or kind is bool or item is None:
            continue
        if kind is int:
            if not -MAX_EXACT_INTEGER <= item <= MAX_EXACT_INTEGER:
                return False
        elif kind is dict:
            if not _is_plain(item.values()):
                return False
        elif kind is not list or not _is_plain(item):
            return False
    return True


def to_json(value: Any) -> Any:
    """Convert a value to plain JSON for the state: sequences to lists, integral floats to ints.

    As on AWS, a number that is not finite becomes its name, and functions are omitted. A value that needs no
    conversion is returned without a copy.
    """
    if _is_plain((value,)):
        return value
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int or kind is float:
        number = normalize_number(value)
        return number if math.isfinite(number) else number_text(number)
    if kind is dict:
        plain = ((key, to_json(item)) for key, item in value.items())
        return {key: item for key, item in plain if item is not UNDEFINED}
    if isinstance(value, list):
        items = map(to_json, value)
        return [None if item is UNDEFINED else item for item in items]
    return UNDEFINED
