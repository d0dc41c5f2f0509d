"""What is announced is in one record: a change of a level that crosses, a new movement that corrects."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inventory import rules
from inventory.announcer import Announcer, announcements
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


def test_the_sale_that_reaches_the_point_crosses_and_the_next_does_not() -> None:
    stock = [level(n) for n in range(43, 36, -1)]
    found = announcements(record(a, b, n) for n, (a, b) in enumerate(pairwise(stock)))
    assert [event.available for event in found if isinstance(event, StockBelowReorderPoint)] == [40]


def test_what_is_on_order_counts() -> None:
    assert announcements([record(level(41, 24), level(30, 24))]) == []
    assert announcements([record(level(41, 24), level(16, 24))]) != []


def test_an_order_that_is_given_up_is_no_crossing() -> None:
    """It would be placed again at once, and given up again, without end."""
    assert announcements([record(level(30, 24), level(30, 0))]) == []


def test_a_point_set_above_the_stock_crosses() -> None:
    without = {name: value for name, value in level(10).items() if name != "reorder_point"}
    assert announcements([record(without, level(10))]) != []
    assert announcements([record({}, level(10))]) != []
    assert announcements([record(level(10), without)]) == []


@given(st.lists(st.integers(0, 80), min_size=2))
def test_between_two_crossings_the_level_was_above(stock: list[int]) -> None:
    changes = list(pairwise([level(80), *map(level, stock)]))
    below = False
    for before, after in changes:
        if rules.crossed(before, after):
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
def test_a_new_movement_that_corrects_is_told(kind: str) -> None:
    assert announcements([record({}, movement(kind))]) == [
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
def test_goods_that_come_or_go_by_a_document_correct_nothing(kind: str) -> None:
    assert announcements([record({}, movement(kind))]) == []


def test_a_correction_that_was_there_before_is_not_told_again() -> None:
    assert announcements([record(movement("count"), movement("count"))]) == []
    assert announcements([record(movement("count"), {})]) == []


class Bus:
    def __init__(self, failed: int = 0) -> None:
        self.entries: list[Any] = []
        self.failed = failed

    def put_events(self, Entries: list[Any]) -> dict[str, int]:
        assert len(Entries) <= 10
        self.entries += Entries
        return {"FailedEntryCount": self.failed}


def test_the_sample_has_one_of_each() -> None:
    sample = json.loads((Path(__file__).parents[2] / "events" / "announce_stock.json").read_text())
    bus = Bus()
    assert Announcer(bus, "orders").announce(sample["Records"]) == 2
    assert [entry["DetailType"] for entry in bus.entries] == ["StockBelowReorderPoint", "StockCorrected"]
    assert {entry["Source"] for entry in bus.entries} == {"tillflow.inventory"}


def test_what_the_bus_did_not_take_comes_again() -> None:
    with pytest.raises(StoreUnavailable):
        Announcer(Bus(failed=1), "orders").announce([record({}, movement("count"))])


def test_each_crossing_is_told_once_per_batch_under_its_own_id() -> None:
    bus = Bus()
    records = [record(level(41), level(40), number) for number in range(23)]
    assert Announcer(bus, "orders").announce(records) == 23
    assert len({entry["Detail"] for entry in bus.entries}) == 23
