"""Conversion of values to strings: `$string` and the `&` operator.

Source: https://docs.jsonata.org/string-functions#string
"""

import math
from decimal import ROUND_HALF_UP, Context
from typing import Any

from .errors import JsonataError
from .runtime import check_nodes
from .values import UNDEFINED, Callee, Sequence, is_number, number_text, stringify

_FIFTEEN_DIGITS = Context(prec=15, rounding=ROUND_HALF_UP)


def _number_to_string(value: Any) -> str:
    """Format an integer in full and a fraction to fifteen significant digits, without binary rounding errors.

    NaN is null. Raises JsonataError D1001 for an infinite number.
    """
    if type(value) is int and -(10**15) < value < 10**15:
        return str(value)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if number != number:
        return "null"
    if math.isinf(number):
        raise JsonataError("D1001", value=value)
    return number_text(
        number if number.is_integer() else float(_FIFTEEN_DIGITS.create_decimal_from_float(number))
    )


def string(value: Any, pretty: Any = False) -> Any:
    """Convert a value to a string: a string to itself, other values to JSON.

    Raises JsonataError D3001 for Infinity and NaN.
    """
    if value is UNDEFINED or type(value) is str:
        return value
    if isinstance(value, Callee):
        return ""
    if is_number(value) and not math.isfinite(value):
        raise JsonataError("D3001", value=value)
    if type(value) is Sequence and value.outer_wrapper:
        value = value[0]
    if isinstance(value, (dict, list)):
        check_nodes(value)
    return stringify(value, _number_to_string, 2 if pretty is True else 0)
