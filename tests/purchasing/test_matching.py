"""The three-way match: tolerances by SKU, by invoice and by currency, and the differences it names."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from purchasing.matching import mismatches, small_difference, tax_of
from purchasing.models import Invoice, InvoicedLine, Line

NO_TAX = Decimal(0)


def ordered(quantity: int, unit_cost: int, sku: str = "A") -> Line:
    return Line(sku=sku, quantity=quantity, unit_cost=unit_cost, received=quantity)


def invoice(*lines: tuple[str, int, int], tax: int = 0) -> Invoice:
    billed = tuple(InvoicedLine(sku=sku, quantity=units, unit_price=price) for sku, units, price in lines)
    total = sum(line.quantity * line.unit_price for line in billed) + tax
    return Invoice(number="N-1", invoiced_on=date(2026, 11, 23), lines=billed, tax=tax, total=total)


def differences(
    lines: list[Line], billed: Invoice, rate: Decimal = NO_TAX, currency: str = "EUR"
) -> list[str]:
    return [str(one) for one in mismatches(lines, billed, rate, currency)]


@given(st.integers(1, 100_000), st.integers(1, 1000), st.integers(-5000, 5000))
def test_a_price_matches_within_two_percent_or_half_a_unit_of_currency(
    cost: int, quantity: int, off: int
) -> None:
    price = max(cost + off, 0)
    off = abs(price - cost) * quantity
    within = off * 100 <= 2 * cost * quantity or off <= 50
    assert (differences([ordered(quantity, cost)], invoice(("A", quantity, price))) == []) == within


@given(st.integers(1, 20), st.integers(1, 200), st.integers(0, 200))
def test_splitting_a_line_never_changes_the_result(units: int, cost: int, price: int) -> None:
    lines = [ordered(units, cost)]
    whole = differences(lines, invoice(("A", units, price)))
    assert differences(lines, invoice(*[("A", 1, price)] * units)) == whole


def test_a_hundred_lines_of_one_sku_are_weighed_together() -> None:
    found = differences([ordered(100, 100)], invoice(*[("A", 1, 150)] * 100))
    assert found == [
        "A: unit price 1.50 EUR; expected 1.00 EUR",
        "goods: amount 150.00 EUR; expected 100.00 EUR",
    ]


def test_line_above_the_price_is_not_offset_by_one_below_it() -> None:
    found = differences([ordered(2, 1000)], invoice(("A", 1, 2000), ("A", 1, 0)))
    assert found == [
        "A: unit price 0.00 EUR; expected 10.00 EUR",
        "A: unit price 20.00 EUR; expected 10.00 EUR",
    ]


def test_small_differences_of_many_skus_are_weighed_once_more_as_a_whole() -> None:
    skus = [f"S{number}" for number in range(100)]
    found = differences([ordered(1, 100, sku) for sku in skus], invoice(*[(sku, 1, 150) for sku in skus]))
    assert found == ["goods: amount 150.00 EUR; expected 100.00 EUR"]


@pytest.mark.parametrize(("currency", "small"), [("JPY", 0), ("EUR", 50), ("KWD", 500), ("CLF", 5000)])
def test_the_small_difference_is_half_a_unit_of_the_currency(currency: str, small: int) -> None:
    assert small_difference(currency) == small
    lines = [ordered(1, 1_000_000)]
    assert differences(lines, invoice(("A", 1, 1_020_000)), currency=currency) == []
    assert differences(lines, invoice(("A", 1, 1_020_001)), currency=currency) != []
    lines = [ordered(1, 1)]
    assert differences(lines, invoice(("A", 1, 1 + small)), currency=currency) == []
    assert differences(lines, invoice(("A", 1, 2 + small)), currency=currency) != []


def test_tax_may_be_rounded_otherwise_in_a_currency_without_minor_units() -> None:
    lines, rate = [ordered(1, 105)], Decimal("0.10")
    assert tax_of(105, rate) == 11
    assert differences(lines, invoice(("A", 1, 105), tax=10), rate, "JPY") == []
    assert differences(lines, invoice(("A", 1, 105), tax=9), rate, "JPY") == [
        "tax: amount 9 JPY; expected 11 JPY"
    ]


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 10_000))
def test_only_the_accepted_quantity_matches(accepted: int, billed: int, price: int) -> None:
    found = mismatches([ordered(accepted, price)], invoice(("A", billed, price)), NO_TAX, "EUR")
    assert [one.value for one in found] == ([] if billed == accepted else ["quantity"])


def test_every_difference_is_named() -> None:
    lines = [ordered(10, 1000), ordered(5, 200, "B")]
    found = differences(lines, invoice(("A", 10, 1100), ("B", 6, 300), ("C", 1, 1), tax=99))
    assert found == [
        "A: unit price 11.00 EUR; expected 10.00 EUR",
        "B: quantity 6; expected 5",
        "B: unit price 3.00 EUR; expected 2.00 EUR",
        "C: quantity 1; expected 0",
        "goods: amount 128.01 EUR; expected 112.00 EUR",
        "tax: amount 0.99 EUR; expected 0.00 EUR",
    ]
