"""The stock of a SKU at a location has one currency: amounts of different currencies are never added or compared."""

from typing import Any

import pytest
from inventory.corrections import Corrections
from inventory.errors import CurrencyMismatch
from inventory.models import Adjust, Count, Line, OrderedLine, ReceiptLine
from inventory.on_order import OnOrder
from inventory.store import InventoryStore
from tillflow.errors import InsufficientStock

from tests.support.interposed import Interposed

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


MUG = [OrderedLine(sku="MUG", quantity=5)]


def test_cancelled_order_leaves_the_currency_of_a_new_level_open(
    dynamodb: Any, table: str, stock: InventoryStore
) -> None:
    orders = OnOrder(dynamodb, table)
    for order in ("po-1", "po-2"):
        orders.raise_units(order, PLACE, MUG, "JPY")
    orders.lower_units("po-1", "cancel", None)
    assert stock.level(PLACE, "MUG")["currency"] == "JPY", "po-2 is still open"
    orders.lower_units("po-2", "cancel", None)
    level = stock.level(PLACE, "MUG")
    assert (level["on_order"], "currency" in level) == (0, False)
    orders.raise_units("po-3", PLACE, MUG, "EUR")
    assert stock.level(PLACE, "MUG")["currency"] == "EUR"


def test_level_that_had_units_keeps_its_currency(dynamodb: Any, table: str, stock: InventoryStore) -> None:
    orders = OnOrder(dynamodb, table)
    stock.receive("seed-mug", PLACE, [ReceiptLine(sku="MUG", quantity=1, cost=5)], currency="JPY")
    Corrections(dynamodb, table).adjust(
        Adjust(adjustment_id="a", location=PLACE, sku="MUG", quantity=-1, currency="JPY", reason="broken")
    )
    orders.raise_units("po-1", PLACE, MUG, "JPY")
    orders.lower_units("po-1", "cancel", None)
    level = stock.level(PLACE, "MUG")
    assert (level["on_hand"], level["stock_value"], level["currency"]) == (0, 0, "JPY")


def test_part_of_an_order_that_is_lowered_keeps_the_currency(
    dynamodb: Any, table: str, stock: InventoryStore
) -> None:
    orders = OnOrder(dynamodb, table)
    orders.raise_units("po-1", PLACE, MUG, "JPY")
    orders.lower_units("po-1", "receipt-1", [Line(sku="MUG", quantity=5)])
    assert stock.level(PLACE, "MUG")["currency"] == "JPY"


def test_cancel_overtaken_by_another_order_keeps_its_currency(
    dynamodb: Any, table: str, stock: InventoryStore
) -> None:
    client, other = Interposed(dynamodb), OnOrder(dynamodb, table)
    other.raise_units("po-1", PLACE, MUG, "JPY")
    # The first transaction closes the document.
    client.before("transact_write_items", lambda: other.raise_units("po-2", PLACE, MUG, "JPY"), nth=2)
    OnOrder(client, table).lower_units("po-1", "cancel", None)
    level = stock.level(PLACE, "MUG")
    assert (level["on_order"], level["currency"]) == (5, "JPY")


def test_units_that_are_found_set_the_currency(dynamodb: Any, table: str, stock: InventoryStore) -> None:
    orders = OnOrder(dynamodb, table)
    orders.raise_units("po-1", PLACE, MUG, "JPY")
    orders.lower_units("po-1", "cancel", None)
    found = Adjust(
        adjustment_id="a", location=PLACE, sku="MUG", quantity=2, unit_cost=9, currency="EUR", reason="found"
    )
    Corrections(dynamodb, table).adjust(found)
    with pytest.raises(CurrencyMismatch):
        orders.raise_units("po-2", PLACE, MUG, "JPY")
    assert stock.level(PLACE, "MUG")["currency"] == "EUR"
