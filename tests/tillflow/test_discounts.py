"""Discounts: order, rounding and spreading."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tillflow.discounts import Discount, apply_discounts, percent_of
from tillflow.errors import InvalidOrder

percents = st.decimals(min_value="0.01", max_value=100, places=2).map(lambda value: Discount(percent=value))


def percent(text: str) -> Discount:
    return Discount(percent=Decimal(text))


def amount(minor: int) -> Discount:
    return Discount(amount=minor)


def applied(
    subtotals: list[int], on_lines: list[Discount | None], *on_order: Discount
) -> list[tuple[int, int, int]]:
    lines = apply_discounts(subtotals, on_lines, on_order)
    return [(line.line_discount, line.order_discount, line.remaining) for line in lines]


@pytest.mark.parametrize(
    ("discount", "off"),
    [(percent("10"), 250), (percent("33.3333"), 833), (percent("100"), 2500), (amount(150), 150), (None, 0)],
)
def test_line_discount_is_applied(discount: Discount | None, off: int) -> None:
    assert applied([2500], [discount]) == [(off, 0, 2500 - off)]


def test_percentage_rounds_half_up() -> None:
    assert percent_of(5, Decimal("10")) == 1
    assert percent_of(25, Decimal("10")) == 3
    assert percent_of(24, Decimal("10")) == 2


def test_order_discount_is_spread_by_largest_remainder() -> None:
    assert [line[1] for line in applied([100, 100, 100], [None] * 3, amount(100))] == [34, 33, 33]
    assert [line[1] for line in applied([300, 100], [None, None], percent("10"))] == [30, 10]


def test_percentages_are_applied_before_amounts() -> None:
    """1000: item 10 % -> 900, order 10 % -> 810, item 10 -> 800, order 300 -> 500."""
    lines = applied([1000, 500], [percent("10"), amount(10)], amount(300), percent("10"))
    # The second: 500, order 10 % -> 450, item 10 -> 440. 300 over 810 and 440.
    assert lines == [(100, 90 + 194, 616), (10, 50 + 106, 334)]


def test_second_percentage_applies_to_the_remainder() -> None:
    assert applied([1000], [None], percent("10"), percent("10")) == [(0, 190, 810)]


@pytest.mark.parametrize(
    ("subtotals", "on_lines", "on_order", "complaint"),
    [
        ([100], [amount(101)], (), r"lines\[0\].discount.amount is 101; expected at most 100"),
        ([100], [amount(91)], (percent("10"),), r"lines\[0\].discount.amount is 91; expected at most 90"),
        ([100, 50], [None, None], (amount(151),), r"discounts\[0\].amount is 151; expected at most 150"),
        ([100], [None], (amount(60), amount(60)), r"discounts\[1\].amount is 60; expected at most 40"),
    ],
)
def test_discount_above_the_remainder_is_refused(
    subtotals: list[int], on_lines: list[Discount | None], on_order: tuple[Discount, ...], complaint: str
) -> None:
    with pytest.raises(InvalidOrder, match=complaint):
        apply_discounts(subtotals, on_lines, on_order)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"percent": "10", "amount": 1},
        {"percent": "0"},
        {"percent": "100.01"},
        {"percent": "-1"},
        {"percent": 7.5},
        {"amount": 0},
        {"amount": -5},
        {"amount": "5"},
        {"amount": 1.0},
        {"percent": "NaN"},
        {"rate": "10"},
    ],
)
def test_invalid_discount_is_refused(sent: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Discount.model_validate(sent)


@given(st.data())
def test_discounts_never_exceed_a_line_and_are_spread_completely(data: st.DataObject) -> None:
    subtotals = data.draw(st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
    on_lines = data.draw(st.tuples(*[st.none() | percents] * len(subtotals)))
    on_order = data.draw(st.lists(percents, max_size=3))
    before = apply_discounts(subtotals, on_lines, on_order)
    left = sum(line.remaining for line in before)
    fixed = data.draw(st.integers(0, left))
    after = apply_discounts(subtotals, on_lines, [*on_order, *([amount(fixed)] if fixed else [])])
    assert sum(line.remaining for line in after) == left - fixed
    for line in after:
        assert line.line_discount >= 0
        assert line.order_discount >= 0
        assert line.remaining >= 0
