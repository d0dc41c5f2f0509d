"""Binary operators, with JSONata's errors (the caller sets their token).

Source: https://docs.jsonata.org/numeric-operators and the pages of the other operators.
"""

import math
from collections.abc import Callable
from typing import Any

from .errors import MEMORY, JsonataError, LimitExceeded
from .runtime import BYTES_PER_NUMBER, MAX_BYTES, check_length
from .to_string import string
from .values import (
    MAX_EXACT_INTEGER,
    UNDEFINED,
    Sequence,
    deep_equal,
    is_number,
    strictly_equal,
    to_double_range,
)

MAX_RANGE_LENGTH = MAX_BYTES // BYTES_PER_NUMBER
_LOW, _HIGH = -MAX_EXACT_INTEGER, MAX_EXACT_INTEGER


def is_finite_number(value: Any) -> bool:
    """Return whether the value is a number.

    Raises JsonataError D1001 for an infinite number.
    """
    kind = type(value)
    if kind is int:
        return True
    if kind is not float or value != value:
        return False
    if math.isinf(value):
        raise JsonataError("D1001", value=value)
    return True


def _divide(a: Any, b: Any) -> Any:
    if b == 0:
        if a == 0 or a != a:
            return math.nan
        return math.inf if (a > 0) == (math.copysign(1, b) > 0) else -math.inf
    quotient = a / b
    exact = type(quotient) is float and quotient.is_integer() and abs(quotient) < MAX_EXACT_INTEGER
    return int(quotient) if exact else quotient


def _remainder(a: Any, b: Any) -> Any:
    if b == 0:
        return math.nan
    if type(a) is int and type(b) is int:
        return int(math.fmod(a, b)) if abs(a) < MAX_EXACT_INTEGER else math.fmod(a, b)
    return math.fmod(a, b)


def _arithmetic(operate: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def evaluate(a: Any, b: Any) -> Any:
        # The common case: numbers that are neither NaN nor infinite nor integers that need rounding.
        number_types = (type(a) is int or type(a) is float) and (type(b) is int or type(b) is float)
        if number_types and _LOW <= a <= _HIGH and _LOW <= b <= _HIGH:
            result = operate(a, b)
            return result if type(result) is float or _LOW <= result <= _HIGH else float(result)
        if type(a) is not int and a is not UNDEFINED and not is_finite_number(a):
            raise JsonataError("T2001", value=a)
        if type(b) is not int and b is not UNDEFINED and not is_finite_number(b):
            raise JsonataError("T2002", value=b)
        if a is UNDEFINED or b is UNDEFINED:
            return UNDEFINED
        return to_double_range(operate(to_double_range(a), to_double_range(b)))

    return evaluate


def utf16_units(text: str) -> bytes:
    """Return the UTF-16 code units, which determine the order of strings."""
    return text.encode("utf-16-be", "surrogatepass")


def _comparison(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    def evaluate(a: Any, b: Any) -> Any:
        if (type(a) is int or type(a) is float) and (type(b) is int or type(b) is float):
            if _LOW <= a <= _HIGH and _LOW <= b <= _HIGH:
                return test(a, b)
            return test(to_double_range(a), to_double_range(b))
        string_a, string_b = type(a) is str, type(b) is str
        if string_a and string_b:
            return test(a, b) if a.isascii() and b.isascii() else test(utf16_units(a), utf16_units(b))
        comparable_a, comparable_b = string_a or is_number(a), string_b or is_number(b)
        if not (comparable_a or a is UNDEFINED) or not (comparable_b or b is UNDEFINED):
            raise JsonataError("T2010", value=b if comparable_a else a)
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
    check_length(len(first) + len(second))
    return first + second


def _is_integer(value: Any) -> bool:
    return type(value) is int or (type(value) is float and value.is_integer())


def _range(a: Any, b: Any) -> Any:
    if a is not UNDEFINED and not _is_integer(a):
        raise JsonataError("T2003", value=a)
    if b is not UNDEFINED and not _is_integer(b):
        raise JsonataError("T2004", value=b)
    if a is UNDEFINED or b is UNDEFINED or a > b:
        return UNDEFINED
    size = int(b) - int(a) + 1
    if size > 1e7:
        raise JsonataError("D2014", value=size)
    if size > MAX_RANGE_LENGTH:
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


def to_boolean(value: Any) -> bool:
    """Convert a value to a boolean: empty, zero, null, functions and undefined are false.

    Source: https://docs.jsonata.org/boolean-functions#boolean
    """
    kind = type(value)
    if kind is bool:
        return bool(value)
    if kind is str or kind is dict:
        return len(value) > 0
    if isinstance(value, list):
        return to_boolean(value[0]) if len(value) == 1 else any(to_boolean(item) for item in value)
    return (kind is int or kind is float) and is_finite_number(value) and value != 0
