"""Events of the inventory table's stream: reorder points crossed, and corrections."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inventory import rules
from inventory.publisher import StockPublisher, stock_events
from tillflow.errors import StoreUnavailable
from tillflow.events import StockBelowReorderPoint, StockCorrected
from tillflow.store import marshal


def level(available: int, on_order: int = 0, point: int = 40) -> dict[str, Any]:
    return {
        "location": "store-1",
        "sku": "TEA",
        "available": available,
        "on_order": on_order,
        "reorder_point": point,
    }


def record(before: dict[str, Any], after: dict[str, Any], number: int = 1) -> dict[str, Any]:
    images = (
        {"OldImage": marshal(before), "NewImage": marshal(after)} if before else {"NewImage": marshal(after)}
    )
    return {"dynamodb": {**images, "SequenceNumber": str(number)}}


def test_only_the_sale_that_reaches_the_reorder_point_is_published() -> None:
    stock = [level(n) for n in range(43, 36, -1)]
    events = stock_events(record(a, b, n) for n, (a, b) in enumerate(pairwise(stock)))
    assert [event.available for event in events if isinstance(event, StockBelowReorderPoint)] == [40]


def test_units_on_order_count() -> None:
    assert stock_events([record(level(41, 24), level(30, 24))]) == []
    assert stock_events([record(level(41, 24), level(16, 24))]) != []


def test_lowering_units_on_order_is_not_a_crossing() -> None:
    """The order would be placed and refused again without end."""
    assert stock_events([record(level(30, 24), level(30, 0))]) == []


def test_a_reorder_point_set_above_the_stock_is_a_crossing() -> None:
    without = {name: value for name, value in level(10).items() if name != "reorder_point"}
    assert stock_events([record(without, level(10))]) != []
    assert stock_events([record({}, level(10))]) != []
    assert stock_events([record(level(10), without)]) == []


@given(st.lists(st.integers(0, 80), min_size=2))
def test_the_position_was_above_the_point_between_two_crossings(stock: list[int]) -> None:
    changes = list(pairwise([level(80), *map(level, stock)]))
    below = False
    for before, after in changes:
        if rules.crossed_reorder_point(before, after):
            assert not below
        below = rules.needs_order(after)


def movement(kind: str, quantity: int = -2) -> dict[str, Any]:
    return {
        "business_id": "adj-1",
        "kind": kind,
        "location": "store-1",
        "sku": "TEA",
        "quantity": quantity,
        "cost": 200,
        "currency": "EUR",
        "reason": "dropped",
        "at": "2026-11-23T10:15:00Z",
    }


@pytest.mark.parametrize("kind", ["adjustment", "count"])
def test_a_new_correction_is_published(kind: str) -> None:
    assert stock_events([record({}, movement(kind))]) == [
        StockCorrected(
            event_id="adj-1#corrected",
            business_id="adj-1",
            location="store-1",
            sku="TEA",
            quantity=-2,
            cost=200,
            currency="EUR",
            reason="dropped",
        )
    ]


@pytest.mark.parametrize("kind", ["sale", "cancel", "receipt", "return", "transfer_out", "transfer_in"])
def test_other_movements_are_not_published(kind: str) -> None:
    assert stock_events([record({}, movement(kind))]) == []


def test_a_stored_correction_is_not_published_again() -> None:
    assert stock_events([record(movement("count"), movement("count"))]) == []
    assert stock_events([record(movement("count"), {})]) == []


class Bus:
    def __init__(self, failed: int = 0) -> None:
        self.entries: list[Any] = []
        self.failed = failed

    def put_events(self, Entries: list[Any]) -> dict[str, int]:
        assert len(Entries) <= 10
        self.entries += Entries
        return {"FailedEntryCount": self.failed}


def test_the_sample_event_has_one_of_each() -> None:
    sample = json.loads((Path(__file__).parents[2] / "events" / "announce_stock.json").read_text())
    bus = Bus()
    assert StockPublisher(bus, "orders").publish(sample["Records"]) == 2
    assert [entry["DetailType"] for entry in bus.entries] == ["StockBelowReorderPoint", "StockCorrected"]
    assert {entry["Source"] for entry in bus.entries} == {"tillflow.inventory"}


def test_a_refused_entry_fails_the_batch() -> None:
    with pytest.raises(StoreUnavailable):
        StockPublisher(Bus(failed=1), "orders").publish([record({}, movement("count"))])


def test_each_crossing_has_its_own_event_id() -> None:
    bus = Bus()
    records = [record(level(41), level(40), number) for number in range(23)]
    assert StockPublisher(bus, "orders").publish(records) == 23
    assert len({entry["Detail"] for entry in bus.entries}) == 23
