"""Reserve, release, commit and receive, delivered once, twice, late and in each other's way."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from inventory.models import Line, ReceiptLine
from inventory.store import InventoryStore
from tillflow.errors import (
    IdempotencyConflict,
    InsufficientStock,
    InvalidRequest,
    OrderClosed,
    StoreContention,
)
from tillflow.store import marshal, unmarshal

from tests.support.interposed import Died, Interposed, Mortal, conflict, throttled

type Levels = tuple[int, int, int]


@pytest.fixture
def client(dynamodb: Any) -> Interposed:
    return Interposed(dynamodb)


@pytest.fixture
def store(client: Interposed, table: str) -> InventoryStore:
    stocked = InventoryStore(client, table)
    stocked.receive("rec-1", "store-1", [ReceiptLine(sku="A", quantity=5, cost=1000), receipt("B", 3, 10)])
    return stocked


def receipt(sku: str, quantity: int, cost: int) -> ReceiptLine:
    return ReceiptLine(sku=sku, quantity=quantity, cost=cost)


def wanted(**quantities: int) -> list[Line]:
    return [Line(sku=sku, quantity=quantity) for sku, quantity in quantities.items()]


def counters(store: InventoryStore, sku: str) -> Levels:
    level = store.level("store-1", sku)
    assert level["available"] == level["on_hand"] - level["reserved"]
    return level["on_hand"], level["reserved"], level["stock_value"]


def movements(dynamodb: Any, table: str, sku: str) -> list[dict[str, Any]]:
    rows = [unmarshal(row) for row in dynamodb.scan(TableName=table)["Items"]]
    return sorted(
        (row for row in rows if row["sk"].startswith("MOVE#") and row["sku"] == sku),
        key=lambda row: row["sk"],
    )


def test_reserving_merges_lines_and_sorts_by_sku(store: InventoryStore) -> None:
    lines = [*wanted(B=1, A=2), *wanted(A=1)]
    response = {
        "business_id": "ord-1",
        "reserved": [{"sku": "A", "quantity": 3}, {"sku": "B", "quantity": 1}],
    }
    assert store.reserve("ord-1", "store-1", lines) == response
    assert counters(store, "A") == (5, 3, 1000)
    assert store.reserve("ord-1", "store-1", lines) == response, "a second delivery gets the first response"
    assert counters(store, "A") == (5, 3, 1000)


def test_two_lines_of_one_sku_cannot_each_pass(store: InventoryStore) -> None:
    with pytest.raises(InsufficientStock) as refusal:
        store.reserve("ord-1", "store-1", [*wanted(A=3), *wanted(A=3)])
    assert (refusal.value.sku, refusal.value.requested, refusal.value.available) == ("A", 6, 5)


def test_a_short_line_reserves_nothing_and_is_named(store: InventoryStore) -> None:
    with pytest.raises(InsufficientStock, match="sku B at store-1: 4 requested, 3 available"):
        store.reserve("ord-1", "store-1", wanted(A=1, B=4))
    with pytest.raises(InsufficientStock, match="sku NEW at store-1: 1 requested, 0 available"):
        store.reserve("ord-2", "store-1", wanted(A=1, NEW=1))
    with pytest.raises(InsufficientStock, match="sku A at store-2"):
        store.reserve("ord-3", "store-2", wanted(A=1))
    assert counters(store, "A") == (5, 0, 1000)
    assert store.reservations("ord-1") == []


def test_reserved_units_are_not_available_to_another_order(store: InventoryStore) -> None:
    store.reserve("ord-1", "store-1", wanted(A=4))
    with pytest.raises(InsufficientStock, match="2 requested, 1 available"):
        store.reserve("ord-2", "store-1", wanted(A=2))


def test_an_order_reserved_before_with_other_lines_is_refused(store: InventoryStore) -> None:
    store.reserve("ord-1", "store-1", wanted(A=1))
    with pytest.raises(IdempotencyConflict, match="reserve of order ord-1 exists"):
        store.reserve("ord-1", "store-1", wanted(A=2))
    assert counters(store, "A") == (5, 1, 1000)


def test_releasing_gives_back_once(store: InventoryStore) -> None:
    store.reserve("ord-1", "store-1", wanted(A=2, B=1))
    response = {
        "business_id": "ord-1",
        "released": [{"sku": "A", "quantity": 2}, {"sku": "B", "quantity": 1}],
    }
    assert store.release("ord-1") == response
    assert store.release("ord-1") == response
    assert (counters(store, "A"), counters(store, "B")) == ((5, 0, 1000), (3, 0, 10))


def test_release_without_a_reservation_succeeds_and_closes_the_order(store: InventoryStore) -> None:
    assert store.release("ord-1") == {"business_id": "ord-1", "released": []}
    with pytest.raises(OrderClosed, match="ord-1 is closed; reserve"):
        store.reserve("ord-1", "store-1", wanted(A=1))
    assert counters(store, "A") == (5, 0, 1000)


def test_a_second_reserve_after_the_release_is_refused_too(store: InventoryStore) -> None:
    store.reserve("ord-1", "store-1", wanted(A=1))
    store.release("ord-1")
    with pytest.raises(OrderClosed):
        store.reserve("ord-1", "store-1", wanted(A=1))


def test_committing_moves_stock_out_at_moving_average(
    store: InventoryStore, dynamodb: Any, table: str
) -> None:
    store.receive("rec-2", "store-1", [receipt("A", 1, 100)])
    store.reserve("ord-1", "store-1", wanted(A=4, B=2))
    response = store.commit("ord-1")
    lines = [{"sku": "A", "quantity": 4, "cost": 733}, {"sku": "B", "quantity": 2, "cost": 7}]
    assert response == {"business_id": "ord-1", "cost": 740, "lines": lines}
    assert store.commit("ord-1") == response
    assert (counters(store, "A"), counters(store, "B")) == ((2, 0, 367), (1, 0, 3))
    *receipts, sale = movements(dynamodb, table, "A")
    assert [move["quantity"] for move in receipts] == [5, 1]
    assert sale["sk"] == f"MOVE##{sale['at']}#ord-1#sale"
    assert (sale["kind"], sale["quantity"], sale["cost"]) == ("sale", -4, 733)
    assert [row.state for row in store.reservations("ord-1")] == ["COMMITTED"]
    assert store.drift() == []


def test_the_last_unit_takes_the_rest_of_the_value(store: InventoryStore) -> None:
    costs = []
    for order in ("ord-1", "ord-2", "ord-3"):
        store.reserve(order, "store-1", wanted(B=1))
        costs.append(store.commit(order)["cost"])
    assert costs == [3, 4, 3]
    assert counters(store, "B") == (0, 0, 0)


def test_a_commit_after_the_release_is_refused(store: InventoryStore) -> None:
    store.reserve("ord-1", "store-1", wanted(A=1))
    store.release("ord-1")
    store.release("ord-2")
    for order in ("ord-1", "ord-2"):
        with pytest.raises(OrderClosed, match="closed; commit"):
            store.commit(order)
    with pytest.raises(InvalidRequest, match="a document with reserved stock"):
        store.commit("ord-3")


def test_a_late_commit_is_refused_though_the_units_were_sold_to_another(store: InventoryStore) -> None:
    store.reserve("ord-1", "store-1", wanted(A=5))
    store.release("ord-1")
    store.reserve("ord-2", "store-1", wanted(A=5))
    store.commit("ord-2")
    with pytest.raises(OrderClosed):
        store.commit("ord-1")


def test_release_after_the_commit_changes_nothing(store: InventoryStore) -> None:
    store.reserve("ord-1", "store-1", wanted(A=1))
    response = store.commit("ord-1")
    assert store.release("ord-1") == {"business_id": "ord-1", "released": []}
    assert store.commit("ord-1") == response
    assert counters(store, "A") == (4, 0, 800)


def test_a_receipt_counts_once(store: InventoryStore) -> None:
    lines = [receipt("A", 1, 90), receipt("A", 2, 10)]
    response = {
        "business_id": "rec-2",
        "step": "receipt",
        "received": [{"sku": "A", "quantity": 3, "cost": 100}],
    }
    assert store.receive("rec-2", "store-1", lines) == response
    assert store.receive("rec-2", "store-1", lines) == response
    assert counters(store, "A") == (8, 0, 1100)
    with pytest.raises(IdempotencyConflict, match="receipt of receipt rec-2 exists"):
        store.receive("rec-2", "store-1", [receipt("A", 1, 90)])


def test_movements_are_listed_by_time_and_page(store: InventoryStore, dynamodb: Any, table: str) -> None:
    """Those of release 0.1.0, which had no time in their key, are in no list."""
    old = {
        "pk": "LEVEL#store-1#A",
        "sk": "MOVE#2026-rec-0#receipt",
        "quantity": 0,
        "at": "2026-11-01T00:00:00Z",
    }
    dynamodb.put_item(TableName=table, Item=marshal(old))
    store.receive("rec-2", "store-1", [receipt("A", 1, 100), receipt("B", 1, 1)])
    store.reserve("ord-1", "store-1", wanted(A=4))
    store.commit("ord-1")
    newest = store.list_movements("store-1", "A", 2, "", None)
    oldest = store.list_movements("store-1", "A", 2, newest.after or "", None)
    assert [row["business_id"] for row in (*newest.rows, *oldest.rows)] == ["ord-1", "rec-2", "rec-1"]
    assert oldest.after is None
    today = newest.rows[0]["at"][:10]
    assert len(store.list_movements("store-1", "A", 9, "", (today, f"{today}~")).rows) == 3
    assert store.list_movements("store-1", "A", 9, "", ("2026-01-01", "2026-01-02~")).rows == []


@pytest.mark.parametrize(("step", "kind"), [("commit", "sale"), ("ship", "transfer_out")])
def test_step_applied_after_the_lookup_is_not_applied_twice(
    store: InventoryStore, client: Interposed, step: str, kind: str
) -> None:
    store.reserve("ord-1", "store-1", wanted(A=2))
    client.before("transact_write_items", lambda: store.issue("ord-1", step, kind))
    assert store.issue("ord-1", step, kind) == [{"sku": "A", "quantity": 2, "cost": 400}]
    assert counters(store, "A") == (3, 0, 600)


def test_reserve_of_other_lines_in_a_later_chunk_is_refused(store: InventoryStore) -> None:
    """Also when the first call stopped before that chunk."""
    skus = [f"S{number:02}" for number in range(60)]
    store.receive("rec-2", "store-1", [receipt(sku, 2, 11) for sku in skus[:59]])
    lines = [Line(sku=sku, quantity=1) for sku in skus]
    with pytest.raises(InsufficientStock, match="S59"):
        store.reserve("ord-1", "store-1", lines)
    with pytest.raises(IdempotencyConflict, match="reserve of order ord-1 exists"):
        store.reserve("ord-1", "store-1", lines[:59])


def test_unstocked_sku_has_no_reorder_point(store: InventoryStore) -> None:
    with pytest.raises(InvalidRequest, match="a SKU that was stocked at store-1"):
        store.set_reorder_point("store-1", "C", 5)
    assert store.level("store-1", "C") == {}


def test_orders_larger_than_a_transaction(store: InventoryStore, client: Interposed) -> None:
    skus = [f"S{number:02}" for number in range(60)]
    store.receive("rec-2", "store-1", [receipt(sku, 2, 11) for sku in skus])
    lines = [Line(sku=sku, quantity=1) for sku in skus]
    before = client.calls["transact_write_items"]
    assert len(store.reserve("ord-1", "store-1", lines)["reserved"]) == 60
    assert client.calls["transact_write_items"] - before == 2
    assert store.reserve("ord-1", "store-1", lines)["reserved"][59] == {"sku": "S59", "quantity": 1}
    response = store.commit("ord-1")
    assert (len(response["lines"]), response["cost"]) == (60, 60 * 6)
    assert store.commit("ord-1") == response
    # The second order runs out at its last SKU, after its first transaction was written.
    store.reserve("ord-2", "store-1", wanted(S59=1))
    with pytest.raises(InsufficientStock, match="sku S59"):
        store.reserve("ord-3", "store-1", lines)
    assert store.level("store-1", "S00")["reserved"] == 1
    assert len(store.release("ord-3")["released"]) == 49
    assert store.level("store-1", "S00")["reserved"] == 0
    assert store.drift() == []


def test_later_chunk_of_a_reserve_is_refused_after_the_release(
    store: InventoryStore, client: Interposed
) -> None:
    skus = [f"S{number:02}" for number in range(60)]
    store.receive("rec-2", "store-1", [receipt(sku, 2, 11) for sku in skus])
    client.before("transact_write_items", lambda: store.release("ord-1"), nth=2)
    with pytest.raises(OrderClosed, match="reserve is no longer accepted"):
        store.reserve("ord-1", "store-1", [Line(sku=sku, quantity=1) for sku in skus])
    assert {store.level("store-1", sku)["reserved"] for sku in skus} == {0}
    assert store.drift() == []


def test_later_chunk_of_a_commit_is_refused_after_the_restock(
    store: InventoryStore, client: Interposed
) -> None:
    skus = [f"S{number:02}" for number in range(60)]
    store.receive("rec-2", "store-1", [receipt(sku, 2, 11) for sku in skus])
    store.reserve("ord-1", "store-1", [Line(sku=sku, quantity=1) for sku in skus])
    client.before("transact_write_items", lambda: store.restock("ord-1"), nth=2)
    with pytest.raises((OrderClosed, StoreContention)):
        store.commit("ord-1")
    with pytest.raises(OrderClosed, match="commit is no longer accepted"):
        store.commit("ord-1")
    assert {store.level("store-1", sku)["on_hand"] for sku in skus} == {2}
    assert store.drift() == []


@pytest.mark.parametrize("trouble", [conflict, throttled])
def test_contention_is_retried_a_few_times(
    store: InventoryStore, client: Interposed, trouble: Callable[[], None]
) -> None:
    for nth in (1, 2, 3):
        client.before("transact_write_items", trouble, nth)
    store.reserve("ord-1", "store-1", wanted(A=1))
    assert counters(store, "A") == (5, 1, 1000)


@pytest.mark.parametrize(
    "verb",
    [
        lambda store: store.reserve("ord-2", "store-1", wanted(A=1)),
        lambda store: store.commit("ord-1"),
        lambda store: store.release("ord-1"),
        lambda store: store.receive("rec-2", "store-1", [receipt("A", 1, 1)]),
    ],
    ids=["reserve", "commit", "release", "receive"],
)
def test_persistent_contention_is_raised_to_the_workflow(
    store: InventoryStore, client: Interposed, verb: Callable[[InventoryStore], Any]
) -> None:
    store.reserve("ord-1", "store-1", wanted(A=1))
    tried = client.calls["transact_write_items"]
    for nth in range(1, 20):
        client.before("transact_write_items", conflict, nth)
    with pytest.raises(StoreContention):
        verb(store)
    assert 1 < client.calls["transact_write_items"] - tried < 10
    assert counters(store, "A") == (5, 1, 1000), "nothing was written"
    client.calls["transact_write_items"] += 20
    verb(store)
    assert counters(store, "A") != (5, 1, 1000), "the workflow's next try goes through"
    assert store.drift() == []


def test_a_reserve_overtaken_by_the_release_between_its_transactions(
    store: InventoryStore, client: Interposed
) -> None:
    skus = [f"S{number:02}" for number in range(50)]
    store.receive("rec-2", "store-1", [receipt(sku, 1, 1) for sku in skus])
    client.before("transact_write_items", lambda: store.release("ord-1"), nth=2)
    with pytest.raises(OrderClosed):
        store.reserve("ord-1", "store-1", [Line(sku=sku, quantity=1) for sku in skus])
    assert store.drift() == []
    assert all(store.level("store-1", sku)["reserved"] == 0 for sku in skus)


def test_a_commit_that_read_a_level_before_another_changed_it(
    store: InventoryStore, client: Interposed
) -> None:
    store.reserve("ord-1", "store-1", wanted(A=1))
    client.before("transact_write_items", lambda: store.receive("rec-2", "store-1", [receipt("A", 5, 0)]))
    assert store.commit("ord-1")["cost"] == 100, "the average after the receipt: 1000 over 10 units"
    assert counters(store, "A") == (9, 0, 900)


@pytest.mark.parametrize("moment", ["batch_get_item", "transact_write_items"])
def test_two_commits_of_the_last_units_at_once(
    store: InventoryStore, client: Interposed, moment: str
) -> None:
    store.reserve("ord-1", "store-1", wanted(A=5))
    client.before(moment, lambda: store.commit("ord-1"))
    assert store.commit("ord-1")["cost"] == 1000
    assert counters(store, "A") == (0, 0, 0)


def test_a_commit_whose_units_left_while_it_was_reading(
    store: InventoryStore, dynamodb: Any, table: str
) -> None:
    """The reservation was read before the other delivery ended it, the level after."""
    store.reserve("ord-1", "store-1", wanted(A=5))

    class HalfRead(Interposed):
        def __getattr__(self, operation: str) -> Any:
            real = super().__getattr__(operation)
            if operation != "batch_get_item" or self.calls["late"]:
                return real

            def read(**request: Any) -> Any:
                self.calls["late"] += 1
                before, _ = real(**request), other.commit("ord-1")
                response = real(**request)
                response["Responses"][table] = [
                    row
                    for moment, is_level in ((before, False), (response, True))
                    for row in moment["Responses"][table]
                    if (row["sk"]["S"] == "LEVEL") is is_level
                ]
                return response

            return read

    other = InventoryStore(dynamodb, table)
    assert InventoryStore(HalfRead(dynamodb), table).commit("ord-1")["cost"] == 1000
    assert counters(other, "A") == (0, 0, 0)


@pytest.mark.parametrize("moment", ["batch_get_item", "transact_write_items"])
def test_release_and_commit_at_once_end_one_way(
    store: InventoryStore, client: Interposed, moment: str
) -> None:
    store.reserve("ord-1", "store-1", wanted(A=2))
    client.before(moment, lambda: store.release("ord-1"))
    with pytest.raises(OrderClosed):
        store.commit("ord-1")
    assert counters(store, "A") == (5, 0, 1000)
    store.reserve("ord-2", "store-1", wanted(A=2))
    client.before("update_item", lambda: store.commit("ord-2"))  # the tombstone
    assert store.release("ord-2")["released"] == []
    assert counters(store, "A") == (3, 0, 600)


def test_two_releases_at_once_give_back_once(store: InventoryStore, client: Interposed) -> None:
    store.reserve("ord-1", "store-1", wanted(A=2))
    store.reserve("ord-2", "store-1", wanted(A=3))
    client.before("transact_write_items", lambda: store.release("ord-1"), nth=2)
    assert store.release("ord-1")["released"] == [{"sku": "A", "quantity": 2}]
    assert counters(store, "A") == (5, 3, 1000), "what another order holds stays held"


def test_a_commit_crossed_by_a_release_that_died_after_its_tombstone(
    store: InventoryStore, client: Interposed, dynamodb: Any, table: str
) -> None:
    def half_release() -> None:
        with pytest.raises(Died):
            # It has read the reservations, written the tombstone, and read them again.
            InventoryStore(Mortal(dynamodb, dies_before=4), table).release("ord-1")

    store.reserve("ord-1", "store-1", wanted(A=2))
    client.before("transact_write_items", half_release)
    with pytest.raises(OrderClosed):
        store.commit("ord-1")
    assert store.release("ord-1")["released"] == [{"sku": "A", "quantity": 2}]
    assert counters(store, "A") == (5, 0, 1000)


def test_drift_is_reported(store: InventoryStore, dynamodb: Any, table: str) -> None:
    dynamodb.update_item(
        TableName=table,
        Key={"pk": {"S": "LEVEL#store-1#A"}, "sk": {"S": "LEVEL"}},
        UpdateExpression="SET reserved = :wrong",
        ExpressionAttributeValues={":wrong": {"N": "-1"}},
    )
    (drift,) = store.drift()
    assert (drift.sku, drift.stored.reserved, drift.rebuilt.reserved) == ("A", -1, 0)


def test_the_sample_events(
    store: InventoryStore, client: Interposed, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.receive("rec-2", "store-1", [receipt("COF-ESP-1KG", 9, 9000), receipt("MUG-WHT-300", 9, 2700)])
    monkeypatch.setenv("TABLE_NAME", table)
    handler = importlib.import_module("inventory.handlers")
    monkeypatch.setattr(handler, "store", store)
    events = Path(__file__).parents[2] / "events"

    def deliver(name: str) -> Any:
        event = json.loads((events / f"{name}.json").read_text())
        return getattr(handler, name)(event, SimpleNamespace(aws_request_id="r"))

    order = "ord-2026-11-23-store-1-0001"
    units = [{"sku": "COF-ESP-1KG", "quantity": 2}, {"sku": "MUG-WHT-300", "quantity": 1}]
    assert deliver("reserve_stock") == {"business_id": order, "reserved": units}
    assert deliver("commit_stock")["cost"] == 2300
    assert deliver("release_stock") == {"business_id": order, "released": []}
