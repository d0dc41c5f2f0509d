"""JSONata's values in Python, and JavaScript's way of comparing and writing them.

JSON values are themselves; nothing (undefined) is UNDEFINED, null is None. A list that is the result of a
path is a Sequence: with one element it stands for that element. Numbers are ints and floats that behave as
JavaScript's one kind of number.
"""

import json
import math
from collections.abc import Callable, Iterable
from typing import Any, Final

LARGEST_EXACT = 2**53


class _Undefined:
    __slots__ = ()

    def __repr__(self) -> str:
        return "UNDEFINED"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = _Undefined()


class Sequence(list[Any]):
    """What a path, a filter or a range gives: flattened, and equal to its only element when alone."""

    __slots__ = ("keep_singleton", "outer_wrapper", "tuple_stream")

    def __init__(self, items: Iterable[Any] = ()):
        super().__init__(items)
        self.keep_singleton = False
        self.tuple_stream = False
        self.outer_wrapper = False


class ConsArray(list[Any]):
    """An array written as a step of a path, which is kept whole where others are flattened."""

    __slots__ = ("keep_singleton",)


class Callee:
    """Anything that can be called; subclasses say how many arguments they take."""

    __slots__ = ()
    arity: int


def is_number(value: Any) -> bool:
    """Whether the value is a number (no boolean). Infinity is one; what uses it must say if it may."""
    kind = type(value)
    return kind is int or kind is float


def is_list(value: Any) -> bool:
    return isinstance(value, list)


def deep_equal(a: Any, b: Any) -> bool:
    """JSON equality: numbers by value, no number equals a boolean, key order is of no account."""
    if a is b:
        return not (type(a) is float and a != a)
    kind = type(a)
    if kind is str:
        return type(b) is str and bool(a == b)
    if kind is int or kind is float:
        return type(b) in (int, float) and bool(a == b)
    if isinstance(a, list):
        return (
            isinstance(b, list)
            and len(a) == len(b)
            and all(deep_equal(x, y) for x, y in zip(a, b, strict=True))
        )
    if kind is dict:
        return (
            type(b) is dict
            and a.keys() == b.keys()
            and all(deep_equal(item, b[key]) for key, item in a.items())
        )
    return False


def strictly_equal(a: Any, b: Any) -> bool:
    """JavaScript's `===`: objects and arrays only equal themselves."""
    if a is b:
        return True
    if type(a) is str:
        return type(b) is str and bool(a == b)
    return is_number(a) and is_number(b) and bool(a == b)


def number_text(value: float) -> str:
    """A number as JavaScript writes it: the shortest digits that give it back."""
    if type(value) is int and -LARGEST_EXACT <= value <= LARGEST_EXACT:
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


def quote(text: str) -> str:
    """A string as JSON.stringify writes it."""
    return json.dumps(text, ensure_ascii=False)


def stringify(value: Any, number: Callable[[Any], str] = number_text, indent: int = 0, level: int = 0) -> str:
    """JSON.stringify: functions are written as empty strings where `$string` asks, numbers by `number`."""
    kind = type(value)
    if kind is str:
        return quote(value)
    if value is None or value is UNDEFINED:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is float:
        return number(value) if math.isfinite(value) else "null"
    if isinstance(value, Callee):
        return '""'
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


def normalised(number: float) -> float:
    """A number as a JSON reader gives it back: whole ones are ints, large ones rounded to a double."""
    if type(number) is int and -LARGEST_EXACT <= number <= LARGEST_EXACT:
        return number
    try:
        number = float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
    if number.is_integer() and abs(number) < 1e21:
        return int(number) if abs(number) <= LARGEST_EXACT else int(number_text(number))
    return number


def _is_plain(items: Iterable[Any]) -> bool:
    """Whether all of these are JSON already, and written as JavaScript writes them."""
    for item in items:
        kind = type(item)
        if kind is str or kind is bool or item is None:
            continue
        if kind is int:
            if not -LARGEST_EXACT <= item <= LARGEST_EXACT:
                return False
        elif kind is dict:
            if not _is_plain(item.values()):
                return False
        elif kind is not list or not _is_plain(item):
            return False
    return True


def to_json(value: Any) -> Any:
    """The value as plain JSON, for the state: sequences become lists, whole floats ints.

    As on AWS, a number that is not finite becomes its name, and functions are left out. What needs no
    change is given back as it is, not copied.
    """
    if _is_plain((value,)):
        return value
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int or kind is float:
        found = normalised(value)
        return found if math.isfinite(found) else number_text(found)
    if kind is dict:
        plain = ((key, to_json(item)) for key, item in value.items())
        return {key: item for key, item in plain if item is not UNDEFINED}
    if isinstance(value, list):
        return [None if item is UNDEFINED else to_json(item) for item in value]
    return UNDEFINED
