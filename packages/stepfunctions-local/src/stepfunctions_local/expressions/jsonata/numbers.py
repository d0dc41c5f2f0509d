"""Numeric and boolean functions.

Source: https://docs.jsonata.org/numeric-functions, https://docs.jsonata.org/aggregation-functions
"""

import math
import re
from typing import Any

from .errors import JsonataError
from .operators import to_boolean
from .runtime import Native
from .values import UNDEFINED, normalize_number, number_text, to_double_range


def sum_numbers(numbers: Any) -> Any:
    """Return the sum of the numbers."""
    return UNDEFINED if numbers is UNDEFINED else sum_in_order(numbers)


def sum_in_order(numbers: list[Any]) -> Any:
    """Add numbers one by one, as JavaScript does; the built-in `sum` compensates rounding errors."""
    result: Any = 0
    for number in numbers:
        result = to_double_range(result + to_double_range(number))
    return result


def count(items: Any) -> Any:
    """Return the number of items."""
    return 0 if items is UNDEFINED else len(items)


def maximum(numbers: Any) -> Any:
    """Return the largest number."""
    return max(numbers) if numbers is not UNDEFINED and numbers else UNDEFINED


def minimum(numbers: Any) -> Any:
    """Return the smallest number."""
    return min(numbers) if numbers is not UNDEFINED and numbers else UNDEFINED


def average(numbers: Any) -> Any:
    """Return the mean of the numbers."""
    if numbers is UNDEFINED or not numbers:
        return UNDEFINED
    return sum_in_order(numbers) / len(numbers)


_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?")
_RADIX = re.compile(r"0(?:[xX][0-9A-Fa-f]+|[oO][0-7]+|[bB][01]+)")


def number(value: Any) -> Any:
    """Convert a string or boolean to a number.

    Raises JsonataError D3030 when the value has no number.
    """
    if value is UNDEFINED or type(value) in (int, float):
        return value
    if type(value) is bool:
        return int(value)
    if type(value) is str and _DECIMAL.fullmatch(value):
        parsed = int(value) if value.lstrip("-").isdigit() and len(value) < 16 else float(value)
        if not math.isinf(parsed):
            return parsed
    if type(value) is str and _RADIX.fullmatch(value):
        return int(value, 0)
    raise JsonataError("D3030", value=value, index=1)


def absolute(value: Any) -> Any:
    """Return the absolute value."""
    return UNDEFINED if value is UNDEFINED else abs(value)


def floor(value: Any) -> Any:
    """Round down to an integer."""
    return value if value is UNDEFINED or math.isinf(value) else math.floor(value)


def ceil(value: Any) -> Any:
    """Round up to an integer."""
    return value if value is UNDEFINED or math.isinf(value) else math.ceil(value)


def _shift_decimal_point(value: Any, places: int) -> float:
    """Multiply a number by a power of ten via its text, without a rounding error."""
    mantissa, _, exponent = number_text(value).partition("e")
    return float(f"{mantissa}e{int(exponent or 0) + places}")


def round_half_even(value: Any, precision: Any = UNDEFINED) -> Any:
    """Round to `precision` decimals, halves to even. A fractional precision results in NaN, as in JavaScript."""
    if value is UNDEFINED:
        return UNDEFINED
    places = 0 if precision is UNDEFINED else precision
    if places and not (math.isfinite(value) and float(places).is_integer()):
        return math.nan
    places = int(places)
    shifted = _shift_decimal_point(value, places) if places else value
    if not math.isfinite(shifted):
        return math.nan if places else shifted
    if type(shifted) is int or shifted.is_integer():
        return _shift_decimal_point(shifted, -places) if places else shifted
    result: Any = math.floor(shifted + 0.5)
    if abs(result - shifted) == 0.5 and result % 2 == 1:
        result -= 1
    return _shift_decimal_point(result, -places) if places else result


def square_root(value: Any) -> Any:
    """Return the square root.

    Raises JsonataError D3060 for a negative number.
    """
    if value is UNDEFINED:
        return UNDEFINED
    if value < 0:
        raise JsonataError("D3060", value=value, index=1)
    return math.sqrt(value)


def power(value: Any, exponent: Any) -> Any:
    """Return the power.

    Raises JsonataError D3061 when it is not a finite real number.
    """
    if value is UNDEFINED:
        return UNDEFINED
    if exponent is UNDEFINED:
        raise JsonataError("D3061", value=value, index=1)
    try:
        result = float(value) ** float(exponent)
    except (OverflowError, ZeroDivisionError):
        result = math.inf
    if isinstance(result, complex) or not math.isfinite(result):
        raise JsonataError("D3061", value=value, exp=exponent, index=1)
    return normalize_number(result)


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def format_base(value: Any, radix: Any = UNDEFINED) -> Any:
    """Round the number and format it in another base (2 to 36)."""
    if value is UNDEFINED:
        return UNDEFINED
    whole = to_double_range(round_half_even(value))
    base = 10 if radix is UNDEFINED else round_half_even(radix)
    if not 2 <= base <= 36:
        raise JsonataError("D3100", value=base)
    if base == 10 or not math.isfinite(whole):
        return number_text(whole)
    digits, rest = "", abs(int(whole))
    while rest:
        rest, digit = divmod(rest, int(base))
        digits = _DIGITS[digit] + digits
    return ("-" if whole < 0 else "") + (digits or "0")


def boolean(value: Any) -> Any:
    """Convert the value to a boolean."""
    return UNDEFINED if value is UNDEFINED else to_boolean(value)


def logical_not(value: Any) -> Any:
    """Convert the value to a boolean and negate it."""
    return UNDEFINED if value is UNDEFINED else not to_boolean(value)


FUNCTIONS = [
    Native("sum", sum_numbers, "<a<n>:n>"),
    Native("count", count, "<a:n>"),
    Native("max", maximum, "<a<n>:n>"),
    Native("min", minimum, "<a<n>:n>"),
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
    Native("not", logical_not, "<x-:b>"),
]
