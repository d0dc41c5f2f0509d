"""A counter that drifted below its documents: the write is refused with a named error, and nothing is written."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from inventory.errors import StockDrift
from inventory.models import Line, OrderedLine, ReceiptLine
from inventory.on_order import OnOrder
from inventory.store import InventoryStore
from inventory.transfers.models import Arrival, ArrivedLine, OpenTransfer
from inventory.transfers.store import TransferStore
from tillflow.errors import DomainError, StoreContention
from tillflow.store import key

from tests.support.interposed import Interposed

HERE, THERE = ("LEVEL#store-1#TEA", "LEVEL"), ("LEVEL#store-2#TEA", "LEVEL")
NOW = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.fixture
def stock(dynamodb: Any, table: str) -> InventoryStore:
    store = InventoryStore(dynamodb, table)
    store.receive("seed", "store-1", [ReceiptLine(sku="TEA", quantity=10, cost=1000)])
    return store


@pytest.fixture
def tamper(dynamodb: Any, table: str) -> Callable[..., None]:
    """Set a counter of a row directly."""

    def setting(place: tuple[str, str], name: str, value: int) -> None:
        dynamodb.update_item(
            TableName=table,
            Key=key(*place),
            UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": {"N": str(value)}},
        )

    return setting


def test_reserved(stock: InventoryStore, tamper: Callable[..., None]) -> None:
    stock.reserve("ord-1", "store-1", [Line(sku="TEA", quantity=2)])
    tamper(HERE, "reserved", 1)
    with pytest.raises(StockDrift, match="reserved of sku TEA at store-1"):
        stock.release("ord-1")
    assert stock.level("store-1", "TEA")["reserved"] == 1
    assert [row.state for row in stock.reservations("ord-1")] == ["OPEN"]


def test_on_order(stock: InventoryStore, dynamodb: Any, table: str, tamper: Callable[..., None]) -> None:
    orders = OnOrder(dynamodb, table)
    orders.raise_units("po-1", "store-1", [OrderedLine(sku="TEA", quantity=24)])
    tamper(HERE, "on_order", 23)
    with pytest.raises(StockDrift, match="on_order of sku TEA at store-1"):
        orders.lower_units("po-1", "cancelled", None)
    assert stock.level("store-1", "TEA")["on_order"] == 23
    assert [row["open"] for row in orders.rows("po-1")] == [24]


def test_open_units_of_an_order(
    stock: InventoryStore, dynamodb: Any, table: str, tamper: Callable[..., None]
) -> None:
    between = Interposed(dynamodb)
    orders = OnOrder(between, table)
    orders.raise_units("po-1", "store-1", [OrderedLine(sku="TEA", quantity=24)])
    between.before(
        "transact_write_items", lambda: tamper(("PURCHASE#po-1", "ONORDER#store-1#TEA"), "open", 1)
    )
    lowered = orders.lower_units("po-1", "receipt-1", [Line(sku="TEA", quantity=24)])["lowered"]
    assert lowered == [{"sku": "TEA", "quantity": 1}]
    assert [row["open"] for row in orders.rows("po-1")] == [0]


@pytest.mark.parametrize(
    ("place", "name", "error"),
    [
        (THERE, "on_order", StockDrift),
        (("TRANSFER#t-1", "ONORDER#store-2#TEA"), "open", StoreContention),
    ],
)
def test_in_transit(
    stock: InventoryStore,
    dynamodb: Any,
    table: str,
    tamper: Callable[..., None],
    place: tuple[str, str],
    name: str,
    error: type[DomainError],
) -> None:
    transfers, lines = TransferStore(dynamodb, table), [{"sku": "TEA", "quantity": 4}]
    asked = {"source": "store-1", "destination": "store-2", "currency": "EUR", "lines": lines}
    transfers.open(OpenTransfer.model_validate({"transfer_id": "t-1", **asked}))
    InventoryStore(dynamodb, table, "TRANSFER").reserve("t-1", "store-1", [Line(sku="TEA", quantity=4)])
    OnOrder(dynamodb, table, "TRANSFER").raise_units("t-1", "store-2", [OrderedLine(sku="TEA", quantity=4)])
    transfers.change("t-1", lambda transfer: transfer.model_copy(update={"left_at": NOW}))
    transfers.ship("t-1")
    arrived = (ArrivedLine(sku="TEA", quantity=3, lost=1),)
    transfers.record_arrival("t-1", Arrival(arrival_id="a", arrived_at=NOW, lines=arrived))
    tamper(place, name, 3)
    with pytest.raises(error):
        transfers.book("t-1")
    assert stock.level("store-2", "TEA")["on_hand"] == 0
    tamper(place, name, 4)
    transfers.book("t-1")
    assert stock.level("store-2", "TEA")["on_hand"] == 3


@pytest.mark.parametrize("counter", ["on_hand", "reserved"])
def test_committed(stock: InventoryStore, tamper: Callable[..., None], counter: str) -> None:
    stock.reserve("ord-1", "store-1", [Line(sku="TEA", quantity=2)])
    tamper(HERE, counter, 1)
    with pytest.raises(StockDrift, match=f"{counter} of sku TEA at store-1"):
        stock.commit("ord-1")
    assert [row.state for row in stock.reservations("ord-1")] == ["OPEN"]
    [drift] = stock.drift()
    assert stock.repair(drift)
    assert stock.commit("ord-1")["cost"] == 200
