"""Goods leave one location and are on hand at another, or lost; and until they leave, nothing has happened."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from inventory.models import ReceiptLine
from inventory.store import InventoryStore
from inventory.transfers.models import Arrival, ArrivedLine
from inventory.transfers.rules import next_step
from inventory.transfers.store import TransfersStore
from ledger.accounts import INVENTORY, INVENTORY_LOSSES
from tillflow.aws import client
from tillflow.errors import InsufficientStock, InvalidTransfer

from audit.snapshot import journal_lines
from till.shop import CARDS, ESPRESSO, LOCATION, MUG
from till.transfers import TransferDesk
from verification.harness.desk import Callbacks
from verification.harness.faults import FOREVER, Fault
from verification.harness.harness import Bench, bench, stock

TRF, WAREHOUSE = "trf-1", "warehouse"
PROMISED = ["OpenTransfer", "ReserveStock", "RaiseOnOrder", "AwaitShipment"]
SHIPPED = [*PROMISED, "ShipTransfer", "WhatNext", "AwaitArrival"]
COMPENSATIONS = ["LowerOnOrder", "ReleaseStock", "CancelTransfer"]


@pytest.fixture
def shop() -> Iterator[Bench]:
    with bench("StockTransfer") as built:
        stock({ESPRESSO: 10, MUG: 10})
        lines = [
            ReceiptLine(sku=ESPRESSO, quantity=30, cost=30_001),
            ReceiptLine(sku=MUG, quantity=30, cost=15_000),
        ]
        inventory().receive("first", WAREHOUSE, lines)
        yield built


def inventory() -> InventoryStore:
    return InventoryStore(client("dynamodb"), "InventoryTable")


def transfers() -> TransfersStore:
    return TransfersStore(client("dynamodb"), "InventoryTable")


def ends(shop: Bench) -> TransferDesk:
    return TransferDesk(transfers(), Callbacks(shop))


def request(**more: Any) -> dict[str, Any]:
    lines = [{"sku": ESPRESSO, "quantity": 7}, {"sku": MUG, "quantity": 4}]
    asked = {"source": WAREHOUSE, "destination": LOCATION, "currency": "EUR", "lines": lines}
    return {"order_id": TRF, **asked, **more}  # the harness names executions by order_id


def came(name: str, **units: tuple[int, int]) -> Arrival:
    skus = {"espresso": ESPRESSO, "mug": MUG}
    lines = tuple(ArrivedLine(sku=skus[sku], quantity=q, lost=lost) for sku, (q, lost) in units.items())
    return Arrival(arrival_id=name, arrived_at=datetime(2026, 11, 24, tzinfo=UTC), lines=lines)


def level(location: str, sku: str = ESPRESSO) -> tuple[int, int, int, int]:
    """On hand, reserved, available, on order."""
    row = inventory().level(location, sku)
    return row["on_hand"], row["reserved"], row["available"], row.get("on_order", 0)


def settled(shop: Bench) -> Any:
    return shop.settled(shop.machine.replace(":stateMachine:", ":execution:") + f":{TRF}")


def test_asked_for_it_is_promised_at_the_source_and_expected_at_the_destination(shop: Bench) -> None:
    (run,) = shop.run(request())
    assert run.status == "RUNNING"
    assert level(WAREHOUSE) == (30, 7, 23, 0)
    assert level(LOCATION) == (10, 0, 10, 7)
    assert shop.audit(TRF) == []


def test_in_transit_it_is_at_neither_end_and_arrives_in_parts_at_its_cost(shop: Bench) -> None:
    shop.run(request())
    ends(shop).ship(TRF)
    assert settled(shop).path == SHIPPED
    assert level(WAREHOUSE) == (23, 0, 23, 0)
    assert level(LOCATION) == (10, 0, 10, 7)
    assert shop.audit(TRF) == []
    value = inventory().level(WAREHOUSE, ESPRESSO)["stock_value"]

    ends(shop).receive(TRF, came("van-1", espresso=(3, 0)))
    settled(shop)
    assert level(LOCATION) == (13, 0, 13, 4)
    ends(shop).receive(TRF, came("van-2", espresso=(4, 0), mug=(4, 0)))
    run = settled(shop)
    assert (run.status, run.output["loss"]) == ("SUCCEEDED", 0)
    assert level(LOCATION) == (17, 0, 17, 0)
    moved = [row["cost"] for row in inventory().movements(LOCATION, ESPRESSO) if row["kind"] == "transfer_in"]
    assert sum(moved) == 30_001 - value
    assert shop.audit() == []


def test_what_is_lost_is_written_off_at_its_cost(shop: Bench) -> None:
    shop.run(request())
    ends(shop).ship(TRF)
    settled(shop)
    ends(shop).receive(TRF, came("van-1", espresso=(5, 1), mug=(4, 0)))
    settled(shop)
    ends(shop).lose_rest(TRF, "gone")
    run = settled(shop)
    assert run.status == "SUCCEEDED"
    assert level(LOCATION) == (15, 0, 15, 0)
    (entry,) = shop.snapshot().entries.values()
    sides = {line["account"]: line.get("debit", 0) - line.get("credit", 0) for line in journal_lines(entry)}
    assert sides == {INVENTORY_LOSSES.code: run.output["loss"], INVENTORY.code: -run.output["loss"]}
    assert run.output["loss"] in range(1999, 2002)  # two units of about ten each
    assert shop.audit() == []


def test_arrivals_noted_since_are_booked_together_and_a_second_delivery_answers_the_same(shop: Bench) -> None:
    shop.run(request())
    ends(shop).ship(TRF)
    settled(shop)
    for arrival in (came("van-1", espresso=(3, 0)), came("van-2", espresso=(2, 0))):
        transfers().note_arrival(TRF, arrival)
    first, second = (next_step(transfers().book(TRF)) for _ in range(2))
    assert (first, second) == ("wait", "wait")
    assert level(LOCATION) == (15, 0, 15, 2)


def test_an_arrival_said_twice_arrives_once(shop: Bench) -> None:
    shop.run(request())
    ends(shop).ship(TRF)
    settled(shop)
    for _ in range(2):
        ends(shop).receive(TRF, came("van-1", espresso=(3, 0)))
        settled(shop)
    assert level(LOCATION) == (13, 0, 13, 4)


def test_two_arrivals_before_the_workflow_looks_are_both_booked(shop: Bench) -> None:
    shop.run(request())
    ends(shop).ship(TRF)
    settled(shop)
    ends(shop).receive(TRF, came("van-1", espresso=(7, 0)))
    ends(shop).receive(TRF, came("van-2", mug=(4, 0)))
    assert settled(shop).status == "SUCCEEDED"
    assert shop.audit() == []


def test_a_cancel_before_it_leaves_gives_everything_back(shop: Bench) -> None:
    shop.run(request())
    ends(shop).cancel(TRF, "no van")
    run = settled(shop)
    assert (run.status, run.error, run.compensated) == ("FAILED", "TransferCancelled", COMPENSATIONS)
    assert "no van" in run.cause
    assert level(WAREHOUSE) == (30, 0, 30, 0)
    assert level(LOCATION) == (10, 0, 10, 0)
    assert shop.audit() == []


def test_a_week_of_silence_is_a_cancel(shop: Bench) -> None:
    shop.run(request())
    for _ in range(5):
        shop.engine.pass_time(2 * 86_400)
    run = settled(shop)
    assert (run.status, run.error) == ("FAILED", "TransferCancelled")
    assert transfers().get(TRF).cancel_reason == "it did not leave in time"
    assert level(WAREHOUSE) == (30, 0, 30, 0)


def test_goods_on_their_way_are_past_cancelling(shop: Bench) -> None:
    shop.run(request())
    ends(shop).ship(TRF)
    settled(shop)
    with pytest.raises(InvalidTransfer):
        ends(shop).cancel(TRF, "changed my mind")


def test_more_than_the_source_has_is_refused(shop: Bench) -> None:
    (run,) = shop.run(request(lines=[{"sku": ESPRESSO, "quantity": 31}]))
    assert (run.error, run.compensated) == (InsufficientStock.__name__, ["ReleaseStock", "CancelTransfer"])
    assert shop.audit() == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"destination": WAREHOUSE}, "destination"),
        ({"lines": []}, "lines"),
        ({"lines": [{"sku": ESPRESSO, "quantity": 0}]}, "quantity"),
        ({"currency": "euro"}, "currency"),
    ],
)
def test_a_request_that_makes_no_sense_says_what_is_wrong(shop: Bench, wrong: Any, field: str) -> None:
    (run,) = shop.run(request(**wrong))
    assert run.error == "InvalidTransfer"
    assert field in run.cause
    assert shop.audit() == []


def test_goods_that_never_come_are_a_persons_to_settle(shop: Bench) -> None:
    (run,) = shop.run(request())
    ends(shop).ship(TRF)
    settled(shop)
    for _ in range(32):
        shop.engine.pass_time(86_400)
    (case,) = shop.snapshot(TRF).cases[TRF]
    assert (case["status"], case["step"]) == ("OPEN", "AwaitArrival")
    ends(shop).lose_rest(TRF, "stolen")
    run = shop.resolve(run, "done", "the van was stolen", case="AwaitArrival")
    assert (run.status, run.output["loss"] > 0) == ("SUCCEEDED", True)
    assert shop.audit() == []


def test_a_compensation_that_fails_is_a_case_and_the_rest_still_run(shop: Bench) -> None:
    shop.run(request(), faults=[Fault("LowerOnOrder", "time_out_before", times=FOREVER)])
    ends(shop).cancel(TRF, "no van")
    run = settled(shop)
    (case,) = shop.snapshot(TRF).cases[TRF]
    assert (run.status, case["steps"]) == ("RUNNING", ["LowerOnOrder"])
    assert level(WAREHOUSE) == (30, 0, 30, 0)
    shop.plan.faults = ()
    run = shop.resolve(run, "retry")
    assert (run.status, level(LOCATION)) == ("FAILED", (10, 0, 10, 0))
    assert shop.audit() == []


def test_a_hundred_lines_take_as_many_states_as_one(shop: Bench) -> None:
    stock(dict.fromkeys(CARDS[:100], 1), "cards")
    lines = [ReceiptLine(sku=sku, quantity=2, cost=120) for sku in CARDS[:100]]
    inventory().receive("more-cards", WAREHOUSE, lines)
    shop.run(request(lines=[{"sku": sku, "quantity": 2} for sku in CARDS[:100]]))
    ends(shop).ship(TRF)
    assert settled(shop).path == SHIPPED
    ends(shop).lose_rest(TRF, "burnt")
    run = settled(shop)
    assert run.path == [*SHIPPED, "BookArrival", "WhatNext", "PostLoss", "CloseTransfer", "TransferClosed"]
    assert run.output["loss"] == 12_000
    assert shop.audit() == []


def test_what_is_on_its_way_is_not_bought_again(shop: Bench) -> None:
    inventory().set_reorder_point(LOCATION, ESPRESSO, 12)
    assert [need["sku"] for need in inventory().needs()] == [ESPRESSO]
    shop.run(request())
    assert inventory().needs() == []
