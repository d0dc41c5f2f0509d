"""Returns to a supplier: once, at their cost or present value, and only units that are available."""

from typing import Any

import pytest
from inventory.models import Line, ReceiptLine
from inventory.store import InventoryStore
from inventory.supplier_returns import RETURNED_PER_TRANSACTION, SupplierReturns
from tillflow.errors import IdempotencyConflict, InsufficientStock

from tests.support.interposed import Interposed

STEP = "receipt-dn-1"


@pytest.fixture
def stock(dynamodb: Any, table: str) -> InventoryStore:
    """Ten units of value 10, and ten received by po-1 at 100 each."""
    store = InventoryStore(dynamodb, table)
    store.receive("seed", "store-1", [ReceiptLine(sku="TEA", quantity=10, cost=10)])
    store.receive("po-1", "store-1", [ReceiptLine(sku="TEA", quantity=10, cost=1000)], STEP)
    return store


@pytest.fixture
def returns(dynamodb: Any, table: str) -> SupplierReturns:
    return SupplierReturns(dynamodb, table)


def sell(stock: InventoryStore, units: int) -> None:
    stock.reserve("ord-1", "store-1", [Line(sku="TEA", quantity=units)])
    stock.commit("ord-1")


def counters(stock: InventoryStore) -> tuple[int, int, int]:
    level = stock.level("store-1", "TEA")
    return level["on_hand"], level["available"], level["stock_value"]


def returned(quantity: int, cost: int) -> dict[str, Any]:
    lines = [{"sku": "TEA", "quantity": quantity, "cost": cost}]
    return {"business_id": "po-1", "returned": lines, "cost": cost, "received_cost": 1000}


def test_goods_leave_once_at_the_cost_they_were_received_with(
    stock: InventoryStore, returns: SupplierReturns
) -> None:
    for _ in range(2):
        assert returns.return_goods("po-1", "store-1", [STEP]) == returned(10, 1000)
    assert counters(stock) == (10, 10, 10)
    assert stock.drift() == []


def test_goods_that_are_worth_less_than_they_cost_leave_at_their_present_value(
    stock: InventoryStore, returns: SupplierReturns
) -> None:
    sell(stock, 10)
    assert returns.return_goods("po-1", "store-1", [STEP]) == returned(10, 505)
    assert counters(stock) == (0, 0, 0)
    assert stock.drift() == []


def test_the_last_units_leave_at_the_whole_value(stock: InventoryStore, returns: SupplierReturns) -> None:
    sell(stock, 10)
    stock.receive("seed-2", "store-1", [ReceiptLine(sku="TEA", quantity=1, cost=900)])
    stock.reserve("ord-2", "store-1", [Line(sku="TEA", quantity=1)])
    stock.commit("ord-2")
    assert returns.return_goods("po-1", "store-1", [STEP]) == returned(10, 1277)
    assert counters(stock) == (0, 0, 0)


def test_reserved_units_are_not_returned(stock: InventoryStore, returns: SupplierReturns) -> None:
    stock.reserve("ord-1", "store-1", [Line(sku="TEA", quantity=11)])
    with pytest.raises(InsufficientStock, match="10 requested, 9 available"):
        returns.return_goods("po-1", "store-1", [STEP])
    assert counters(stock) == (20, 9, 1010)
    stock.release("ord-1")
    assert returns.return_goods("po-1", "store-1", [STEP]) == returned(10, 1000)


def test_a_receipt_after_the_return_is_refused(stock: InventoryStore, returns: SupplierReturns) -> None:
    returns.return_goods("po-1", "store-1", [STEP, "receipt-dn-2"])
    with pytest.raises(IdempotencyConflict):
        stock.receive("po-1", "store-1", [ReceiptLine(sku="TEA", quantity=1, cost=250)], "receipt-dn-2")
    assert counters(stock) == (10, 10, 10)


@pytest.mark.parametrize("operation", ["batch_get_item", "transact_write_items"])
def test_concurrent_deliveries_return_the_goods_once(
    dynamodb: Any, table: str, stock: InventoryStore, returns: SupplierReturns, operation: str
) -> None:
    sell(stock, 10)
    client = Interposed(dynamodb)
    nth = 1 if operation == "batch_get_item" else 2
    client.before(operation, lambda: returns.return_goods("po-1", "store-1", [STEP]), nth)
    assert SupplierReturns(client, table).return_goods("po-1", "store-1", [STEP]) == returned(10, 505)
    assert counters(stock) == (0, 0, 0)


def test_a_sale_between_reading_and_writing_changes_the_cost(
    dynamodb: Any, table: str, stock: InventoryStore
) -> None:
    client = Interposed(dynamodb)
    client.before(
        "transact_write_items",
        lambda: sell(stock, 5),
        nth=2,
    )
    returns = SupplierReturns(client, table)
    assert returns.return_goods("po-1", "store-1", [STEP]) == returned(10, 505)
    assert stock.drift() == []


@pytest.mark.parametrize("lines", [RETURNED_PER_TRANSACTION + extra for extra in (-1, 0, 1)])
def test_a_return_of_many_lines_is_complete(
    dynamodb: Any, table: str, stock: InventoryStore, returns: SupplierReturns, lines: int
) -> None:
    skus = [f"SKU-{number:03}" for number in range(lines)]
    receipt = [ReceiptLine(sku=sku, quantity=2, cost=7) for sku in skus]
    stock.receive("po-2", "store-1", receipt, STEP)
    result = returns.return_goods("po-2", "store-1", [STEP])
    assert [line["sku"] for line in result["returned"]] == skus
    assert returns.return_goods("po-2", "store-1", [STEP]) == result
    assert all(stock.level("store-1", sku)["on_hand"] == 0 for sku in skus)
    assert stock.drift() == []
