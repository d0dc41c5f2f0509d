"""The numeric and boolean functions.

Source: https://docs.jsonata.org/numeric-functions, https://docs.jsonata.org/aggregation-functions
"""

import math
import re
from typing import Any

from .errors import JsonataError
from .operators import bounded, truth
from .runtime import Native
from .values import UNDEFINED, number_text


def total(numbers: Any) -> Any:
    return UNDEFINED if numbers is UNDEFINED else bounded(sum_in_order(numbers))


def sum_in_order(numbers: list[Any]) -> Any:
    """Added one by one, as doubles are: the built-in sum compensates its rounding."""
    result: Any = 0
    for number in numbers:
        result = result + number
    return result


def count(items: Any) -> Any:
    return 0 if items is UNDEFINED else len(items)


def largest(numbers: Any) -> Any:
    return max(numbers) if numbers is not UNDEFINED and numbers else UNDEFINED


def smallest(numbers: Any) -> Any:
    return min(numbers) if numbers is not UNDEFINED and numbers else UNDEFINED


def average(numbers: Any) -> Any:
    if numbers is UNDEFINED or not numbers:
        return UNDEFINED
    return sum_in_order(numbers) / len(numbers)


_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?")
_RADIX = re.compile(r"0(?:[xX][0-9A-Fa-f]+|[oO][0-7]+|[bB][01]+)")


def number(value: Any) -> Any:
    """A number from text or a boolean; JsonataError D3030 where there is none."""
    if value is UNDEFINED or type(value) in (int, float):
        return value
    if type(value) is bool:
        return int(value)
    if type(value) is str and _DECIMAL.fullmatch(value):
        found = int(value) if value.lstrip("-").isdigit() and len(value) < 16 else float(value)
        if not math.isinf(found):
            return found
    if type(value) is str and _RADIX.fullmatch(value):
        return int(value, 0)
    raise JsonataError("D3030", value=value, index=1)


def absolute(value: Any) -> Any:
    return UNDEFINED if value is UNDEFINED else abs(value)


def floor(value: Any) -> Any:
    return value if value is UNDEFINED or math.isinf(value) else math.floor(value)


def ceil(value: Any) -> Any:
    return value if value is UNDEFINED or math.isinf(value) else math.ceil(value)


def _shifted(value: Any, places: int) -> float:
    """The number with its decimal point moved, by way of its text, so that nothing is lost."""
    mantissa, _, exponent = number_text(value).partition("e")
    return float(f"{mantissa}e{int(exponent or 0) + places}")


def round_half_even(value: Any, precision: Any = UNDEFINED) -> Any:
    """Rounded to `precision` decimals, halves to even."""
    if value is UNDEFINED:
        return UNDEFINED
    places = 0 if precision is UNDEFINED else math.trunc(precision)
    moved = _shifted(value, places) if places else value
    if math.isinf(moved):
        return moved
    result: Any = math.floor(moved + 0.5)
    if abs(result - moved) == 0.5 and result % 2 == 1:
        result -= 1
    return _shifted(result, -places) if places else result


def square_root(value: Any) -> Any:
    if value is UNDEFINED:
        return UNDEFINED
    if value < 0:
        raise JsonataError("D3060", value=value, index=1)
    return math.sqrt(value)


def power(value: Any, exponent: Any) -> Any:
    if value is UNDEFINED:
        return UNDEFINED
    if exponent is UNDEFINED:
        raise JsonataError("D3061", value=value, index=1)
    try:
        result = float(value) ** float(exponent) if exponent < 0 or exponent > 1024 else value**exponent
    except (OverflowError, ZeroDivisionError):
        result = math.inf
    if isinstance(result, complex) or not math.isfinite(bounded(result)):
        raise JsonataError("D3061", value=value, exp=exponent, index=1)
    return bounded(result)


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def format_base(value: Any, radix: Any = UNDEFINED) -> Any:
    """The rounded number written with another base (2 to 36)."""
    if value is UNDEFINED:
        return UNDEFINED
    whole = round_half_even(value)
    base = 10 if radix is UNDEFINED else round_half_even(radix)
    if not 2 <= base <= 36:
        raise JsonataError("D3100", value=base)
    digits, rest = "", abs(int(whole))
    while rest:
        rest, digit = divmod(rest, int(base))
        digits = _DIGITS[digit] + digits
    return ("-" if whole < 0 else "") + (digits or "0")


def boolean(value: Any) -> Any:
    return UNDEFINED if value is UNDEFINED else truth(value)


def negated(value: Any) -> Any:
    return UNDEFINED if value is UNDEFINED else not truth(value)


FUNCTIONS = [
    Native("sum", total, "<a<n>:n>"),
    Native("count", count, "<a:n>"),
    Native("max", largest, "<a<n>:n>"),
    Native("min", smallest, "<a<n>:n>"),
    Native("average", average, "<a<n>:n>"),
    Native("number", number, "<(nsb)-:n>"),
    Native("floor", floor, "<n-:n>"),
    Native("ceil", ceil, "<n-:n>"),
    Native("round", round_half_even, "<n-n?:n>", 2),
    Native("abs", absolute, "<n-:n>"),
    Native("sqrt", square_root, "<n-:n>"),
    Native("power", power, "<n-n:n>", 2),
    Native("formatBase", format_base, "<n-n?:s>", 2),
    Native("boolean", boolean, "<x-:b>"),
    Native("not", negated, "<x-:b>"),
]
