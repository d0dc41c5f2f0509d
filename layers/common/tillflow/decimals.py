"""Decimal fields: sent as text or as a whole number, with a bounded number of digits.

A JSON float is refused: it has already lost digits. An exponent is refused: converting ``1e-99999999`` to a fraction
takes minutes.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field


def plain_decimal(places: int, example: str) -> Callable[[Any], Any]:
    """Return the check of a decimal number before it is read: digits with at most `places` decimals. ValueError."""
    pattern = re.compile(rf"\d{{1,15}}(\.\d{{1,{places}}})?", re.ASCII)

    def check(value: Any) -> Any:
        match value:
            case Decimal() if value.is_finite():
                return value
            case int() if not isinstance(value, bool):
                return value
            case str() if pattern.fullmatch(value):
                return value
        raise ValueError(f'a decimal number as text with at most {places} decimals, such as "{example}"')

    return check


Percent = Annotated[Decimal, BeforeValidator(plain_decimal(4, "7.5")), Field(ge=0, le=100)]
"""0 to 100 with at most 4 decimals."""

Rate = Annotated[Decimal, BeforeValidator(plain_decimal(6, "0.055")), Field(ge=0, le=1)]
"""0 to 1 with at most 6 decimals: 0.055 is 5.5 %."""
