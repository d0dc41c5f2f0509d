"""Decimal fields: sent as text or as a whole number, with a bounded number of digits.

A JSON float is refused: it has already lost digits. An exponent is refused or bounded: converting ``1e-99999999`` to a
fraction takes minutes.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_BOUNDED = re.compile(r"[+-]?\d{1,20}(\.\d{1,40})?([eE][+-]?\d{1,2})?", re.ASCII)


def _exact(pattern: re.Pattern[str], accepted: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        match value:
            case Decimal() if value.is_finite():
                return value
            case int() if not isinstance(value, bool):
                return value
            case str() if pattern.fullmatch(value):
                return value
        raise ValueError(accepted)

    return check


def _plain(places: int, example: str) -> Callable[[Any], Any]:
    pattern = re.compile(rf"\d{{1,15}}(\.\d{{1,{places}}})?", re.ASCII)
    return _exact(pattern, f'a decimal number as text with at most {places} decimals, such as "{example}"')


ExactDecimal = Annotated[
    Decimal, BeforeValidator(_exact(_BOUNDED, 'a decimal number as text, such as "7.5"'))
]
"""Any decimal number of bounded size."""

Percent = Annotated[Decimal, BeforeValidator(_plain(4, "7.5")), Field(ge=0, le=100)]
"""0 to 100 with at most 4 decimals."""

Rate = Annotated[Decimal, BeforeValidator(_plain(6, "0.055")), Field(ge=0, le=1)]
"""0 to 1 with at most 6 decimals: 0.055 is 5.5 %."""
