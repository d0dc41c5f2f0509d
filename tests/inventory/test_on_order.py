"""What is on order: raised once per need, lowered by what is open, whatever is delivered twice or late."""

from typing import Any

import pytest
from inventory.models import Line, Need, OrderedLine, ReceiptLine
from inventory.on_order import OnOrder
from inventory.store import InventoryStore
from tillflow.errors import OrderClosed, StoreContention
from tillflow.store import key

from tests.support.interposed import Interposed

PLACE = "store-1"


@pytest.fixture
def desk(dynamodb: Any, table: str) -> OnOrder:
    return OnOrder(dynamodb, table)


@pytest.fixture
def stock(dynamodb: Any, table: str) -> InventoryStore:
    return InventoryStore(dynamodb, table)


def wanted(sku: str, quantity: int, on_order: int = 0, available: int = 10) -> OrderedLine:
    return OrderedLine(sku=sku, quantity=quantity, need=Need(on_order=on_order, available=available))


def test_a_need_is_answered_by_one_order(desk: OnOrder, stock: InventoryStore) -> None:
    first = desk.put("po-1", PLACE, [wanted("TEA", 24)])
    second = desk.put("po-2", PLACE, [wanted("TEA", 24), wanted("MUG", 6)])
    assert first["raised"] == [{"sku": "TEA", "quantity": 24}]
    assert second["raised"] == [{"sku": "MUG", "quantity": 6}]
    assert stock.level(PLACE, "TEA")["on_order"] == 24


def test_two_triggers_at_once_order_a_need_once(dynamodb: Any, table: str, stock: InventoryStore) -> None:
    client = Interposed(dynamodb)
    other = OnOrder(dynamodb, table)
    client.before("transact_write_items", lambda: other.put("po-2", PLACE, [wanted("TEA", 24)]))
    assert OnOrder(client, table).put("po-1", PLACE, [wanted("TEA", 24)])["raised"] == []
    assert stock.level(PLACE, "TEA")["on_order"] == 24


def test_goods_that_came_meanwhile_end_the_need(desk: OnOrder, stock: InventoryStore) -> None:
    stock.receive("seed", PLACE, [ReceiptLine(sku="TEA", quantity=11, cost=1100)])
    assert desk.put("po-1", PLACE, [wanted("TEA", 24, available=10)])["raised"] == []
    assert desk.put("po-2", PLACE, [wanted("TEA", 24, available=11)])["raised"] != []


def test_what_an_order_has_open_is_never_written_over(
    desk: OnOrder, stock: InventoryStore, dynamodb: Any, table: str
) -> None:
    """Though the marker of its step be lost."""
    desk.put("po-1", PLACE, [wanted("TEA", 24)])
    dynamodb.delete_item(TableName=table, Key=key("ORDER#po-1", "STEP#on_order#0"))
    with pytest.raises(StoreContention):
        desk.put("po-1", PLACE, [OrderedLine(sku="TEA", quantity=1)])
    assert [row["open"] for row in desk.rows("po-1")] == [24]
    assert stock.level(PLACE, "TEA")["on_order"] == 24


def test_a_second_delivery_gets_the_first_answer(desk: OnOrder, stock: InventoryStore) -> None:
    lines = [wanted("TEA", 24), wanted("MUG", 6, on_order=1)]
    first = desk.put("po-1", PLACE, lines)
    assert desk.put("po-1", PLACE, lines) == first == {"business_id": "po-1", "raised": first["raised"]}
    assert stock.level(PLACE, "TEA")["on_order"] == 24
    lowered = desk.take_off("po-1", "receipt-1", [Line(sku="TEA", quantity=10)])
    assert desk.take_off("po-1", "receipt-1", [Line(sku="TEA", quantity=10)]) == lowered
    assert stock.level(PLACE, "TEA")["on_order"] == 14


def test_lowering_takes_what_is_open_at_most(desk: OnOrder, stock: InventoryStore) -> None:
    desk.put("po-1", PLACE, [OrderedLine(sku="TEA", quantity=5)])
    desk.put("po-2", PLACE, [OrderedLine(sku="TEA", quantity=5)])
    answer = desk.take_off("po-1", "receipt-1", [Line(sku="TEA", quantity=8)])
    assert answer["lowered"] == [{"sku": "TEA", "quantity": 5}]
    assert stock.level(PLACE, "TEA")["on_order"] == 5


def test_closing_lowers_all_and_refuses_a_late_raise(desk: OnOrder, stock: InventoryStore) -> None:
    desk.put("po-1", PLACE, [OrderedLine(sku=f"SKU-{n:03}", quantity=2) for n in range(120)])
    assert len(desk.take_off("po-1", "close", None)["lowered"]) == 120
    assert all(stock.level(PLACE, f"SKU-{n:03}")["on_order"] == 0 for n in range(120))
    assert desk.take_off("po-2", "close", None)["lowered"] == []
    with pytest.raises(OrderClosed):
        desk.put("po-2", PLACE, [wanted("TEA", 1)])


def test_receipts_of_one_order_are_told_apart_by_step(stock: InventoryStore) -> None:
    for step in ("receipt-1", "receipt-1", "receipt-2"):
        stock.receive("po-1", PLACE, [ReceiptLine(sku="TEA", quantity=10, cost=1000)], step)
    level = stock.level(PLACE, "TEA")
    assert (level["on_hand"], level["available"], level["stock_value"]) == (20, 20, 2000)
    assert stock.drift() == []
