"""The stock of a SKU at a location has one currency: amounts of different currencies are never added or compared."""

from typing import Any

import pytest
from inventory.corrections import Corrections
from inventory.errors import CurrencyMismatch
from inventory.models import Adjust, Count, Line, OrderedLine, ReceiptLine
from inventory.on_order import OnOrder
from inventory.store import InventoryStore
from tillflow.errors import InsufficientStock

PLACE = "store-1"
TEA = [ReceiptLine(sku="TEA", quantity=10, cost=1000)]


@pytest.fixture
def stock(dynamodb: Any, table: str) -> InventoryStore:
    store = InventoryStore(dynamodb, table)
    store.receive("seed", PLACE, TEA, currency="EUR")
    return store


def test_the_first_receipt_sets_the_currency(stock: InventoryStore) -> None:
    assert stock.level(PLACE, "TEA")["currency"] == "EUR"
    stock.receive("more", PLACE, TEA, currency="EUR")
    assert stock.level(PLACE, "TEA")["stock_value"] == 2000


def test_a_receipt_in_another_currency_is_refused(stock: InventoryStore) -> None:
    with pytest.raises(CurrencyMismatch, match="sku TEA at store-1 is valued in EUR; got JPY"):
        stock.receive("more", PLACE, TEA, currency="JPY")
    assert stock.level(PLACE, "TEA")["stock_value"] == 1000
    stock.receive("elsewhere", "store-2", TEA, currency="JPY")


def test_a_sale_in_another_currency_is_refused(stock: InventoryStore) -> None:
    with pytest.raises(CurrencyMismatch, match="valued in EUR; got JPY"):
        stock.reserve("ord-1", PLACE, [Line(sku="TEA", quantity=1)], "JPY")
    assert stock.level(PLACE, "TEA")["reserved"] == 0
    with pytest.raises(InsufficientStock):
        stock.reserve("ord-1", PLACE, [Line(sku="TEA", quantity=11)], "EUR")
    stock.reserve("ord-1", PLACE, [Line(sku="TEA", quantity=1)], "EUR")


@pytest.mark.parametrize("correct", ["adjust", "count"])
def test_a_correction_in_another_currency_is_refused(
    dynamodb: Any, table: str, stock: InventoryStore, correct: str
) -> None:
    corrections = Corrections(dynamodb, table)
    where = {"location": PLACE, "sku": "TEA", "currency": "JPY"}
    with pytest.raises(CurrencyMismatch):
        if correct == "adjust":
            corrections.adjust(Adjust(adjustment_id="a", quantity=-1, reason="broken", **where))
        else:
            corrections.count(Count(count_id="c", counted=9, **where))
    assert stock.level(PLACE, "TEA")["on_hand"] == 10


def test_goods_ordered_in_another_currency_are_refused(
    dynamodb: Any, table: str, stock: InventoryStore
) -> None:
    orders = OnOrder(dynamodb, table)
    with pytest.raises(CurrencyMismatch):
        orders.raise_units("po-1", PLACE, [OrderedLine(sku="TEA", quantity=1)], "JPY")
    assert stock.level(PLACE, "TEA").get("on_order", 0) == 0
    orders.raise_units("po-2", "store-2", [OrderedLine(sku="TEA", quantity=1)], "JPY")
    assert stock.level("store-2", "TEA")["currency"] == "JPY"
