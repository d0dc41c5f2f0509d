"""Conversion of values to strings: `$string` and the `&` operator.

Source: https://docs.jsonata.org/string-functions#string
"""

import math
from typing import Any

from .errors import JsonataError
from .values import UNDEFINED, Callee, Sequence, is_number, number_text, stringify


def _rounded(value: Any) -> str:
    """A number to fifteen significant digits, which hides what binary fractions add."""
    if type(value) is int and -(10**15) < value < 10**15:
        return str(value)
    return number_text(float(f"{value:.14e}"))


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
    return stringify(value, _finite_rounded, 2 if pretty is True else 0)


def _finite_rounded(value: Any) -> str:
    if not math.isfinite(value):
        raise JsonataError("D1001", value=value)
    return _rounded(value)
