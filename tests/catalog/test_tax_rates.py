"""The rates of a tax class from a time on: the one in effect, and those that are kept."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from catalog.models import TaxClassPercent
from catalog.tax_rates import MAX_RATE_CHANGES, ClassRates, in_use, rates_at, with_rate
from tillflow.errors import InvalidRequest

NOW = datetime(2020, 6, 15, tzinfo=UTC)
JULY, JANUARY = datetime(2020, 6, 30, 22, tzinfo=UTC), datetime(2020, 12, 31, 23, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def percent(rate: int, valid_from: datetime | None = None) -> TaxClassPercent:
    return TaxClassPercent(tax_class="standard", percent=Decimal(rate), valid_from=valid_from)


def germany() -> ClassRates:
    """Return the standard rate of Germany in 2020: 16 % from July to December."""
    rates = with_rate(None, percent(19), NOW)
    for valid_from, rate in ((JANUARY, 19), (JULY, 16)):
        rates = with_rate(rates, percent(rate, valid_from), NOW)
    return rates


@pytest.mark.parametrize(
    ("moment", "rate"),
    [
        (NOW, "0.19"),
        (JULY - SECOND, "0.19"),
        (JULY, "0.16"),
        (JANUARY - SECOND, "0.16"),
        (JANUARY, "0.19"),
        (JANUARY + 999 * DAY, "0.19"),
    ],
)
def test_rate_is_that_of_the_last_change_before(moment: datetime, rate: str) -> None:
    assert rates_at({"standard": germany()}, moment) == {"standard": Decimal(rate)}


def test_rate_now_keeps_the_changes_to_come() -> None:
    rates = with_rate(germany(), percent(20), NOW)
    assert (rates.at(NOW), rates.at(JULY)) == (Decimal("0.20"), Decimal("0.16"))
    rates = with_rate(rates, percent(15), JULY)
    assert (rates.at(JULY), rates.at(JANUARY)) == (Decimal("0.15"), Decimal("0.19"))


@pytest.mark.parametrize(("valid_from", "rate"), [(None, 19), (JULY, 16), (JANUARY, 19)])
def test_same_rate_changes_nothing(valid_from: datetime | None, rate: int) -> None:
    assert with_rate(germany(), percent(rate, valid_from), NOW) == germany()


def test_rate_before_a_change_withdraws_it() -> None:
    assert with_rate(germany(), percent(19, JULY), NOW).after(NOW) == ((JANUARY, Decimal("0.19")),)


def test_rate_of_an_order_that_is_checked_out_a_day_later_is_kept() -> None:
    later = JULY + 2 * DAY
    rates = with_rate(germany(), percent(18, JANUARY + DAY), later)
    assert (rates.at(JULY - SECOND), rates.at(JULY)) == (Decimal("0.19"), Decimal("0.16"))
    rates = with_rate(germany(), percent(18, JANUARY + DAY), later + SECOND)
    assert [rate for _, rate in rates.changes] == [Decimal("0.19"), Decimal("0.18")]
    assert rates.rate == Decimal("0.16")


@pytest.mark.parametrize(
    ("current", "valid_from", "field"),
    [
        (germany(), NOW, "valid_from"),
        (germany(), NOW - DAY, "valid_from"),
        (germany(), NOW + 3654 * DAY, "valid_from"),
        (None, JULY, "tax_class"),
    ],
)
def test_time_that_is_over_or_class_without_a_rate_is_refused(
    current: ClassRates | None, valid_from: datetime, field: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        with_rate(current, percent(7, valid_from), NOW)
    assert [problem.field for problem in refusal.value.problems] == [field]


def test_number_of_changes_to_come_is_bounded() -> None:
    rates = ClassRates(Decimal("0.19"))
    for number in range(MAX_RATE_CHANGES):
        rates = with_rate(rates, percent(number, JULY + number * DAY), NOW)
    with pytest.raises(InvalidRequest, match=f"at most {MAX_RATE_CHANGES} changes to come"):
        with_rate(rates, percent(50, JANUARY), NOW)
    with_rate(rates, percent(50, JULY), NOW)


def test_retired_class_keeps_its_rate_and_is_not_in_use() -> None:
    classes = {"a": germany(), "b": ClassRates(Decimal(0), retired=True)}
    assert (in_use(classes), rates_at(classes, NOW)["b"]) == (["a"], 0)
