"""Adjustments and counts: a movement each, at the average cost, never taking what is promised."""

from typing import Any

import pytest
from inventory.corrections import Corrections
from inventory.models import Adjust, Count, Line, ReceiptLine
from inventory.store import InventoryStore
from tillflow.errors import InsufficientStock, InvalidRequest

from tests.support.interposed import Interposed

PLACE = "store-1"


@pytest.fixture
def stock(dynamodb: Any, table: str) -> InventoryStore:
    store = InventoryStore(dynamodb, table)
    store.receive("seed", PLACE, [ReceiptLine(sku="TEA", quantity=10, cost=1000)])
    return store


@pytest.fixture
def desk(dynamodb: Any, table: str) -> Corrections:
    return Corrections(dynamodb, table)


def adjusted(quantity: int, name: str = "adj-1", **more: Any) -> Adjust:
    return Adjust(
        adjustment_id=name,
        location=PLACE,
        sku="TEA",
        quantity=quantity,
        currency="EUR",
        reason="broken",
        **more,
    )


def counted(units: int, name: str = "count-1") -> Count:
    return Count(count_id=name, location=PLACE, sku="TEA", counted=units, currency="EUR")


def test_lost_and_found_units_move_at_the_average_cost(desk: Corrections, stock: InventoryStore) -> None:
    assert desk.adjust(adjusted(-3))["cost"] == 300
    assert desk.adjust(adjusted(2, "adj-2"))["cost"] == 200
    assert desk.adjust(adjusted(1, "adj-3", unit_cost=150))["cost"] == 150
    level = stock.level(PLACE, "TEA")
    assert (level["on_hand"], level["available"], level["stock_value"]) == (10, 10, 1050)
    assert stock.drift() == []


def test_promised_units_cannot_be_lost(desk: Corrections, stock: InventoryStore) -> None:
    stock.reserve("ord-1", PLACE, [Line(sku="TEA", quantity=4)])
    with pytest.raises(InsufficientStock):
        desk.adjust(adjusted(-7))
    with pytest.raises(InsufficientStock):
        desk.count(counted(3))
    assert desk.count(counted(4))["quantity"] == -6
    assert desk.count(counted(4))["quantity"] == -6
    assert stock.level(PLACE, "TEA")["available"] == 0


def test_a_second_delivery_takes_nothing_more(desk: Corrections, stock: InventoryStore) -> None:
    first = desk.adjust(adjusted(-8))
    assert desk.adjust(adjusted(-8)) == first
    assert stock.level(PLACE, "TEA")["on_hand"] == 2


def test_an_id_is_of_one_correction(desk: Corrections, stock: InventoryStore) -> None:
    """The books have one entry for it: a second correction under its id would be in none."""
    desk.adjust(adjusted(-1, "dropped-1"))
    with pytest.raises(InvalidRequest, match="count_id"):
        desk.count(counted(5, "dropped-1"))
    desk.count(counted(8, "shelf-1"))
    with pytest.raises(InvalidRequest, match="adjustment_id"):
        desk.adjust(adjusted(-1, "shelf-1"))
    assert stock.level(PLACE, "TEA")["on_hand"] == 8


def test_a_movement_says_why_and_in_which_currency(desk: Corrections, stock: InventoryStore) -> None:
    desk.adjust(adjusted(-3))
    desk.count(counted(8))
    told = {row["kind"]: (row["reason"], row["currency"]) for row in stock.movements(PLACE, "TEA")[-2:]}
    assert told == {"adjustment": ("broken", "EUR"), "count": ("counted", "EUR")}


def test_a_sale_during_a_count_is_seen(dynamodb: Any, table: str, stock: InventoryStore) -> None:
    client = Interposed(dynamodb)

    def sale() -> None:
        stock.reserve("ord-1", PLACE, [Line(sku="TEA", quantity=2)])
        stock.commit("ord-1")

    client.before("transact_write_items", sale)
    assert Corrections(client, table).count(counted(7))["quantity"] == -1
    assert stock.level(PLACE, "TEA")["on_hand"] == 7
    assert stock.drift() == []


def test_a_count_that_agrees_moves_nothing(desk: Corrections, stock: InventoryStore) -> None:
    assert desk.count(counted(10))["quantity"] == 0
    assert len(stock.movements(PLACE, "TEA")) == 1


def test_what_was_never_there_is_refused(desk: Corrections, stock: InventoryStore) -> None:
    with pytest.raises(InvalidRequest):
        desk.count(Count(count_id="c", location=PLACE, sku="GONE", counted=1, currency="EUR"))
    with pytest.raises(InvalidRequest):
        desk.adjust(adjusted(0))
