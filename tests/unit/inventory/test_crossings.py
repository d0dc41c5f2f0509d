"""A crossing is one change of a level: found in its record, whatever other changes come with it."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from inventory import rules
from inventory.crossings import Announcer, crossings
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
    found = crossings(record(a, b, n) for n, (a, b) in enumerate(pairwise(stock)))
    assert [event.available for event in found] == [40]


def test_what_is_on_order_counts() -> None:
    assert crossings([record(level(41, 24), level(30, 24))]) == []
    assert crossings([record(level(41, 24), level(16, 24))]) != []


def test_an_order_that_is_given_up_is_no_crossing() -> None:
    """It would be placed again at once, and given up again, without end."""
    assert crossings([record(level(30, 24), level(30, 0))]) == []


def test_a_point_set_above_the_stock_crosses() -> None:
    without = {name: value for name, value in level(10).items() if name != "reorder_point"}
    assert crossings([record(without, level(10))]) != []
    assert crossings([record({}, level(10))]) != []
    assert crossings([record(level(10), without)]) == []


@given(st.lists(st.integers(0, 80), min_size=2))
def test_between_two_crossings_the_level_was_above(stock: list[int]) -> None:
    changes = list(pairwise([level(80), *map(level, stock)]))
    below = False
    for before, after in changes:
        if rules.crossed(before, after):
            assert not below
        below = rules.needs_order(after)


class Bus:
    def __init__(self) -> None:
        self.entries: list[Any] = []

    def put_events(self, Entries: list[Any]) -> dict[str, int]:
        assert len(Entries) <= 10
        self.entries += Entries
        return {"FailedEntryCount": 0}


def test_each_crossing_is_told_once_per_batch_under_its_own_id() -> None:
    bus = Bus()
    records = [record(level(41), level(40), number) for number in range(23)]
    assert Announcer(bus, "orders").announce(records) == 23
    assert len({entry["Detail"] for entry in bus.entries}) == 23
