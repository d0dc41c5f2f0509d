"""Units on order: raised once per need, lowered by what is open."""

from typing import Any

import pytest
from inventory.models import Line, Need, OrderedLine, ReceiptLine
from inventory.on_order import OnOrder
from inventory.store import InventoryStore
from tillflow.errors import IdempotencyConflict, InvalidRequest, OrderClosed
from tillflow.store import key

from tests.support.interposed import Interposed

PLACE = "store-1"


@pytest.fixture
def orders(dynamodb: Any, table: str) -> OnOrder:
    return OnOrder(dynamodb, table)


@pytest.fixture
def stock(dynamodb: Any, table: str) -> InventoryStore:
    return InventoryStore(dynamodb, table)


def needed(sku: str, quantity: int, on_order: int = 0, available: int = 10) -> OrderedLine:
    return OrderedLine(sku=sku, quantity=quantity, need=Need(on_order=on_order, available=available))


def test_a_need_is_ordered_once(orders: OnOrder, stock: InventoryStore) -> None:
    first = orders.raise_units("po-1", PLACE, [needed("TEA", 24)])
    second = orders.raise_units("po-2", PLACE, [needed("TEA", 24), needed("MUG", 6)])
    assert first["raised"] == [{"sku": "TEA", "quantity": 24}]
    assert second["raised"] == [{"sku": "MUG", "quantity": 6}]
    assert stock.level(PLACE, "TEA")["on_order"] == 24


def test_concurrent_raises_order_a_need_once(dynamodb: Any, table: str, stock: InventoryStore) -> None:
    client = Interposed(dynamodb)
    other = OnOrder(dynamodb, table)
    client.before("transact_write_items", lambda: other.raise_units("po-2", PLACE, [needed("TEA", 24)]))
    assert OnOrder(client, table).raise_units("po-1", PLACE, [needed("TEA", 24)])["raised"] == []
    assert stock.level(PLACE, "TEA")["on_order"] == 24


def test_line_is_skipped_when_more_units_are_available_than_at_its_need(
    orders: OnOrder, stock: InventoryStore
) -> None:
    stock.receive("seed", PLACE, [ReceiptLine(sku="TEA", quantity=11, cost=1100)])
    assert orders.raise_units("po-1", PLACE, [needed("TEA", 24, available=10)])["raised"] == []
    assert orders.raise_units("po-2", PLACE, [needed("TEA", 24, available=11)])["raised"] != []


def test_units_on_order_are_never_overwritten(
    orders: OnOrder, stock: InventoryStore, dynamodb: Any, table: str
) -> None:
    """Not even when the marker is lost."""
    orders.raise_units("po-1", PLACE, [needed("TEA", 24)])
    dynamodb.delete_item(TableName=table, Key=key("PURCHASE#po-1", "STEP#on_order#0"))
    with pytest.raises(InvalidRequest, match="an id without TEA on order at store-1"):
        orders.raise_units("po-1", PLACE, [OrderedLine(sku="TEA", quantity=1)])
    assert [row["open"] for row in orders.rows("po-1")] == [24]
    assert stock.level(PLACE, "TEA")["on_order"] == 24


def test_same_lines_in_another_currency_are_a_conflict(orders: OnOrder) -> None:
    """A purchase repeats the lines that its reorder claimed, without their needs."""
    orders.raise_units("po-1", PLACE, [needed("TEA", 24)], "EUR")
    lines = [OrderedLine(sku="TEA", quantity=24)]
    assert orders.raise_units("po-1", PLACE, lines, "EUR")["raised"] == [{"sku": "TEA", "quantity": 24}]
    with pytest.raises(IdempotencyConflict, match="currency is 'EUR', sent 'CHF'"):
        orders.raise_units("po-1", PLACE, lines, "CHF")


def test_a_second_delivery_returns_the_first_result(orders: OnOrder, stock: InventoryStore) -> None:
    lines = [needed("TEA", 24), needed("MUG", 6, on_order=1)]
    first = orders.raise_units("po-1", PLACE, lines)
    assert (
        orders.raise_units("po-1", PLACE, lines)
        == first
        == {"business_id": "po-1", "raised": first["raised"]}
    )
    assert stock.level(PLACE, "TEA")["on_order"] == 24
    lowered = orders.lower_units("po-1", "receipt-1", [Line(sku="TEA", quantity=10)])
    assert orders.lower_units("po-1", "receipt-1", [Line(sku="TEA", quantity=10)]) == lowered
    assert stock.level(PLACE, "TEA")["on_order"] == 14


def test_lowering_takes_at_most_the_open_units(orders: OnOrder, stock: InventoryStore) -> None:
    orders.raise_units("po-1", PLACE, [OrderedLine(sku="TEA", quantity=5)])
    orders.raise_units("po-2", PLACE, [OrderedLine(sku="TEA", quantity=5)])
    response = orders.lower_units("po-1", "receipt-1", [Line(sku="TEA", quantity=8)])
    assert response["lowered"] == [{"sku": "TEA", "quantity": 5}]
    assert stock.level(PLACE, "TEA")["on_order"] == 5


def test_lowering_without_lines_lowers_all_and_refuses_a_late_raise(
    orders: OnOrder, stock: InventoryStore
) -> None:
    orders.raise_units("po-1", PLACE, [OrderedLine(sku=f"SKU-{n:03}", quantity=2) for n in range(120)])
    assert len(orders.lower_units("po-1", "close", None)["lowered"]) == 120
    assert all(stock.level(PLACE, f"SKU-{n:03}")["on_order"] == 0 for n in range(120))
    assert orders.lower_units("po-2", "close", None)["lowered"] == []
    with pytest.raises(OrderClosed):
        orders.raise_units("po-2", PLACE, [needed("TEA", 1)])


def test_receipts_of_one_order_are_distinguished_by_step(stock: InventoryStore) -> None:
    for step in ("receipt-1", "receipt-1", "receipt-2"):
        stock.receive("po-1", PLACE, [ReceiptLine(sku="TEA", quantity=10, cost=1000)], step)
    level = stock.level(PLACE, "TEA")
    assert (level["on_hand"], level["available"], level["stock_value"]) == (20, 20, 2000)
    assert stock.drift() == []


@pytest.mark.parametrize(
    ("location", "lines"),
    [
        ("store-2", [OrderedLine(sku="TEA", quantity=5)]),
        (PLACE, [OrderedLine(sku="TEA", quantity=6)]),
        (PLACE, [OrderedLine(sku="TEA", quantity=5), OrderedLine(sku="MUG", quantity=1)]),
        (PLACE, [needed("TEA", 5)]),
    ],
)
def test_a_raise_with_other_content_is_a_conflict(
    orders: OnOrder, stock: InventoryStore, location: str, lines: list[OrderedLine]
) -> None:
    orders.raise_units("po-1", PLACE, [OrderedLine(sku="TEA", quantity=5)])
    with pytest.raises(IdempotencyConflict):
        orders.raise_units("po-1", location, lines)
    assert [row["open"] for row in orders.rows("po-1")] == [5]


def test_a_lowering_with_other_content_is_a_conflict(orders: OnOrder) -> None:
    orders.raise_units("po-1", PLACE, [OrderedLine(sku="TEA", quantity=5)])
    orders.lower_units("po-1", "receipt-1", [Line(sku="TEA", quantity=2)])
    with pytest.raises(IdempotencyConflict):
        orders.lower_units("po-1", "receipt-1", [Line(sku="TEA", quantity=3)])
    assert [row["open"] for row in orders.rows("po-1")] == [3]


def test_a_transfer_and_a_purchase_of_one_id_are_separate(dynamodb: Any, table: str, orders: OnOrder) -> None:
    transfers = OnOrder(dynamodb, table, "TRANSFER")
    orders.raise_units("x-1", PLACE, [OrderedLine(sku="TEA", quantity=5)])
    transfers.raise_units("x-1", PLACE, [OrderedLine(sku="TEA", quantity=7)])
    assert transfers.lower_units("x-1", "cancelled", None)["lowered"] == [{"sku": "TEA", "quantity": 7}]
    assert [row["open"] for row in orders.rows("x-1")] == [5]


def test_an_order_whose_units_a_reorder_claimed_raises_them_once(
    orders: OnOrder, stock: InventoryStore
) -> None:
    claimed = orders.raise_units("po-1", PLACE, [needed("TEA", 24), needed("MUG", 6, on_order=1)])["raised"]
    lines = [OrderedLine(sku="TEA", quantity=24)]
    assert orders.raise_units("po-1", PLACE, lines)["raised"] == claimed
    assert stock.level(PLACE, "TEA")["on_order"] == 24
    with pytest.raises(IdempotencyConflict):
        orders.raise_units("po-1", PLACE, [OrderedLine(sku="TEA", quantity=25)])
