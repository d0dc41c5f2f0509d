"""Goods go back to their supplier: at the cost they came with, once, and only what is still there."""

import importlib
from typing import Any

import pytest
from inventory.models import Line, ReceiptLine
from inventory.store import InventoryStore
from tillflow.errors import InsufficientStock, InvalidRequest, StoreContention

STEP = "receipt-dn-1"
BACK = {"business_id": "po-1", "returned": [{"sku": "TEA", "quantity": 4, "cost": 1000}]}


@pytest.fixture
def stock(dynamodb: Any, table: str) -> InventoryStore:
    """Ten of somebody's, at nothing; then four of po-1's delivery note dn-1, at 250 each."""
    store = InventoryStore(dynamodb, table)
    store.receive("seed", "store-1", [ReceiptLine(sku="TEA", quantity=10, cost=0)])
    store.receive("po-1", "store-1", [ReceiptLine(sku="TEA", quantity=4, cost=1000)], STEP)
    return store


@pytest.fixture
def returns(dynamodb: Any, table: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TABLE_NAME", table)
    return importlib.import_module("inventory.returning").SupplierReturns(dynamodb, table)


def sell(stock: InventoryStore, units: int) -> None:
    stock.reserve("ord-1", "store-1", [Line(sku="TEA", quantity=units)])
    stock.commit("ord-1")


def counters(stock: InventoryStore) -> tuple[int, int, int]:
    level = stock.level("store-1", "TEA")
    return level["on_hand"], level["available"], level["stock_value"]


def test_what_came_goes_back_once_at_the_cost_it_came_with(stock: InventoryStore, returns: Any) -> None:
    assert returns.send_back("po-1", "store-1", [STEP]) == BACK
    assert returns.send_back("po-1", "store-1", [STEP]) == BACK
    assert counters(stock) == (10, 10, 0)
    assert stock.drift() == []


def test_what_was_promised_since_does_not_go_back(stock: InventoryStore, returns: Any) -> None:
    stock.reserve("ord-1", "store-1", [Line(sku="TEA", quantity=11)])
    with pytest.raises(InsufficientStock, match="4 wanted"):
        returns.send_back("po-1", "store-1", [STEP])
    assert counters(stock) == (14, 3, 1000)
    stock.release("ord-1")
    assert returns.send_back("po-1", "store-1", [STEP]) == BACK


def test_more_than_what_is_left_is_worth_does_not_go_back(stock: InventoryStore, returns: Any) -> None:
    sell(stock, 7)
    with pytest.raises(StoreContention, match="the value of TEA"):
        returns.send_back("po-1", "store-1", [STEP])
    assert counters(stock) == (7, 7, 500)


def test_a_receipt_that_comes_later_is_refused(stock: InventoryStore, returns: Any) -> None:
    assert returns.send_back("po-1", "store-1", [STEP, "receipt-dn-2"]) == BACK
    with pytest.raises(InvalidRequest):
        stock.receive("po-1", "store-1", [ReceiptLine(sku="TEA", quantity=1, cost=250)], "receipt-dn-2")
    assert counters(stock) == (10, 10, 0)
