"""Transfers by their rules: who may say what when, and goods that arrive at what they left with."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inventory.transfers import rules
from inventory.transfers.models import Arrival, ArrivedLine, AwaitTransfer, OpenTransfer, Transfer
from pydantic import ValidationError
from tillflow.errors import InvalidTransfer, OrderClosed, PendingWork, TransferCancelled

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def requested(quantity: int = 10) -> Transfer:
    request = OpenTransfer.model_validate(
        {
            "transfer_id": "trf-1",
            "source": "warehouse",
            "destination": "store-1",
            "currency": "EUR",
            "lines": [{"sku": "A", "quantity": quantity}],
        }
    )
    return rules.opened(request, NOW)


def waits(waiting_for: str = "shipment", asked: str = "1", token: str = "tok") -> AwaitTransfer:
    return AwaitTransfer.model_validate(
        {"transfer_id": "trf-1", "waiting_for": waiting_for, "asked": asked, "task_token": token}
    )


def promised(quantity: int = 10) -> Transfer:
    return rules.awaiting(requested(quantity), waits())


def on_its_way(quantity: int = 10, cost: int = 1000) -> Transfer:
    return rules.shipped(rules.left(promised(quantity), NOW), {"A": cost})


def came(name: str, quantity: int, lost: int = 0, sku: str = "A") -> Arrival:
    lines = (ArrivedLine(sku=sku, quantity=quantity, lost=lost),)
    return Arrival(arrival_id=name, arrived_at=NOW, lines=lines)


def test_lines_of_one_sku_are_one_line() -> None:
    request = {
        "transfer_id": "trf-1",
        "source": "warehouse",
        "destination": "store-1",
        "currency": "EUR",
        "lines": [{"sku": "A", "quantity": 2}, {"sku": "B", "quantity": 1}, {"sku": "A", "quantity": 3}],
    }
    lines = rules.opened(OpenTransfer.model_validate(request), NOW).lines
    assert [(line.sku, line.quantity) for line in lines] == [("A", 5), ("B", 1)]


def test_a_transfer_goes_to_another_place() -> None:
    with pytest.raises(ValidationError, match="a location other than the source"):
        OpenTransfer.model_validate(
            {
                "transfer_id": "t",
                "source": "s",
                "destination": "s",
                "currency": "EUR",
                "lines": [{"sku": "A", "quantity": 1}],
            }
        )


def test_goods_that_are_not_reserved_cannot_have_left() -> None:
    with pytest.raises(InvalidTransfer, match="reserved"):
        rules.left(requested(), NOW)


def test_what_left_cannot_be_cancelled_and_what_is_cancelled_cannot_leave() -> None:
    gone = rules.left(promised(), NOW)
    with pytest.raises(InvalidTransfer, match="did not leave"):
        rules.cancelled(gone, "too late")
    cancelled = rules.cancelled(promised(), "no van")
    with pytest.raises(OrderClosed):
        rules.left(cancelled, NOW)
    assert rules.cancelled(cancelled, "another reason").cancel_reason == "no van"


def test_silence_is_a_cancel_and_the_word_that_it_left_is_not() -> None:
    assert rules.decided(rules.left(promised(), NOW)).cancel_reason is None
    with pytest.raises(TransferCancelled, match="in time"):
        rules.check_leaving(rules.decided(promised()))


def test_a_wait_that_was_asked_for_earlier_takes_no_later_ones_place() -> None:
    newer = rules.awaiting(requested(), waits(asked="2", token="newer"))
    assert rules.awaiting(newer, waits(asked="1", token="older")).task_token == "newer"
    assert rules.awaiting(newer, waits(asked="3", token="newest")).task_token == "newest"


def test_there_is_no_wait_for_what_is_there() -> None:
    with pytest.raises(PendingWork):
        rules.awaiting(rules.left(promised(), NOW), waits())
    with pytest.raises(PendingWork):
        rules.awaiting(rules.arrived(on_its_way(), came("a", 1)), waits("arrival", "2"))
    assert rules.awaiting(on_its_way(), waits("arrival", "2")).waiting_for == "arrival"


@pytest.mark.parametrize(
    ("arrival", "message"),
    [
        (came("a", 11), "at most the 10 in transit"),
        (came("a", 8, lost=3), "at most the 10 in transit"),
        (came("a", 1, sku="B"), "a SKU of the transfer"),
    ],
)
def test_more_than_is_in_transit_cannot_come(arrival: Arrival, message: str) -> None:
    with pytest.raises(InvalidTransfer, match=message):
        rules.arrived(on_its_way(), arrival)


def test_nothing_comes_of_what_did_not_leave() -> None:
    with pytest.raises(InvalidTransfer, match="IN_TRANSIT"):
        rules.arrived(promised(), came("a", 1))


def test_the_rest_is_lost_once() -> None:
    partly = rules.arrived(on_its_way(), came("a", 4))
    lost = rules.rest_lost(partly, "rest", NOW)
    assert (lost.lines[0].received, lost.lines[0].lost, lost.lines[0].in_transit) == (4, 6, 0)
    assert rules.rest_lost(lost, "again", NOW) == lost
    ended = rules.closed(rules.booked(rules.booked(lost, "a"), "rest"), NOW)
    assert rules.rest_lost(ended, "again", NOW) == ended


def test_the_steps_of_a_transfer() -> None:
    transfer = on_its_way()
    assert rules.next_step(transfer) == "wait"
    transfer = rules.arrived(transfer, came("a", 9, lost=1))
    assert rules.next_step(transfer) == "arrive"
    with pytest.raises(InvalidTransfer):
        rules.closed(transfer, NOW)
    transfer = rules.booked(transfer, "a")
    assert rules.next_step(transfer) == "close"
    assert rules.closed(transfer, NOW).status == "CLOSED"


@given(
    parts=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(sum), min_size=1, max_size=8),
    cost=st.integers(0, 10_000),
)
def test_goods_arrive_and_are_lost_at_exactly_what_they_left_with(
    parts: list[tuple[int, int]], cost: int
) -> None:
    transfer = on_its_way(sum(map(sum, parts)), cost)
    for number, (quantity, lost) in enumerate(parts):
        before = rules.moves(transfer)
        transfer = rules.arrived(transfer, came(f"a-{number}", quantity, lost))
        after = rules.moves(transfer)
        assert {name: after[name] for name in before} == before  # what was booked stays as it was
    moved = [line for lines in rules.moves(transfer).values() for line in lines]
    assert sum(line.cost + line.lost_cost for line in moved) == cost
    assert rules.loss(transfer) == sum(line.lost_cost for line in moved)
    assert all(line.cost >= 0 and line.lost_cost >= 0 for line in moved)
