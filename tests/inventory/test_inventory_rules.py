"""Merging lines, moving-average cost, and counters rebuilt from their history."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inventory import rules
from inventory.models import Line, ReceiptLine, Reserve
from tillflow.errors import InvalidRequest
from tillflow.parsing import parse
from tillflow.store import chunks

skus = st.sampled_from(["A", "B", "C", "D"])
lines = st.lists(st.builds(Line, sku=skus, quantity=st.integers(1, 1000)), min_size=1)
receipts = st.lists(
    st.builds(ReceiptLine, sku=skus, quantity=st.integers(1, 1000), cost=st.integers(0, 10**9)), min_size=1
)


@given(lines)
def test_merging_keeps_every_unit_and_names_a_sku_once(wanted: list[Line]) -> None:
    merged = rules.merge_lines(wanted)
    counted: Counter[str] = Counter()
    for line in wanted:
        counted[line.sku] += line.quantity
    assert {line.sku: line.quantity for line in merged} == counted
    assert [line.sku for line in merged] == sorted(counted)


@given(receipts)
def test_merging_receipts_keeps_units_and_cost(received: list[ReceiptLine]) -> None:
    merged = rules.merge_receipt_lines(received)
    assert [line.sku for line in merged] == sorted({line.sku for line in received})
    for line in merged:
        same = [other for other in received if other.sku == line.sku]
        assert line.quantity == sum(other.quantity for other in same)
        assert line.cost == sum(other.cost for other in same)


@given(st.lists(st.integers(), max_size=250), st.integers(1, 60))
def test_chunks_hold_everything_in_order_and_none_is_too_large(rows: list[int], size: int) -> None:
    parts = list(chunks(rows, size))
    assert [row for part in parts for row in part] == rows
    assert all(0 < len(part) <= size for part in parts)


@pytest.mark.parametrize(
    ("quantity", "on_hand", "stock_value", "cost"),
    [
        (1, 3, 1000, 333),
        (2, 3, 1000, 667),
        (3, 3, 1000, 1000),
        (1, 2, 1, 1),  # a half goes up
        (1, 4, 1, 0),
        (5, 5, 0, 0),  # given away by the supplier
    ],
)
def test_cost_is_the_share_of_the_value_half_up(
    quantity: int, on_hand: int, stock_value: int, cost: int
) -> None:
    assert rules.cost_of(quantity, on_hand, stock_value) == cost


@given(st.integers(0, 10**12), st.lists(st.integers(1, 10**6), min_size=1, max_size=30))
def test_selling_all_units_costs_exactly_their_value(value: int, sales: list[int]) -> None:
    on_hand, left = sum(sales), value
    for quantity in sales:
        cost = rules.cost_of(quantity, on_hand, left)
        assert 0 <= cost <= left
        on_hand, left = on_hand - quantity, left - cost
    assert (on_hand, left) == (0, 0)


@pytest.mark.parametrize("quantity", [0, -1, 4])
def test_cost_of_more_than_on_hand_is_refused(quantity: int) -> None:
    with pytest.raises(ValueError, match="expected between 1 and on hand, 3"):
        rules.cost_of(quantity, 3, 1000)


def level(**counters: int) -> dict[str, Any]:
    return {
        "location": "store-1",
        "sku": "A",
        "on_hand": 5,
        "reserved": 2,
        "available": 3,
        "stock_value": 500,
    } | counters


MOVEMENTS = [
    {"location": "store-1", "sku": "A", "quantity": 8, "cost": 800},
    {"location": "store-1", "sku": "A", "quantity": -3, "cost": 300},
]
RESERVATIONS = [
    {"location": "store-1", "sku": "A", "quantity": 2, "state": "OPEN"},
    {"location": "store-1", "sku": "A", "quantity": 3, "state": "COMMITTED"},
    {"location": "store-1", "sku": "A", "quantity": 9, "state": "RELEASED"},
]


def test_counters_that_follow_from_their_history_do_not_drift() -> None:
    assert rules.rebuild([level()], MOVEMENTS, RESERVATIONS) == []


@pytest.mark.parametrize("counter", ["on_hand", "reserved", "available", "stock_value"])
def test_a_counter_that_drifted_is_reported_with_both_values(counter: str) -> None:
    (drift,) = rules.rebuild([level(**{counter: 99})], MOVEMENTS, RESERVATIONS)
    assert (drift.location, drift.sku) == ("store-1", "A")
    assert drift.rebuilt == rules.Counters(on_hand=5, reserved=2, available=3, stock_value=500)
    assert getattr(drift.stored, counter) == 99


def test_a_level_that_is_missing_drifts_from_zero() -> None:
    (drift,) = rules.rebuild([], MOVEMENTS, [])
    assert drift.stored == rules.Counters()
    assert drift.rebuilt == rules.Counters(on_hand=5, available=5, stock_value=500)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"location": "a#b"}, "location is 'a#b'; expected 1 to 64 of|expected one line of text without #"),
        ({"lines": []}, "lines is .*; expected at least 1 item"),
        ({"lines": [{"sku": "A", "quantity": 0}]}, r"lines\[0\].quantity is 0; expected a number above 0"),
        ({"lines": [{"sku": "A", "quantity": 1.5}]}, r"lines\[0\].quantity is 1.5"),
        ({"lines": [{"sku": "A", "quantity": True}]}, r"lines\[0\].quantity is true"),
        ({"order_id": None}, "expected either order_id or transfer_id"),
        ({"transfer_id": "t-1"}, "expected either order_id or transfer_id"),
    ],
)
def test_invalid_reservation_names_the_field(change: dict[str, Any], sentence: str) -> None:
    request = {"order_id": "ord-1", "location": "store-1", "lines": [{"sku": "A", "quantity": 1}]}
    with pytest.raises(InvalidRequest, match=sentence):
        parse(Reserve, request | change)


@pytest.mark.parametrize(
    ("quantity", "damaged", "costs"), [(2, 1, (2, 3)), (3, 0, (8, 0)), (1, 1, (0, 3)), (4, 4, (0, 10))]
)
def test_cost_of_returned_units_is_their_share_and_damaged_ones_are_rounded_half_up(
    quantity: int, damaged: int, costs: tuple[int, int]
) -> None:
    """Four units were sold that cost 10; 2 cost 5, of which the damaged one costs 3."""
    line = rules.ReturnedSku("TEA", quantity, damaged)
    assert rules.cost_of_customer_return(line, rules.ReservedLine("TEA", 4, cost=10)) == costs
