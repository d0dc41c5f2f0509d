"""Every effect of more lines than one transaction holds is complete, and is applied once: n - 1, n and n + 1 lines."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from inventory.models import Line, OrderedLine, ReceiptLine
from inventory.on_order import LINES_PER_TRANSACTION, OnOrder
from inventory.publisher import StockPublisher
from inventory.store import LINES_PER_CHUNK, RECEIVED_PER_TRANSACTION, InventoryStore
from inventory.supplier_returns import RETURNED_PER_TRANSACTION, SupplierReturns
from inventory.transfers import rules
from inventory.transfers.models import Arrival, ArrivedLine, AwaitTransfer, OpenTransfer
from inventory.transfers.store import ARRIVED_PER_TRANSACTION, TransferStore
from tillflow.errors import OrderClosed
from tillflow.publishing import ENTRIES_PER_CALL
from tillflow.store import marshal

from tests.support.boundaries import around
from tests.support.interposed import Interposed

PLACE = "store-1"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def skus(size: int) -> list[str]:
    return [f"SKU-{number:03}" for number in range(size)]


def lines(size: int, quantity: int = 1) -> list[Line]:
    return [Line(sku=sku, quantity=quantity) for sku in skus(size)]


@pytest.fixture
def client(dynamodb: Any) -> Interposed:
    return Interposed(dynamodb)


@pytest.fixture
def stocked(client: Interposed, table: str) -> Callable[[int], InventoryStore]:
    def stock(size: int, place: str = PLACE) -> InventoryStore:
        store = InventoryStore(client, table)
        store.receive("seed", place, [ReceiptLine(sku=sku, quantity=3, cost=10) for sku in skus(size)])
        return store

    return stock


def stop() -> None:
    raise ConnectionAbortedError


def transactions(client: Interposed, apply: Callable[[], Any]) -> int:
    """Return how many transactions an effect takes, applied a second time without another result."""
    before = client.calls["transact_write_items"]
    result = apply()
    count = client.calls["transact_write_items"] - before
    assert apply() == result
    return count


def expected(size: int, limit: int) -> int:
    return 1 if size <= limit else 2


def counters(store: InventoryStore, size: int, place: str = PLACE) -> set[tuple[int, int, int]]:
    assert store.drift() == []
    levels = [store.level(place, sku) for sku in skus(size)]
    return {(row["on_hand"], row["reserved"], row.get("on_order", 0)) for row in levels}


@around(RECEIVED_PER_TRANSACTION)
def test_receive(stocked: Any, client: Interposed, size: int) -> None:
    store = stocked(0)
    goods = [ReceiptLine(sku=sku, quantity=2, cost=7) for sku in skus(size)]
    count = transactions(client, lambda: store.receive("rec-1", PLACE, goods))
    assert count == expected(size, RECEIVED_PER_TRANSACTION)
    assert counters(store, size) == {(2, 0, 0)}


@around(LINES_PER_CHUNK)
def test_reserve(stocked: Any, client: Interposed, size: int) -> None:
    store = stocked(size)
    count = transactions(client, lambda: store.reserve("ord-1", PLACE, lines(size)))
    assert count == expected(size, LINES_PER_CHUNK)
    assert counters(store, size) == {(3, 1, 0)}


@around(LINES_PER_CHUNK)
def test_release(stocked: Any, client: Interposed, size: int) -> None:
    store = stocked(size)
    store.reserve("ord-1", PLACE, lines(size))
    count = transactions(client, lambda: store.release("ord-1"))
    assert count == expected(size, LINES_PER_CHUNK)
    assert counters(store, size) == {(3, 0, 0)}


@around(LINES_PER_CHUNK)
def test_commit(stocked: Any, client: Interposed, size: int) -> None:
    store = stocked(size)
    store.reserve("ord-1", PLACE, lines(size))
    count = transactions(client, lambda: store.commit("ord-1"))
    assert count == expected(size, LINES_PER_CHUNK)
    assert counters(store, size) == {(2, 0, 0)}


@around(LINES_PER_CHUNK)
def test_restock(stocked: Any, client: Interposed, size: int) -> None:
    store = stocked(size)
    store.reserve("ord-1", PLACE, lines(size))
    store.commit("ord-1")
    count = transactions(client, lambda: store.restock("ord-1"))
    assert count == expected(size, LINES_PER_CHUNK)
    assert counters(store, size) == {(3, 0, 0)}


def test_commit_by_hand_keeps_the_chunk_that_was_taken_and_releases_the_other(
    stocked: Any, client: Interposed
) -> None:
    size = LINES_PER_CHUNK + 1
    store = stocked(size)
    store.reserve("ord-1", PLACE, lines(size))
    client.before("transact_write_items", stop, nth=2)
    with pytest.raises(ConnectionAbortedError):
        store.commit("ord-1")
    result = store.commit_by_hand("ord-1")
    assert store.commit_by_hand("ord-1") == result
    assert counters(store, LINES_PER_CHUNK) == {(2, 0, 0)}
    assert store.level(PLACE, skus(size)[-1])["reserved"] == 0
    assert result["cost"] == sum(line["cost"] for line in result["lines"]) > 0
    with pytest.raises(OrderClosed):
        store.commit("ord-1")


@around(RETURNED_PER_TRANSACTION)
def test_return_to_supplier(stocked: Any, client: Interposed, table: str, size: int) -> None:
    store = stocked(size)
    store.receive(
        "po-1", PLACE, [ReceiptLine(sku=sku, quantity=2, cost=7) for sku in skus(size)], "receipt-1"
    )
    returns = SupplierReturns(client, table)
    count = transactions(client, lambda: returns.return_goods("po-1", PLACE, ["receipt-1"]))
    assert count == 1 + expected(size, RETURNED_PER_TRANSACTION)  # the marker of a late receipt first
    assert counters(store, size) == {(3, 0, 0)}


@around(LINES_PER_TRANSACTION)
def test_raise_and_lower_on_order(stocked: Any, client: Interposed, table: str, size: int) -> None:
    store, orders = stocked(size), OnOrder(client, table)
    goods = [OrderedLine(sku=sku, quantity=5) for sku in skus(size)]
    count = transactions(client, lambda: orders.raise_units("po-1", PLACE, goods))
    assert count == expected(size, LINES_PER_TRANSACTION)
    assert counters(store, size) == {(3, 0, 5)}
    count = transactions(client, lambda: orders.lower_units("po-1", "receipt-1", lines(size, 2)))
    assert count == expected(size, LINES_PER_TRANSACTION)
    assert counters(store, size) == {(3, 0, 3)}


@around(ARRIVED_PER_TRANSACTION)
def test_arrive(stocked: Any, client: Interposed, table: str, size: int) -> None:
    store, transfers = stocked(size, "warehouse"), TransferStore(client, table)
    requested = [{"sku": sku, "quantity": 3} for sku in skus(size)]
    request = {"source": "warehouse", "destination": PLACE, "currency": "EUR", "lines": requested}
    transfers.open(OpenTransfer.model_validate({"transfer_id": "t-1", **request}))
    InventoryStore(client, table, "TRANSFER").reserve("t-1", "warehouse", lines(size, 3))
    goods = [OrderedLine(sku=sku, quantity=3) for sku in skus(size)]
    OnOrder(client, table, "TRANSFER").raise_units("t-1", PLACE, goods)
    waiting = AwaitTransfer(transfer_id="t-1", waiting_for="shipment", waiting_since="1", task_token="t")
    transfers.change("t-1", lambda before: rules.report_shipment(rules.wait_for(before, waiting), NOW))
    transfers.ship("t-1")
    arrived = tuple(ArrivedLine(sku=sku, quantity=2, lost=1) for sku in skus(size))
    transfers.record_arrival("t-1", Arrival(arrival_id="van-1", arrived_at=NOW, lines=arrived))
    count = transactions(client, lambda: transfers.book("t-1"))
    assert count == expected(size, ARRIVED_PER_TRANSACTION) + 1  # the document last
    assert counters(store, size) == {(2, 0, 0)}
    assert counters(store, size, "warehouse") == {(0, 0, 0)}


@around(ENTRIES_PER_CALL)
def test_publish(size: int) -> None:
    class Bus:
        def __init__(self) -> None:
            self.calls: list[int] = []

        def put_events(self, Entries: list[Any]) -> dict[str, int]:
            self.calls.append(len(Entries))
            return {"FailedEntryCount": 0}

    movement = {
        "business_id": "adj-1",
        "kind": "count",
        "location": PLACE,
        "sku": "TEA",
        "quantity": -1,
        "cost": 1,
        "currency": "EUR",
        "reason": "counted",
    }
    bus = Bus()
    records = [{"dynamodb": {"NewImage": marshal(movement), "SequenceNumber": str(n)}} for n in range(size)]
    assert StockPublisher(bus, "orders").publish(records) == size
    assert sum(bus.calls) == size
    assert len(bus.calls) == expected(size, ENTRIES_PER_CALL)
