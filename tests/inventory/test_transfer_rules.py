"""The rules of a transfer."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inventory.errors import InvalidTransfer, TransferCancelled
from inventory.transfers import rules
from inventory.transfers.models import (
    Arrival,
    ArrivedLine,
    AwaitTransfer,
    OpenTransfer,
    Transfer,
    TransferLine,
)
from pydantic import ValidationError
from tillflow.errors import IdempotencyConflict, OrderClosed, PendingWork
from tillflow.fields import MAX_DOCUMENT_BYTES, MAX_UNITS

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def new_transfer(quantity: int = 10) -> Transfer:
    request = OpenTransfer.model_validate(
        {
            "transfer_id": "trf-1",
            "source": "warehouse",
            "destination": "store-1",
            "currency": "EUR",
            "lines": [{"sku": "A", "quantity": quantity}],
        }
    )
    return rules.new_transfer(request, NOW)


def waiting(waiting_for: str = "shipment", since: str = "1", token: str = "tok") -> AwaitTransfer:
    return AwaitTransfer.model_validate(
        {"transfer_id": "trf-1", "waiting_for": waiting_for, "waiting_since": since, "task_token": token}
    )


def reserved(quantity: int = 10) -> Transfer:
    return rules.wait_for(new_transfer(quantity), waiting())


def in_transit(quantity: int = 10, cost: int = 1000) -> Transfer:
    return rules.ship(rules.report_shipment(reserved(quantity), NOW), {"A": cost})


def arrival_of(name: str, quantity: int, lost: int = 0, sku: str = "A") -> Arrival:
    lines = (ArrivedLine(sku=sku, quantity=quantity, lost=lost),)
    return Arrival(arrival_id=name, arrived_at=NOW, lines=lines)


def test_lines_of_one_sku_are_merged() -> None:
    request = {
        "transfer_id": "trf-1",
        "source": "warehouse",
        "destination": "store-1",
        "currency": "EUR",
        "lines": [{"sku": "A", "quantity": 2}, {"sku": "B", "quantity": 1}, {"sku": "A", "quantity": 3}],
    }
    lines = rules.new_transfer(OpenTransfer.model_validate(request), NOW).lines
    assert [(line.sku, line.quantity) for line in lines] == [("A", 5), ("B", 1)]


def test_source_and_destination_must_differ() -> None:
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


def test_a_shipment_before_the_reservation_is_recorded_once_and_is_pending_work_of_the_wait() -> None:
    reported = rules.report_shipment(new_transfer(), NOW)
    assert rules.report_shipment(reported, NOW + timedelta(seconds=1)) == reported
    assert rules.next_step(reported) == "ship"
    with pytest.raises(PendingWork):
        rules.wait_for(reported, waiting())


def test_goods_that_left_and_cannot_be_reserved_are_cancelled_with_the_report() -> None:
    cancelled = rules.cancel(rules.report_shipment(new_transfer(), NOW), "InsufficientStock", NOW)
    assert (cancelled.status, cancelled.left_at) == ("CANCELLED", NOW)
    assert rules.summary(cancelled).in_transit == 0
    with pytest.raises(OrderClosed):
        rules.report_shipment(cancelled, NOW)


@pytest.mark.parametrize("left", ["after the reservation", "and were taken off the stock"])
def test_goods_that_left_after_their_reservation_are_not_cancelled(left: str) -> None:
    transfer = in_transit() if left.startswith("and") else rules.report_shipment(reserved(), NOW)
    with pytest.raises(OrderClosed):
        rules.cancel(transfer, "late", NOW)


def test_a_shipped_transfer_cannot_be_cancelled_nor_a_cancelled_one_shipped() -> None:
    shipped = rules.report_shipment(reserved(), NOW)
    with pytest.raises(InvalidTransfer, match="did not leave"):
        rules.request_cancel(shipped, "too late")
    cancelled = rules.request_cancel(reserved(), "no van")
    with pytest.raises(OrderClosed):
        rules.report_shipment(cancelled, NOW)
    assert rules.request_cancel(cancelled, "another reason").cancel_reason == "no van"


def test_a_transfer_without_a_reported_shipment_is_cancelled() -> None:
    assert rules.decide_shipment(rules.report_shipment(reserved(), NOW)).cancel_reason is None
    with pytest.raises(TransferCancelled, match="in time"):
        rules.check_leaving(rules.decide_shipment(reserved()))


def test_a_token_of_an_earlier_wait_does_not_replace_a_later_one() -> None:
    newer = rules.wait_for(new_transfer(), waiting(since="2", token="newer"))
    assert rules.wait_for(newer, waiting(since="1", token="older")).task_token == "newer"
    assert rules.wait_for(newer, waiting(since="3", token="newest")).task_token == "newest"


def test_a_wait_is_refused_while_there_is_pending_work() -> None:
    with pytest.raises(PendingWork):
        rules.wait_for(rules.report_shipment(reserved(), NOW), waiting())
    with pytest.raises(PendingWork):
        rules.wait_for(rules.record_arrival(in_transit(), arrival_of("a", 1)), waiting("arrival", "2"))
    assert rules.wait_for(in_transit(), waiting("arrival", "2")).waiting_for == "arrival"


@pytest.mark.parametrize(
    ("arrival", "message"),
    [
        (arrival_of("a", 11), "in transit: 10"),
        (arrival_of("a", 8, lost=3), "in transit: 10"),
        (arrival_of("a", 1, sku="B"), "SKUs of the transfer"),
    ],
)
def test_an_arrival_of_more_than_is_in_transit_is_refused(arrival: Arrival, message: str) -> None:
    with pytest.raises(InvalidTransfer, match=message):
        rules.record_arrival(in_transit(), arrival)


def test_an_arrival_before_the_shipment_is_refused() -> None:
    with pytest.raises(InvalidTransfer, match="IN_TRANSIT"):
        rules.record_arrival(reserved(), arrival_of("a", 1))


def test_the_rest_is_lost_once() -> None:
    partly = rules.record_arrival(in_transit(), arrival_of("a", 4))
    lost = rules.lose_rest(partly, "rest", NOW)
    assert (lost.lines[0].received, lost.lines[0].lost, lost.lines[0].in_transit) == (4, 6, 0)
    assert rules.lose_rest(lost, "again", NOW) == lost
    ended = rules.close(rules.book(rules.book(lost, "a"), "rest"), NOW)
    assert rules.lose_rest(ended, "again", NOW) == ended


def test_the_steps_of_a_transfer() -> None:
    transfer = in_transit()
    assert rules.next_step(transfer) == "await_arrival"
    transfer = rules.record_arrival(transfer, arrival_of("a", 9, lost=1))
    assert rules.next_step(transfer) == "receive"
    with pytest.raises(InvalidTransfer):
        rules.close(transfer, NOW)
    transfer = rules.book(transfer, "a")
    assert rules.next_step(transfer) == "close"
    assert rules.close(transfer, NOW).status == "CLOSED"


@given(
    parts=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(sum), min_size=1, max_size=8),
    cost=st.integers(0, 10_000),
)
def test_the_cost_of_arrivals_and_losses_adds_up_to_the_shipped_cost(
    parts: list[tuple[int, int]], cost: int
) -> None:
    transfer = in_transit(sum(map(sum, parts)), cost)
    for number, (quantity, lost) in enumerate(parts):
        before = rules.goods_by_arrival(transfer)
        transfer = rules.record_arrival(transfer, arrival_of(f"a-{number}", quantity, lost))
        after = rules.goods_by_arrival(transfer)
        assert {name: after[name] for name in before} == before  # a booked share does not change
    moved = [line for lines in rules.goods_by_arrival(transfer).values() for line in lines]
    assert sum(line.cost + line.lost_cost for line in moved) == cost
    assert rules.loss(transfer) == sum(line.lost_cost for line in moved)
    assert all(line.cost >= 0 and line.lost_cost >= 0 for line in moved)


def test_arrival_is_booked_by_the_stock_alone() -> None:
    """A sender who says that it is booked would keep its units off the shelves."""
    sent = arrival_of("van-1", 4).model_copy(update={"booked": True})
    assert rules.unbooked_arrival(rules.record_arrival(in_transit(), sent)) == arrival_of("van-1", 4)


def test_loss_under_the_id_of_an_arrival_is_refused() -> None:
    partly = rules.record_arrival(in_transit(), arrival_of("van-1", 4))
    with pytest.raises(IdempotencyConflict, match="arrival van-1 exists with different content"):
        rules.lose_rest(partly, "van-1", NOW)


def test_arrivals_leave_space_in_the_history_for_the_last_one() -> None:
    """The workflow's history has 25,000 events: one that never ends is no way to book the rest."""
    transfer = in_transit(rules.MAX_ARRIVALS + 5)
    for number in range(rules.MAX_ARRIVALS):
        transfer = rules.record_arrival(transfer, arrival_of(f"a-{number}", 1))
    with pytest.raises(InvalidTransfer, match="all the units in transit, as arrived or lost"):
        rules.record_arrival(transfer, arrival_of("one", 1))
    assert rules.record_arrival(transfer, arrival_of("rest", 4, 1)).lines[0].in_transit == 0
    assert rules.lose_rest(transfer, "rest", NOW).lines[0].lost == 5


def test_row_of_a_transfer_has_space_for_the_rest_of_its_goods() -> None:
    skus = [f"{number:03}" + "x" * 125 for number in range(1_000)]
    transfer = shipped_of(skus, quantity=3)
    half = tuple(ArrivedLine(sku=sku, quantity=1) for sku in skus)
    with pytest.raises(InvalidTransfer, match="all the units in transit, as arrived or lost"):
        rules.record_arrival(transfer, Arrival(arrival_id="a", arrived_at=NOW, lines=half))
    lost = rules.lose_rest(transfer, "rest", NOW)
    assert len(lost.model_dump_json()) < MAX_DOCUMENT_BYTES


def test_transfer_without_space_for_its_arrival_is_refused() -> None:
    quoted = [f"{number:03}" + '"' * 125 for number in range(1_000)]
    with pytest.raises(InvalidTransfer, match="lines is '1,000 lines'; expected lines that leave space"):
        rules.check_space(requested_of(quoted, quantity=1))
    rules.check_space(requested_of(quoted[:500], quantity=1))


def requested_of(skus: list[str], quantity: int) -> Transfer:
    lines = tuple(TransferLine(sku=sku, quantity=quantity) for sku in skus)
    return new_transfer().model_copy(update={"lines": lines})


def shipped_of(skus: list[str], quantity: int) -> Transfer:
    transfer = requested_of(skus, quantity)
    rules.check_space(transfer)
    return rules.ship(rules.report_shipment(transfer, NOW), dict.fromkeys(skus, 10**12 - 1))


@pytest.mark.parametrize("units", [MAX_UNITS // 2 + 1, MAX_UNITS])
def test_transfer_of_the_most_units_has_space_for_its_arrivals(units: int) -> None:
    transfer = rules.record_arrival(shipped_of(["A"], units), arrival_of("van-1", 1))
    assert transfer.lines[0].in_transit == units - 1
