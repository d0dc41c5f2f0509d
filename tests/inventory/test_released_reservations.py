"""Reservations that release 0.1.0 stored are released, taken, put back and returned as those of chunks."""

import json
from typing import Any

import pytest
from inventory.customer_returns import CustomerReturns
from inventory.models import Line, ReceiptLine, ReturnedUnits
from inventory.store import InventoryStore
from tillflow.errors import IdempotencyConflict, InvalidRequest, OrderClosed
from tillflow.store import marshal

from tests.support.interposed import Interposed
from tests.support.released_reservations import rewrite_as_released

PK = "ORDER#ord-1"
SKUS = ["S00", "S01", "S02"]
LINES = [Line(sku=sku, quantity=2) for sku in SKUS]


@pytest.fixture
def store(dynamodb: Any, table: str) -> InventoryStore:
    """An order whose lines were reserved by release 0.1.0, of three units of each SKU."""
    store = InventoryStore(dynamodb, table)
    store.receive("rec-1", "store-1", [ReceiptLine(sku=sku, quantity=3, cost=30) for sku in SKUS])
    store.reserve("ord-1", "store-1", LINES)
    rewrite_as_released(dynamodb, table, PK)
    assert len(store.reservations("ord-1")) == 3
    return store


def counters(store: InventoryStore) -> set[tuple[int, int]]:
    assert store.drift() == []
    levels = [store.level("store-1", sku) for sku in SKUS]
    return {(level["on_hand"], level["reserved"]) for level in levels}


def test_reserving_again_changes_nothing(store: InventoryStore) -> None:
    assert len(store.reserve("ord-1", "store-1", LINES)["reserved"]) == 3
    assert counters(store) == {(3, 2)}


def test_reserving_other_lines_is_refused(store: InventoryStore) -> None:
    with pytest.raises(IdempotencyConflict, match="reserve of order ord-1 exists"):
        store.reserve("ord-1", "store-1", [*LINES[:-1], Line(sku="S02", quantity=1)])


def test_reserve_that_stopped_between_chunks_continues(
    store: InventoryStore, dynamodb: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inventory.store.LINES_PER_CHUNK", 2)
    store.reserve("ord-2", "store-1", [Line(sku=sku, quantity=1) for sku in SKUS[:2]])
    rewrite_as_released(dynamodb, table, "ORDER#ord-2")
    request = json.dumps({"location": "store-1", "lines": dict.fromkeys(SKUS, 1)})
    marker = {"pk": "ORDER#ord-2", "sk": "STEP#reserve#0", "result": "null", "request": request}
    dynamodb.put_item(TableName=table, Item=marshal(marker))
    store.reserve("ord-2", "store-1", [Line(sku=sku, quantity=1) for sku in SKUS])
    assert counters(store) == {(3, 3)}
    assert [line["sku"] for line in store.commit("ord-2")["lines"]] == SKUS
    assert counters(store) == {(2, 2)}


def test_commit_takes_the_units_once(store: InventoryStore) -> None:
    response = store.commit("ord-1")
    assert response["cost"] == 3 * 20
    assert store.commit("ord-1") == response
    assert counters(store) == {(1, 0)}
    assert store.release("ord-1")["released"] == []
    assert store.commit("ord-1") == response


def test_release_frees_the_units_once(store: InventoryStore) -> None:
    response = store.release("ord-1")
    assert len(response["released"]) == 3
    assert store.release("ord-1") == response
    assert counters(store) == {(3, 0)}
    for late in (lambda: store.commit("ord-1"), lambda: store.reserve("ord-1", "store-1", LINES)):
        with pytest.raises(OrderClosed):
            late()


def test_restock_puts_taken_units_back(store: InventoryStore) -> None:
    store.commit("ord-1")
    response = store.restock("ord-1")
    assert response["returned_cost"] == 3 * 20
    assert store.restock("ord-1") == response
    assert counters(store) == {(3, 0)}
    with pytest.raises(OrderClosed):
        store.commit("ord-1")


def test_commit_after_the_tombstone_is_refused(store: InventoryStore, dynamodb: Any, table: str) -> None:
    """The tombstone was written, and the units are not released yet."""
    dynamodb.update_item(
        TableName=table,
        Key=marshal({"pk": PK, "sk": "STEP#reserve#0"}),
        UpdateExpression="SET closed_at = :now",
        ExpressionAttributeValues=marshal({":now": "2026-11-23T10:00:00Z"}),
    )
    with pytest.raises(OrderClosed):
        store.commit("ord-1")
    assert counters(store) == {(3, 2)}


def test_returns_take_the_cost_of_the_sale(store: InventoryStore, dynamodb: Any, table: str) -> None:
    store.commit("ord-1")
    returns = CustomerReturns(dynamodb, table)
    lines = [{"line_no": 1, "sku": "S00", "quantity": 1, "condition": "resell"}]
    for return_id in ("ret-1", "ret-2"):
        request = ReturnedUnits.model_validate({"return_id": return_id, "lines": lines})
        response = returns.restock("ord-1", request)
        assert response["returned"] == [{"sku": "S00", "quantity": 1, "cost": 10}]
        assert returns.restock("ord-1", request) == response
    assert store.level("store-1", "S00")["on_hand"] == 3
    [line] = store.reservations("ord-1")[0].lines
    assert (line.returned, line.returned_cost) == (2, 20)


@pytest.mark.parametrize(("verb", "left"), [("release", (3, 0)), ("commit", (1, 0)), ("restock", (3, 0))])
def test_second_delivery_that_overtakes_the_first_has_one_effect(
    store: InventoryStore, dynamodb: Any, table: str, verb: str, left: tuple[int, int]
) -> None:
    if verb == "restock":
        store.commit("ord-1")
    late = Interposed(dynamodb)
    late.before("transact_write_items", lambda: getattr(store, verb)("ord-1"))
    assert getattr(InventoryStore(late, table), verb)("ord-1") == getattr(store, verb)("ord-1")
    assert counters(store) == {left}


@pytest.mark.parametrize("returned", [0, 1])
def test_return_that_another_overtakes_adds_to_what_that_brought_back(
    store: InventoryStore, dynamodb: Any, table: str, returned: int
) -> None:
    """Both bring back units of one line, of which `returned` came back before."""
    store.commit("ord-1")
    returns = CustomerReturns(dynamodb, table)

    def one_unit(return_id: str) -> ReturnedUnits:
        line = {"line_no": 1, "sku": "S00", "quantity": 1, "condition": "resell"}
        return ReturnedUnits.model_validate({"return_id": return_id, "lines": [line]})

    store.receive("rec-2", "store-1", [ReceiptLine(sku="S00", quantity=1, cost=10)])
    for number in range(returned):
        returns.restock("ord-1", one_unit(f"ret-{number}"))
    late = Interposed(dynamodb)
    late.before("transact_write_items", lambda: returns.restock("ord-1", one_unit("ret-8")))
    if returned:
        with pytest.raises(InvalidRequest, match="at most"):
            CustomerReturns(late, table).restock("ord-1", one_unit("ret-9"))
    else:
        CustomerReturns(late, table).restock("ord-1", one_unit("ret-9"))
    [line] = store.reservations("ord-1")[0].lines
    assert (line.returned, line.returned_cost) == (2, 20)
    assert store.drift() == []


def test_commit_that_its_second_delivery_overtakes_takes_the_units_once(
    store: InventoryStore, dynamodb: Any, table: str
) -> None:
    """The same units are received meanwhile, and another order reserves them: the levels allow another commit."""
    goods = [ReceiptLine(sku=sku, quantity=2, cost=20) for sku in SKUS]
    store.receive("rec-2", "store-1", goods)
    store.reserve("ord-2", "store-1", LINES)

    def overtake() -> None:
        store.commit("ord-1")
        store.receive("rec-3", "store-1", goods)

    late = Interposed(dynamodb)
    late.before("transact_write_items", overtake)
    assert InventoryStore(late, table).commit("ord-1") == store.commit("ord-1")
    assert counters(store) == {(5, 2)}
