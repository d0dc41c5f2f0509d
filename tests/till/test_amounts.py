"""Amounts that a person typed are in units of the currency, and those of purchases have their decimals."""

import pytest

from till.amounts import amount_text, cost_in_minor_units, minor_units
from till.errors import OperatorError


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("10.20", "EUR", 1020),
        ("10.2", "EUR", 1020),
        ("0", "EUR", 0),
        ("1020.00", "EUR", 102000),
        ("1020", "JPY", 1020),
        ("1.250", "KWD", 1250),
    ],
)
def test_cost_is_read_in_units_of_its_currency(text: str, currency: str, minor: int) -> None:
    assert cost_in_minor_units("unit cost", text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "said"),
    [
        ("1020", "EUR", "unit cost is '1020'; expected its decimals too in EUR, such as 1020.00."),
        ("1250", "KWD", "unit cost is '1250'; expected its decimals too in KWD, such as 1250.000."),
        ("0.005", "EUR", "unit cost is '0.005'; expected at most 2 decimals in EUR."),
        ("10.5", "JPY", "unit cost is '10.5'; expected at most 0 decimals in JPY."),
        ("-1.00", "EUR", "unit cost is '-1.00'; expected 0 or more."),
        ("1,000.00", "EUR", "unit cost is '1,000.00'; expected up to 15 digits such as 12.50."),
        ("10.20", "XXX", "currency is 'XXX'; expected an ISO 4217 code such as EUR."),
        ("10000000000.00", "EUR", "unit cost is '10000000000.00'; expected at most 9999999999.99 EUR."),
    ],
)
def test_cost_that_is_ambiguous_or_not_of_its_currency_is_refused(
    text: str, currency: str, said: str
) -> None:
    with pytest.raises(OperatorError) as refused:
        cost_in_minor_units("unit cost", text, currency)
    assert str(refused.value) == said


def test_other_amounts_may_be_whole() -> None:
    assert minor_units("12", "EUR") == 1200


@pytest.mark.parametrize(
    "text", ["", " 5", "+5", "1_0.00", "\u0661\u0662", "1e2", "NaN", "12.", ".5", "1,50", "5 EUR"]
)
def test_text_that_is_an_amount_in_no_currency_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an amount"):
        amount_text(text)
    with pytest.raises(OperatorError, match="expected up to 15 digits"):
        minor_units(text, "EUR")
