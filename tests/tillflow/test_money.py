"""Parsing, formatting, rounding and allocation of money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillflow.fields import MAX_AMOUNT
from tillflow.money import EXPONENT, Money, allocate, divide_half_up

weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "EUR", 1250),
        ("12", "EUR", 1200),
        ("500", "JPY", 500),
        ("1.234", "KWD", 1234),
        ("-3", "USD", -300),
    ],
)
def test_parse_returns_minor_units(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency", "complaint"),
    [
        ("12.345", "EUR", "at most 2 decimals in EUR"),
        ("1.5", "JPY", "at most 0 decimals in JPY"),
        ("1.2345", "KWD", "at most 3 decimals in KWD"),
        ("twelve", "EUR", "expected up to 15 digits"),
        ("1e-99999999", "EUR", "expected up to 15 digits"),
        ("9" * 5000, "EUR", "expected up to 15 digits"),
        ("10000000000000.00", "EUR", "expected at most 9999999999999.99 EUR"),
        ("NaN", "EUR", "amount is 'NaN'"),
        ("Infinity", "EUR", "amount is 'Infinity'"),
        ("1", "XXX", "expected an ISO 4217 code"),
    ],
)
def test_parse_refuses_invalid_amounts_naming_what_is_accepted(
    text: str, currency: str, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Money.parse(text, currency)


@given(st.integers(-MAX_AMOUNT, MAX_AMOUNT), st.sampled_from(sorted(EXPONENT)))
def test_printing_and_parsing_are_inverse(amount: int, currency: str) -> None:
    printed = str(Money(amount, currency))
    text, code = printed.split()
    assert Money.parse(text, code) == Money(amount, currency)
    assert len(text.partition(".")[2]) == EXPONENT[currency]


@pytest.mark.parametrize(
    ("amount", "currency", "printed"),
    [(1250, "EUR", "12.50 EUR"), (5, "KWD", "0.005 KWD"), (1250, "JPY", "1250 JPY"), (0, "EUR", "0.00 EUR")],
)
def test_money_is_formatted_with_the_decimals_of_its_currency(
    amount: int, currency: str, printed: str
) -> None:
    assert str(Money(amount, currency)) == printed


@pytest.mark.parametrize(
    ("numerator", "denominator", "quotient"),
    [(5, 10, 1), (4, 10, 0), (15, 10, 2), (25, 10, 3), (-5, 10, -1), (-14, 10, -1), (7, 7, 1), (0, 3, 0)],
)
def test_halves_round_away_from_zero(numerator: int, denominator: int, quotient: int) -> None:
    assert divide_half_up(numerator, denominator) == quotient


@pytest.mark.parametrize(
    ("amount", "by", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (5, [3, 7], [2, 3]),  # 1.5 and 3.5: a tie goes to the earlier
        (10, [0, 1], [0, 10]),
        (0, [0, 0], [0, 0]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (2, [1, 1, 1, 97], [0, 0, 0, 2]),
    ],
)
def test_allocation_by_largest_remainder(amount: int, by: list[int], parts: list[int]) -> None:
    assert allocate(amount, by) == parts


@pytest.mark.parametrize(("amount", "by"), [(1, [0, 0]), (1, []), (1, [2, -1])])
def test_allocation_without_weight_is_refused(amount: int, by: list[int]) -> None:
    with pytest.raises(ValueError, match="expected"):
        allocate(amount, by)


@given(st.integers(-(10**12), 10**12), weights.filter(any))
def test_allocation_is_complete_and_within_one_unit_of_proportional(amount: int, by: list[int]) -> None:
    parts = allocate(amount, by)
    assert sum(parts) == amount
    whole = sum(by)
    for part, weight in zip(parts, by, strict=True):
        assert abs(part * whole - amount * weight) < whole
        assert weight or part == 0


@given(weights.filter(any), st.data())
def test_part_never_exceeds_its_weight(by: list[int], data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, sum(by)))
    assert all(0 <= part <= weight for part, weight in zip(allocate(amount, by), by, strict=True))


@given(st.integers(0, 10**9), st.integers(1, 50))
def test_parts_of_a_line_add_up_to_its_total(total: int, quantity: int) -> None:
    units = allocate(total, [1] * quantity)
    assert sum(units) == total
    assert max(units) - min(units) <= 1
