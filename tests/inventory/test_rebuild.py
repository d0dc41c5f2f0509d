"""Counters that drifted are found and mended from their history, and only while they stay as they were."""

from typing import Any

import pytest
from inventory.models import Line, ReceiptLine
from inventory.store import InventoryStore
from tillflow.store import key, marshal


@pytest.fixture
def store(dynamodb: Any, table: str) -> InventoryStore:
    stocked = InventoryStore(dynamodb, table)
    stocked.receive("seed", "store-1", [ReceiptLine(sku="A", quantity=5, cost=500)])
    stocked.reserve("ord-1", "store-1", [Line(sku="A", quantity=2)])
    return stocked


def spoil(dynamodb: Any, table: str, **counters: int) -> None:
    dynamodb.update_item(
        TableName=table,
        Key=key("LEVEL#store-1#A", "LEVEL"),
        UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in counters),
        ExpressionAttributeValues=marshal({f":{name}": value for name, value in counters.items()}),
    )


def test_a_drift_is_mended(dynamodb: Any, table: str, store: InventoryStore) -> None:
    spoil(dynamodb, table, reserved=4, available=1)
    [drift] = store.drift()
    assert (drift.stored.reserved, drift.rebuilt.reserved) == (4, 2)
    assert store.mend(drift)
    assert store.drift() == []
    assert store.level("store-1", "A")["available"] == 3


def test_a_level_that_is_gone_is_made_again(dynamodb: Any, table: str, store: InventoryStore) -> None:
    dynamodb.delete_item(TableName=table, Key=key("LEVEL#store-1#A", "LEVEL"))
    [drift] = store.drift()
    assert store.mend(drift)
    level = store.level("store-1", "A")
    assert (level["sku"], level["location"], level["on_hand"]) == ("A", "store-1", 5)


def test_a_level_that_changed_since_is_left_alone(dynamodb: Any, table: str, store: InventoryStore) -> None:
    spoil(dynamodb, table, reserved=4, available=1)
    [drift] = store.drift()
    store.reserve("ord-2", "store-1", [Line(sku="A", quantity=1)])
    assert not store.mend(drift)
    assert store.level("store-1", "A")["reserved"] == 5
