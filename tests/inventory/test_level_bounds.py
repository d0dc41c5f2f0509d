"""A level never has more units or value than its numbers are exact for, however it is changed."""

from typing import Any

import pytest
from inventory.corrections import Corrections
from inventory.models import Adjust, Count, ReceiptLine
from inventory.store import InventoryStore
from tillflow.errors import InvalidRequest
from tillflow.fields import MAX_AMOUNT, MAX_STOCK

PLACE = {"location": "store-1", "sku": "TEA", "currency": "EUR", "confirmed": True}


@pytest.fixture
def stock(dynamodb: Any, table: str) -> InventoryStore:
    store = InventoryStore(dynamodb, table)
    receive(store, "seed", 1, 0)
    return store


@pytest.fixture
def corrections(dynamodb: Any, table: str) -> Corrections:
    return Corrections(dynamodb, table)


def receive(stock: InventoryStore, receipt: str, quantity: int, cost: int) -> None:
    line = ReceiptLine(sku="TEA", quantity=quantity, cost=cost)
    stock.receive(receipt, "store-1", [line], currency="EUR")


def test_units_on_hand_are_bounded(stock: InventoryStore, corrections: Corrections) -> None:
    corrections.count(Count(count_id="c-1", counted=MAX_STOCK, unit_cost=0, **PLACE))
    with pytest.raises(InvalidRequest, match="at most 1,000,000,000 units"):
        corrections.adjust(Adjust(adjustment_id="a-1", quantity=1, reason="found", unit_cost=0, **PLACE))
    with pytest.raises(InvalidRequest, match="at most 1,000,000,000 units"):
        receive(stock, "r-1", 1, 0)
    corrections.adjust(Adjust(adjustment_id="a-2", quantity=-1, reason="lost", **PLACE))
    receive(stock, "r-1", 1, 0)
    assert stock.level("store-1", "TEA")["on_hand"] == MAX_STOCK


def test_stock_value_is_bounded(stock: InventoryStore, corrections: Corrections) -> None:
    receive(stock, "r-1", 1, MAX_AMOUNT)
    found = {"adjustment_id": "a-1", "quantity": 1, "reason": "found", **PLACE}
    with pytest.raises(InvalidRequest, match="minor units"):
        corrections.adjust(Adjust(unit_cost=1, **found))
    with pytest.raises(InvalidRequest, match="minor units"):
        receive(stock, "r-2", 1, 1)
    corrections.adjust(Adjust(unit_cost=0, **found))
    assert stock.level("store-1", "TEA")["stock_value"] == MAX_AMOUNT
    assert stock.drift() == []
