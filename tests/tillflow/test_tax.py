"""Tax: rounded half up once per rate, and allocated to the lines."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillflow.tax import Taxable, Taxed, tax_lines

RATES = [Decimal(rate) for rate in ("0", "0.05", "0.055", "0.07", "0.19", "0.20", "0.21", "0.0825", "1")]
taxables = st.builds(Taxable, st.integers(0, 10**7), st.sampled_from(RATES), st.booleans())


def taxed(*lines: tuple[int, str, bool]) -> list[tuple[int, int]]:
    response = tax_lines([Taxable(amount, Decimal(rate), included) for amount, rate, included in lines])
    return [(line.net, line.tax) for line in response]


@pytest.mark.parametrize(
    ("amount", "rate", "included", "net", "tax"),
    [
        (1250, "0.20", True, 1042, 208),  # 1041.67 net
        (1200, "0.20", True, 1000, 200),
        (1000, "0.20", False, 1000, 200),
        (50, "0.05", False, 50, 3),  # 2.5 rounds up, a banker would say 2
        (10, "0.05", False, 10, 1),  # 0.5
        (9, "0.05", False, 9, 0),  # 0.45
        (105, "0.05", True, 100, 5),
        (999, "0", True, 999, 0),
        (0, "0.20", True, 0, 0),
    ],
)
def test_tax_of_a_single_line(amount: int, rate: str, included: bool, net: int, tax: int) -> None:
    assert taxed((amount, rate, included)) == [(net, tax)]


def test_tax_is_rounded_once_per_rate_not_once_per_line() -> None:
    # Each line alone is 0.4 of tax; together 1.2.
    assert [tax for _, tax in taxed((2, "0.20", False), (2, "0.20", False), (2, "0.20", False))] == [1, 0, 0]


def test_rates_are_rounded_separately_and_lines_keep_their_order() -> None:
    lines = taxed((100, "0.20", False), (100, "0.05", False), (100, "0.20", False))
    assert lines == [(100, 20), (100, 5), (100, 20)]


def test_one_rate_written_two_ways_is_one_rate() -> None:
    assert [tax for _, tax in taxed((2, "0.2", False), (2, "0.20", False))] == [1, 0]


def test_included_and_added_tax_of_a_rate_are_computed_separately() -> None:
    assert taxed((120, "0.20", True), (100, "0.20", False)) == [(100, 20), (100, 20)]


def _expected(gross_or_net: int, rate: Decimal, included: bool) -> int:
    """Compute the tax in decimals, independently."""
    unit = Decimal(1)
    if included:
        return gross_or_net - int((gross_or_net / (1 + rate)).quantize(unit, ROUND_HALF_UP))
    return int((gross_or_net * rate).quantize(unit, ROUND_HALF_UP))


@given(st.lists(taxables, min_size=1, max_size=60))
def test_tax_of_every_rate_is_rounded_once_and_allocated_completely(lines: list[Taxable]) -> None:
    response = tax_lines(lines)
    amounts: dict[tuple[Decimal, bool], int] = defaultdict(int)
    taxes: dict[tuple[Decimal, bool], int] = defaultdict(int)
    for line, result in zip(lines, response, strict=True):
        amounts[line.rate, line.included] += line.amount
        taxes[line.rate, line.included] += result.tax
        assert (result.net + result.tax if line.included else result.net) == line.amount
        assert result.tax >= 0
        assert result.net >= 0
    for (rate, included), tax in taxes.items():
        assert tax == _expected(amounts[rate, included], rate, included)


@given(st.lists(taxables, min_size=1, max_size=20))
def test_tax_of_a_line_is_within_one_unit_of_its_own(lines: list[Taxable]) -> None:
    for line, result in zip(lines, tax_lines(lines), strict=True):
        alone: Taxed = tax_lines([line])[0]
        assert abs(result.tax - alone.tax) <= 1
