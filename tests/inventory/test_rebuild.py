"""Counters rebuilt from their history."""

from typing import Any

import pytest
from inventory.models import Line, OrderedLine, ReceiptLine
from inventory.on_order import OnOrder
from inventory.store import InventoryStore
from pydantic import ValidationError
from tillflow.store import key, marshal

from till.errors import explain_stored


@pytest.fixture
def store(dynamodb: Any, table: str) -> InventoryStore:
    stocked = InventoryStore(dynamodb, table)
    stocked.receive("seed", "store-1", [ReceiptLine(sku="A", quantity=5, cost=500)])
    stocked.reserve("ord-1", "store-1", [Line(sku="A", quantity=2)])
    return stocked


def tamper(dynamodb: Any, table: str, **counters: int) -> None:
    dynamodb.update_item(
        TableName=table,
        Key=key("LEVEL#store-1#A", "LEVEL"),
        UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in counters),
        ExpressionAttributeValues=marshal({f":{name}": value for name, value in counters.items()}),
    )


def test_drift_is_repaired(dynamodb: Any, table: str, store: InventoryStore) -> None:
    tamper(dynamodb, table, reserved=4, available=1)
    [drift] = store.drift()
    assert (drift.stored.reserved, drift.rebuilt.reserved) == (4, 2)
    assert store.repair(drift)
    assert store.drift() == []
    assert store.level("store-1", "A")["available"] == 3


def test_a_missing_level_is_created(dynamodb: Any, table: str, store: InventoryStore) -> None:
    dynamodb.delete_item(TableName=table, Key=key("LEVEL#store-1#A", "LEVEL"))
    [drift] = store.drift()
    assert store.repair(drift)
    level = store.level("store-1", "A")
    assert (level["sku"], level["location"], level["on_hand"]) == ("A", "store-1", 5)


def test_a_level_that_changed_since_is_not_repaired(dynamodb: Any, table: str, store: InventoryStore) -> None:
    tamper(dynamodb, table, reserved=4, available=1)
    [drift] = store.drift()
    store.reserve("ord-2", "store-1", [Line(sku="A", quantity=1)])
    assert not store.repair(drift)
    assert store.level("store-1", "A")["reserved"] == 5


def test_a_missing_level_that_was_created_since_is_not_repaired(
    dynamodb: Any, table: str, store: InventoryStore
) -> None:
    dynamodb.delete_item(TableName=table, Key=key("LEVEL#store-1#A", "LEVEL"))
    [drift] = store.drift()
    store.receive("rec-2", "store-1", [ReceiptLine(sku="A", quantity=1, cost=100)])
    assert not store.repair(drift)
    assert store.level("store-1", "A")["on_hand"] == 1


def test_units_on_order_that_changed_since_are_not_repaired(
    dynamodb: Any, table: str, store: InventoryStore
) -> None:
    on_order = OnOrder(dynamodb, table)
    on_order.raise_units("po-1", "store-1", [OrderedLine(sku="A", quantity=7)])
    tamper(dynamodb, table, on_order=3)
    [drift] = store.drift()
    on_order.raise_units("po-2", "store-1", [OrderedLine(sku="A", quantity=1)])
    assert not store.repair(drift)
    assert store.level("store-1", "A")["on_order"] == 4


def test_units_on_order_are_rebuilt(dynamodb: Any, table: str, store: InventoryStore) -> None:
    OnOrder(dynamodb, table).raise_units("po-1", "store-1", [OrderedLine(sku="A", quantity=7)])
    assert store.drift() == []
    tamper(dynamodb, table, on_order=3)
    [drift] = store.drift()
    assert (drift.stored.on_order, drift.rebuilt.on_order) == (3, 7)
    assert store.repair(drift)
    assert store.level("store-1", "A")["on_order"] == 7


def test_every_field_by_which_nothing_can_be_rebuilt_is_named_with_its_row(
    dynamodb: Any, table: str, store: InventoryStore
) -> None:
    for sk, name in {"LEVEL": "on_hand", "MOVE#1": "cost"}.items():
        dynamodb.update_item(
            TableName=table,
            Key=key("LEVEL#store-1#A", sk),
            UpdateExpression=f"SET {name} = :text",
            ExpressionAttributeValues=marshal({":text": "12abc"}),
        )
    with pytest.raises(ValidationError) as error:
        store.drift()
    assert {problem["loc"] for problem in error.value.errors()} == {
        ("level", "LEVEL#store-1#A LEVEL", "on_hand"),
        ("movement", "LEVEL#store-1#A MOVE#1", "cost"),
        *(("movement", "LEVEL#store-1#A MOVE#1", name) for name in ("location", "sku", "quantity")),
    }
    assert "movement.LEVEL#store-1#A MOVE#1.quantity: Field required" in str(explain_stored(error.value))
