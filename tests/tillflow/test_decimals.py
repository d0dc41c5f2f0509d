"""Decimal fields accept text and whole numbers of bounded size, and refuse floats and exponents."""

from decimal import Decimal
from time import process_time
from typing import Any

import pytest
from pydantic import BaseModel
from tillflow.decimals import Percent, Rate
from tillflow.errors import InvalidRequest
from tillflow.parsing import parse


class Terms(BaseModel):
    percent: Percent = Decimal(0)
    rate: Rate = Decimal(0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("percent", "7.5"),
        ("percent", 100),
        ("percent", "0.0001"),
        ("rate", "0.055"),
        ("rate", "0.123456"),
        ("rate", Decimal("1E-6")),
    ],
)
def test_decimal_is_read_exactly(field: str, value: Any) -> None:
    assert getattr(parse(Terms, {field: value}), field) == Decimal(value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("percent", "1e-99999999"),
        ("percent", "1e1"),
        ("percent", "0.00001"),
        ("percent", "100.0001"),
        ("percent", "-1"),
        ("percent", 7.5),
        ("percent", True),
        ("percent", "NaN"),
        ("percent", "٣"),
        ("rate", "1e-9999999"),
        ("rate", "1.1"),
        ("rate", "0.1234567"),
        ("rate", "9" * 5000),
        ("rate", "Infinity"),
        ("rate", None),
        ("rate", "1_0"),
        ("rate", "+1"),
        ("rate", " 1"),
    ],
)
def test_invalid_decimal_is_refused_at_once(field: str, value: Any) -> None:
    begin = process_time()
    with pytest.raises(InvalidRequest, match=f"request: {field} is "):
        parse(Terms, {field: value})
    assert process_time() - begin < 0.5
