"""A level never has more units or value than its numbers are exact for, however it is changed."""

from typing import Any

import pytest
from inventory import rules
from inventory.corrections import Corrections
from inventory.models import Adjust, Count, Line, ReceiptLine
from inventory.rows import StockRows, ValuableStock
from inventory.rules import ReturnedSku
from inventory.store import LINES_PER_CHUNK, InventoryStore
from tillflow.errors import InsufficientStock, InvalidRequest
from tillflow.fields import MAX_AMOUNT, MAX_STOCK, MAX_UNITS

PLACE = {"location": "store-1", "sku": "TEA", "currency": "EUR", "confirmed": True}


@pytest.fixture
def stock(dynamodb: Any, table: str) -> InventoryStore:
    store = InventoryStore(dynamodb, table)
    receive(store, "seed", 1, 0)
    return store


@pytest.fixture
def corrections(dynamodb: Any, table: str) -> Corrections:
    return Corrections(dynamodb, table)


def receive(
    stock: InventoryStore, receipt: str, quantity: int, cost: int, currency: str | None = "EUR"
) -> None:
    line = ReceiptLine(sku="TEA", quantity=quantity, cost=cost)
    stock.receive(receipt, "store-1", [line], currency=currency)


def test_units_on_hand_are_bounded(stock: InventoryStore, corrections: Corrections) -> None:
    corrections.count(Count(count_id="c-1", counted=MAX_STOCK, unit_cost=0, **PLACE))
    with pytest.raises(InvalidRequest, match="at most 1,000,000,000 units"):
        corrections.adjust(Adjust(adjustment_id="a-1", quantity=1, reason="found", unit_cost=0, **PLACE))
    for currency in ("EUR", None):
        with pytest.raises(InvalidRequest, match="at most 1,000,000,000 units"):
            receive(stock, "r-1", 1, 0, currency)
    corrections.adjust(Adjust(adjustment_id="a-2", quantity=-1, reason="lost", **PLACE))
    receive(stock, "r-1", 1, 0)
    assert stock.level("store-1", "TEA")["on_hand"] == MAX_STOCK


def test_stock_value_is_bounded(stock: InventoryStore, corrections: Corrections) -> None:
    receive(stock, "r-1", 1, MAX_AMOUNT)
    found = {"adjustment_id": "a-1", "quantity": 1, "reason": "found", **PLACE}
    with pytest.raises(InvalidRequest, match="minor units"):
        corrections.adjust(Adjust(unit_cost=1, **found))
    for currency in ("EUR", None):
        with pytest.raises(InvalidRequest, match="minor units"):
            receive(stock, "r-2", 1, 1, currency)
    corrections.adjust(Adjust(unit_cost=0, **found))
    assert stock.level("store-1", "TEA")["stock_value"] == MAX_AMOUNT
    assert stock.drift() == []


def test_goods_that_cost_more_than_can_be_posted_are_not_reserved(stock: InventoryStore) -> None:
    """The cost of a sale is posted after its payment was captured, when nothing can refuse it."""
    for sku in ("GOLD", "ONYX"):
        lines = [ReceiptLine(sku=sku, quantity=10, cost=MAX_AMOUNT - 9)]
        stock.receive(f"r-{sku}", "store-1", lines, currency="EUR")
    one = [Line(sku="GOLD", quantity=1), Line(sku="TEA", quantity=1)]
    with pytest.raises(InvalidRequest, match="cost of at most 99,999,999,999,999 minor units"):
        stock.reserve("ord-1", "store-1", [*one, Line(sku="ONYX", quantity=1)], "EUR")
    assert {stock.level("store-1", sku)["reserved"] for sku in ("GOLD", "ONYX", "TEA")} == {0}
    stock.release("ord-1")
    stock.reserve("ord-2", "store-1", one, "EUR")
    assert stock.commit("ord-2")["cost"] == rules.MAX_COST
    assert stock.drift() == []


def test_second_chunk_counts_the_cost_of_the_first(stock: InventoryStore) -> None:
    skus = [f"A{number:02}" for number in range(LINES_PER_CHUNK)]
    lines = [ReceiptLine(sku=sku, quantity=1, cost=1) for sku in (*skus[1:], "Z")]
    stock.receive("r-1", "store-1", lines, currency="EUR")
    for sku, cost in ((skus[0], rules.MAX_COST), ("ZZ", 1)):
        stock.receive(f"r-{sku}", "store-1", [ReceiptLine(sku=sku, quantity=1, cost=cost)], currency="EUR")
    sold = [Line(sku=sku, quantity=1) for sku in (*skus, "ZZ")]
    with pytest.raises(InvalidRequest, match="goods that cost"):
        stock.reserve("ord-1", "store-1", sold, "EUR")
    assert stock.reserve("ord-2", "store-1", sold[:1], "EUR")["reserved"]


@pytest.mark.parametrize(("available", "expected"), [(2, ValuableStock), (1, InsufficientStock)])
def test_missing_units_are_reported_before_their_value(available: int, expected: type[Exception]) -> None:
    action = StockRows("table", "ORDER").reserve("store-1", Line(sku="TEA", quantity=2), "EUR", 10)
    level = {"available": available, "stock_value": 11, "currency": "EUR"}
    assert action.condition_error is not None
    assert isinstance(action.condition_error(level), expected)


def test_units_without_a_receipt_cost_no_more_than_can_be_posted() -> None:
    """The refund was made by then: the goods must go back."""
    many = ReturnedSku("TEA", MAX_UNITS, 0)
    assert rules.cost_of_unreceipted(many, {"on_hand": 1, "stock_value": MAX_AMOUNT - 5}) == (5, 0)
    assert rules.cost_of_unreceipted(many, {"on_hand": 1, "stock_value": 10**9}) == (
        rules.MAX_UNRECEIPTED_COST,
        0,
    )
    assert rules.cost_of_unreceipted(ReturnedSku("TEA", 2, 1), {"on_hand": 4, "stock_value": 10}) == (2, 3)
