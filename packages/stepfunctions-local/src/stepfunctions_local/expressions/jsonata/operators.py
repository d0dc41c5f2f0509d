"""The operators on two values, with JSONata's errors (their token is filled in by the caller).

Source: https://docs.jsonata.org/numeric-operators and the pages beside it.
"""

import math
from collections.abc import Callable
from typing import Any

from .errors import MEMORY, JsonataError, LimitExceeded
from .runtime import LARGEST
from .text import string
from .values import LARGEST_EXACT, UNDEFINED, Sequence, deep_equal, is_number, strictly_equal

BYTES_A_NUMBER = 8
LARGEST_RANGE = LARGEST // BYTES_A_NUMBER


def numeric(value: Any) -> bool:
    """Whether the value is a number; JsonataError D1001 for one that is not finite."""
    kind = type(value)
    if kind is int:
        return True
    if kind is not float or value != value:
        return False
    if math.isinf(value):
        raise JsonataError("D1001", value=value)
    return True


def bounded(number: Any) -> Any:
    """The result of integer arithmetic as a double would have it."""
    if type(number) is int and not -LARGEST_EXACT <= number <= LARGEST_EXACT:
        try:
            return float(number)
        except OverflowError:
            return math.inf if number > 0 else -math.inf
    return number


def _divide(a: Any, b: Any) -> Any:
    if b == 0:
        if a == 0 or a != a:
            return math.nan
        return math.inf if (a > 0) == (math.copysign(1, b) > 0) else -math.inf
    found = a / b
    return int(found) if type(found) is float and found.is_integer() and abs(found) < LARGEST_EXACT else found


def _remainder(a: Any, b: Any) -> Any:
    if b == 0:
        return math.nan
    if type(a) is int and type(b) is int:
        return int(math.fmod(a, b)) if abs(a) < LARGEST_EXACT else math.fmod(a, b)
    return math.fmod(a, b)


def _arithmetic(operate: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def evaluate(a: Any, b: Any) -> Any:
        if type(a) is not int and a is not UNDEFINED and not numeric(a):
            raise JsonataError("T2001", value=a)
        if type(b) is not int and b is not UNDEFINED and not numeric(b):
            raise JsonataError("T2002", value=b)
        if a is UNDEFINED or b is UNDEFINED:
            return UNDEFINED
        return bounded(operate(a, b))

    return evaluate


def units(text: str) -> Any:
    """What orders strings: UTF-16 units."""
    return text.encode("utf-16-be", "surrogatepass")


def _comparison(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    def evaluate(a: Any, b: Any) -> Any:
        if is_number(a) and is_number(b):
            return test(a, b)
        text_a, text_b = type(a) is str, type(b) is str
        if text_a and text_b:
            return test(a, b) if a.isascii() and b.isascii() else test(units(a), units(b))
        known_a, known_b = text_a or is_number(a), text_b or is_number(b)
        if not (known_a or a is UNDEFINED) or not (known_b or b is UNDEFINED):
            raise JsonataError("T2010", value=b if known_a else a)
        if a is UNDEFINED or b is UNDEFINED:
            return UNDEFINED
        raise JsonataError("T2009", value=a, value2=b)

    return evaluate


def _includes(a: Any, b: Any) -> bool:
    if a is UNDEFINED or b is UNDEFINED:
        return False
    return any(strictly_equal(item, a) for item in (b if isinstance(b, list) else [b]))


def _concatenate(a: Any, b: Any) -> str:
    first = "" if a is UNDEFINED else a if type(a) is str else string(a)
    second = "" if b is UNDEFINED else b if type(b) is str else string(b)
    if len(first) + len(second) > LARGEST:
        raise LimitExceeded(MEMORY)
    return first + second


def _whole(value: Any) -> bool:
    return type(value) is int or (type(value) is float and value.is_integer())


def _range(a: Any, b: Any) -> Any:
    if a is not UNDEFINED and not _whole(a):
        raise JsonataError("T2003", value=a)
    if b is not UNDEFINED and not _whole(b):
        raise JsonataError("T2004", value=b)
    if a is UNDEFINED or b is UNDEFINED or a > b:
        return UNDEFINED
    size = int(b) - int(a) + 1
    if size > 1e7:
        raise JsonataError("D2014", value=size)
    if size > LARGEST_RANGE:
        raise LimitExceeded(MEMORY)
    return Sequence(range(int(a), int(b) + 1))


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": _arithmetic(lambda a, b: a + b),
    "-": _arithmetic(lambda a, b: a - b),
    "*": _arithmetic(lambda a, b: a * b),
    "/": _arithmetic(_divide),
    "%": _arithmetic(_remainder),
    "=": lambda a, b: a is not UNDEFINED and b is not UNDEFINED and deep_equal(a, b),
    "!=": lambda a, b: a is not UNDEFINED and b is not UNDEFINED and not deep_equal(a, b),
    "<": _comparison(lambda a, b: a < b),
    "<=": _comparison(lambda a, b: a <= b),
    ">": _comparison(lambda a, b: a > b),
    ">=": _comparison(lambda a, b: a >= b),
    "&": _concatenate,
    "..": _range,
    "in": _includes,
}


def truth(value: Any) -> bool:
    """What a value is as a condition: empty, zero, null, functions and nothing are false.

    Source: https://docs.jsonata.org/boolean-functions#boolean
    """
    kind = type(value)
    if kind is bool:
        return bool(value)
    if kind is str or kind is dict:
        return len(value) > 0
    if isinstance(value, list):
        return truth(value[0]) if len(value) == 1 else any(truth(item) for item in value)
    return (kind is int or kind is float) and numeric(value) and value != 0
