"""Prices from a time on, and products that are retired."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from catalog.errors import InvalidProduct, UnknownProduct
from catalog.models import MAX_PRICE_CHANGES, Product, SchedulePrice, TaxClass
from catalog.operations import CatalogOperations
from catalog.prices import (
    OLDEST_SALE,
    PRICE_LIST_VALID,
    price_time,
    priced_at,
    priced_between,
    scheduled,
)
from catalog.rules import price_order
from catalog.tax_rates import ClassRates
from tillflow.errors import InvalidOrder, RecordChanged
from tillflow.order_request import CLOCKS_DIFFER, Order

NOW = datetime(2026, 1, 23, 10, 0, tzinfo=UTC)
MUG = Product(
    sku="MUG", name="Mug", prices={"EUR": 1000, "CHF": 1100}, tax_class="standard", barcode="96385074"
)


def change(days: int, price: int, currency: str = "EUR") -> SchedulePrice:
    return SchedulePrice(sku="MUG", currency=currency, price=price, valid_from=NOW + timedelta(days=days))


TWICE = scheduled(scheduled(MUG, change(2, 1200), NOW), change(1, 900), NOW)


def order(days: int, sku: str = "MUG") -> Order:
    return Order.model_validate(
        {
            "order_id": "ord-1",
            "location": "store-1",
            "register": "till-1",
            "currency": "EUR",
            "placed_at": (NOW + timedelta(days=days)).isoformat(),
            "lines": [{"sku": sku, "quantity": 1}],
            "tenders": [{"type": "cash"}],
        }
    )


@pytest.mark.parametrize(("days", "price"), [(0, 1000), (1, 900), (2, 1200), (30, 1200)])
def test_order_has_the_price_of_its_time(days: int, price: int) -> None:
    priced = price_order(order(days), {"MUG": TWICE}, {"standard": ClassRates(Decimal("0.20"))})
    assert priced["lines"][0]["unit_price"] == price


@pytest.mark.parametrize(
    ("hours", "price"),
    [(0, 1200), (-23, 1200), (-24, 900), (-25, 1200), (-366 * 24, 1200)],
    ids=["now", "since the change", "by a valid price list", "by an old price list", "a year ago"],
)
def test_date_of_an_order_chooses_a_price_only_within_the_validity_of_a_price_list(
    hours: int, price: int
) -> None:
    started = NOW + timedelta(days=2, hours=23)
    sold = order(0).model_copy(update={"placed_at": started + timedelta(hours=hours), "started_at": started})
    priced = price_order(sold, {"MUG": TWICE}, {"standard": ClassRates(Decimal("0.20"))})
    assert priced["lines"][0]["unit_price"] == price


def test_future_price_is_not_sold_before_its_time() -> None:
    started = NOW + timedelta(days=1) - timedelta(minutes=1)
    sold = order(1).model_copy(update={"started_at": started})
    priced = price_order(sold, {"MUG": TWICE}, {"standard": ClassRates(Decimal("0.20"))})
    assert priced["lines"][0]["unit_price"] == 1000


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("age", [-CLOCKS_DIFFER - SECOND, OLDEST_SALE + SECOND])
def test_order_that_is_dated_ahead_or_too_far_back_is_refused(age: timedelta) -> None:
    with pytest.raises(InvalidOrder, match=r"placed_at is '.*'; expected a time (until|from)"):
        price_time(NOW - age, NOW)


@pytest.mark.parametrize("age", [-CLOCKS_DIFFER, timedelta(0), PRICE_LIST_VALID, OLDEST_SALE])
def test_order_within_the_bounds_has_a_price_time_that_is_not_ahead(age: timedelta) -> None:
    expected = NOW if age < timedelta(0) or age > PRICE_LIST_VALID else NOW - age
    assert price_time(NOW - age, NOW) == expected


def test_price_list_is_valid_as_long_as_in_the_console() -> None:
    source = (Path(__file__).parents[2] / "console/src/offline/price-list.ts").read_text()
    hours = int(PRICE_LIST_VALID.total_seconds()) // 3600
    assert f"VALID_MS = {hours} * 3_600_000;" in source


def test_other_currencies_keep_their_price() -> None:
    assert priced_at(TWICE, NOW + timedelta(days=3)).prices == {"EUR": 1200, "CHF": 1100}


def test_second_change_at_a_time_replaces_the_first() -> None:
    again = scheduled(TWICE, change(1, 950), NOW)
    assert [one.prices for one in again.price_changes] == [{"EUR": 950}, {"EUR": 1200}]


def test_changes_that_are_in_effect_become_the_prices() -> None:
    later = scheduled(TWICE, change(5, 1300), NOW + timedelta(days=3))
    assert later.prices["EUR"] == 1200
    assert [one.prices for one in later.price_changes] == [{"EUR": 1300}]


def test_price_in_the_past_is_refused() -> None:
    with pytest.raises(InvalidProduct, match=r"valid_from is .*; expected a time that is to come"):
        scheduled(MUG, change(0, 900), NOW)


def test_price_from_a_time_more_than_ten_years_ahead_is_refused() -> None:
    scheduled(MUG, change(3653, 900), NOW)
    with pytest.raises(
        InvalidProduct, match=r"valid_from is .*; expected a time until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    ):
        scheduled(MUG, change(3654, 900), NOW + timedelta(microseconds=1))


def test_number_of_changes_is_bounded() -> None:
    product = MUG
    for days in range(1, MAX_PRICE_CHANGES + 1):
        product = scheduled(product, change(days, 900), NOW)
    with pytest.raises(InvalidProduct, match="at most 20 changes"):
        scheduled(product, change(99, 900), NOW)


def test_recent_prices_are_those_in_effect_in_the_period() -> None:
    recent = priced_between(TWICE, NOW + timedelta(days=1, hours=1), NOW + timedelta(days=3))
    assert sorted({one.prices["EUR"] for one in recent}) == [900, 1200]


def test_retired_product_is_not_sold() -> None:
    retired = MUG.model_copy(update={"retired": True})
    with pytest.raises(
        InvalidOrder, match=r"lines\[0\].sku is 'MUG'; expected a product that is not retired"
    ):
        price_order(order(0), {"MUG": retired}, {"standard": ClassRates(Decimal("0.20"))})


def test_changes_are_stored_with_the_product(dynamodb: Any, table: str) -> None:
    operations = CatalogOperations(dynamodb, table)
    operations.create_tax_class(TaxClass(name="standard", rate=Decimal("0.20")))
    operations.put_product(MUG)
    request = {
        "sku": "MUG",
        "currency": "EUR",
        "price": 900,
        "valid_from": datetime.now(UTC) + timedelta(days=9),
    }
    assert operations.schedule_price(request) == operations.get("MUG")
    product, version = operations.get("MUG")
    assert product.price_changes[0].prices == {"EUR": 900}
    operations.retire("MUG", True, version)
    assert operations.get("MUG")[0].retired and operations.find_barcode("96385074")[0].price_changes
    with pytest.raises(RecordChanged):
        operations.retire("MUG", False, version)
    operations.retire("MUG", False)
    assert not operations.get("MUG")[0].retired
    with pytest.raises(UnknownProduct):
        operations.retire("TEA", True)
