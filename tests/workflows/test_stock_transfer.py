"""The stock transfer workflow."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from inventory.errors import InvalidTransfer
from inventory.models import ReceiptLine
from inventory.store import InventoryStore
from inventory.transfers.models import Arrival, ArrivedLine, OpenTransfer
from inventory.transfers.operations import TransferOperations
from inventory.transfers.rules import next_step
from inventory.transfers.store import TransferStore
from ledger.accounts import INVENTORY, INVENTORY_LOSSES
from tillflow.aws import client
from tillflow.errors import InsufficientStock

from audit.snapshot import journal_lines
from till.shop import CARDS, ESPRESSO, LOCATION, MUG
from verification.harness.engine_callbacks import EngineCallbacks
from verification.harness.faults import FOREVER, Fault
from verification.harness.fixture import WorkflowFixture, seed_stock, workflow_fixture

TRF, WAREHOUSE = "trf-1", "warehouse"
RESERVED = ["FindUnknownProducts", "OpenTransfer", "ReserveStock", "RaiseOnOrder", "AwaitShipment"]
SHIPPED = [*RESERVED, "ShipTransfer", "WhatNext", "AwaitArrival"]
COMPENSATIONS = ["LowerOnOrder", "ReleaseStock", "CancelTransfer"]


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    with workflow_fixture("StockTransfer") as built:
        seed_stock({ESPRESSO: 10, MUG: 10})
        lines = [
            ReceiptLine(sku=ESPRESSO, quantity=30, cost=30_001),
            ReceiptLine(sku=MUG, quantity=30, cost=15_000),
        ]
        inventory().receive("first", WAREHOUSE, lines)
        yield built


def inventory() -> InventoryStore:
    return InventoryStore(client("dynamodb"), "InventoryTable")


def transfers() -> TransferStore:
    return TransferStore(client("dynamodb"), "InventoryTable")


def operations(shop: WorkflowFixture) -> TransferOperations:
    return TransferOperations(client("dynamodb"), EngineCallbacks(shop), "InventoryTable", "", lambda _: [])


def request(**more: Any) -> dict[str, Any]:
    lines = [{"sku": ESPRESSO, "quantity": 7}, {"sku": MUG, "quantity": 4}]
    transfer = {"source": WAREHOUSE, "destination": LOCATION, "currency": "EUR", "lines": lines}
    return {"order_id": TRF, **transfer, **more}  # the harness names executions by order_id


def arrival_of(name: str, **units: tuple[int, int]) -> Arrival:
    skus = {"espresso": ESPRESSO, "mug": MUG}
    lines = tuple(ArrivedLine(sku=skus[sku], quantity=q, lost=lost) for sku, (q, lost) in units.items())
    return Arrival(arrival_id=name, arrived_at=datetime(2026, 11, 24, tzinfo=UTC), lines=lines)


def level(location: str, sku: str = ESPRESSO) -> tuple[int, int, int, int]:
    """On hand, reserved, available, on order."""
    row = inventory().level(location, sku)
    return row["on_hand"], row["reserved"], row["available"], row.get("on_order", 0)


def run_until_settled(shop: WorkflowFixture) -> Any:
    return shop.run_until_settled(shop.machine.replace(":stateMachine:", ":execution:") + f":{TRF}")


def test_a_new_transfer_is_reserved_at_the_source_and_on_order_at_the_destination(
    shop: WorkflowFixture,
) -> None:
    (run,) = shop.run(request())
    assert run.status == "RUNNING"
    assert level(WAREHOUSE) == (30, 7, 23, 0)
    assert level(LOCATION) == (10, 0, 10, 7)
    assert shop.audit(TRF) == []


def test_goods_in_transit_are_on_hand_nowhere_and_arrive_in_parts_at_their_cost(
    shop: WorkflowFixture,
) -> None:
    shop.run(request())
    operations(shop).ship(TRF)
    assert run_until_settled(shop).path == SHIPPED
    assert level(WAREHOUSE) == (23, 0, 23, 0)
    assert level(LOCATION) == (10, 0, 10, 7)
    assert shop.audit(TRF) == []
    value = inventory().level(WAREHOUSE, ESPRESSO)["stock_value"]

    operations(shop).receive(TRF, arrival_of("van-1", espresso=(3, 0)))
    run_until_settled(shop)
    assert level(LOCATION) == (13, 0, 13, 4)
    operations(shop).receive(TRF, arrival_of("van-2", espresso=(4, 0), mug=(4, 0)))
    run = run_until_settled(shop)
    assert (run.status, run.output["loss"]) == ("SUCCEEDED", 0)
    assert level(LOCATION) == (17, 0, 17, 0)
    moved = [
        row["cost"]
        for row in inventory().list_movements(LOCATION, ESPRESSO, 100, "", None).rows
        if row["kind"] == "transfer_in"
    ]
    assert sum(moved) == 30_001 - value
    assert shop.audit() == []


def _open(**more: Any) -> None:
    opened = {key: value for key, value in request(**more).items() if key != "order_id"}
    transfers().open(OpenTransfer.model_validate({"transfer_id": TRF, **opened}))


def test_goods_reported_as_left_before_their_reservation_are_shipped(shop: WorkflowFixture) -> None:
    _open()
    operations(shop).ship(TRF)
    (run,) = shop.run(request())
    assert (run.status, run.path) == ("RUNNING", SHIPPED)
    assert (level(WAREHOUSE), level(LOCATION)) == ((23, 0, 23, 0), (10, 0, 10, 7))
    operations(shop).receive(TRF, arrival_of("van-1", espresso=(7, 0), mug=(4, 0)))
    assert run_until_settled(shop).status == "SUCCEEDED"
    assert shop.audit() == []


def test_goods_reported_as_left_that_the_source_does_not_have_are_cancelled(shop: WorkflowFixture) -> None:
    lines = [{"sku": ESPRESSO, "quantity": 31}]
    _open(lines=lines)
    operations(shop).ship(TRF)
    (run,) = shop.run(request(lines=lines))
    assert (run.status, run.error) == ("FAILED", "InsufficientStock")
    transfer = transfers().get(TRF)
    assert (transfer.status, transfer.cancel_reason) == ("CANCELLED", "InsufficientStock")
    assert transfer.left_at is not None
    assert (level(WAREHOUSE), level(LOCATION)) == ((30, 0, 30, 0), (10, 0, 10, 0))
    assert shop.audit() == []


def test_lost_units_are_written_off_at_their_cost(shop: WorkflowFixture) -> None:
    shop.run(request())
    operations(shop).ship(TRF)
    run_until_settled(shop)
    operations(shop).receive(TRF, arrival_of("van-1", espresso=(5, 1), mug=(4, 0)))
    run_until_settled(shop)
    operations(shop).lose_rest(TRF, "gone")
    run = run_until_settled(shop)
    assert run.status == "SUCCEEDED"
    assert level(LOCATION) == (15, 0, 15, 0)
    (entry,) = shop.snapshot().entries.values()
    sides = {line["account"]: line.get("debit", 0) - line.get("credit", 0) for line in journal_lines(entry)}
    assert sides == {INVENTORY_LOSSES.code: run.output["loss"], INVENTORY.code: -run.output["loss"]}
    assert run.output["loss"] in range(1999, 2002)  # two units of about ten each
    assert shop.audit() == []


def test_several_arrivals_are_booked_together_and_a_second_delivery_returns_the_same_step(
    shop: WorkflowFixture,
) -> None:
    shop.run(request())
    operations(shop).ship(TRF)
    run_until_settled(shop)
    for arrival in (arrival_of("van-1", espresso=(3, 0)), arrival_of("van-2", espresso=(2, 0))):
        transfers().record_arrival(TRF, arrival)
    first, second = (next_step(transfers().book(TRF)) for _ in range(2))
    assert (first, second) == ("await_arrival", "await_arrival")
    assert level(LOCATION) == (15, 0, 15, 2)


def test_an_arrival_that_is_recorded_twice_is_booked_once(shop: WorkflowFixture) -> None:
    shop.run(request())
    operations(shop).ship(TRF)
    run_until_settled(shop)
    for _ in range(2):
        operations(shop).receive(TRF, arrival_of("van-1", espresso=(3, 0)))
        run_until_settled(shop)
    assert level(LOCATION) == (13, 0, 13, 4)


def test_two_arrivals_before_the_workflow_continues_are_both_booked(shop: WorkflowFixture) -> None:
    shop.run(request())
    operations(shop).ship(TRF)
    run_until_settled(shop)
    operations(shop).receive(TRF, arrival_of("van-1", espresso=(7, 0)))
    operations(shop).receive(TRF, arrival_of("van-2", mug=(4, 0)))
    assert run_until_settled(shop).status == "SUCCEEDED"
    assert shop.audit() == []


def test_a_cancel_before_the_shipment_compensates_every_step(shop: WorkflowFixture) -> None:
    shop.run(request())
    operations(shop).cancel(TRF, "no van")
    run = run_until_settled(shop)
    assert (run.status, run.error, run.compensated) == ("FAILED", "TransferCancelled", COMPENSATIONS)
    assert "no van" in run.cause
    assert level(WAREHOUSE) == (30, 0, 30, 0)
    assert level(LOCATION) == (10, 0, 10, 0)
    assert shop.audit() == []


def test_a_transfer_without_a_shipment_for_a_week_is_cancelled(shop: WorkflowFixture) -> None:
    shop.run(request())
    for _ in range(5):
        shop.engine.pass_time(2 * 86_400)
    run = run_until_settled(shop)
    assert (run.status, run.error) == ("FAILED", "TransferCancelled")
    assert transfers().get(TRF).cancel_reason == "it did not leave in time"
    assert level(WAREHOUSE) == (30, 0, 30, 0)


def test_a_cancel_after_the_shipment_is_refused(shop: WorkflowFixture) -> None:
    shop.run(request())
    operations(shop).ship(TRF)
    run_until_settled(shop)
    with pytest.raises(InvalidTransfer):
        operations(shop).cancel(TRF, "changed my mind")


def test_more_than_the_source_has_is_refused(shop: WorkflowFixture) -> None:
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
def test_an_invalid_request_is_refused_with_the_field(shop: WorkflowFixture, wrong: Any, field: str) -> None:
    (run,) = shop.run(request(**wrong))
    assert run.error == "InvalidTransfer"
    assert field in run.cause
    assert shop.audit() == []


def test_goods_that_do_not_arrive_in_thirty_days_open_a_case(shop: WorkflowFixture) -> None:
    (run,) = shop.run(request())
    operations(shop).ship(TRF)
    run_until_settled(shop)
    for _ in range(32):
        shop.engine.pass_time(86_400)
    (case,) = shop.snapshot(TRF).cases[TRF]
    assert (case["status"], case["step"]) == ("OPEN", "AwaitArrival")
    operations(shop).lose_rest(TRF, "stolen")
    run = shop.resolve(run, "done", "the van was stolen", case="AwaitArrival")
    assert (run.status, run.output["loss"] > 0) == ("SUCCEEDED", True)
    assert shop.audit() == []


def test_transfer_is_closed_when_the_case_of_its_close_is_done(shop: WorkflowFixture) -> None:
    shop.run(request(), faults=[Fault("CloseTransfer", "fail_before")])
    operations(shop).ship(TRF)
    run_until_settled(shop)
    operations(shop).lose_rest(TRF, "burnt")
    run = run_until_settled(shop)
    assert run.path[-1] == "ParkForward"
    run = shop.resolve(run, "done", "closed by hand", case="CloseTransfer")
    assert (run.status, run.path[-2:]) == ("SUCCEEDED", ["CloseTransfer", "TransferClosed"])
    assert shop.audit() == []


def test_a_compensation_that_fails_is_a_case_and_the_rest_still_run(shop: WorkflowFixture) -> None:
    shop.run(request(), faults=[Fault("LowerOnOrder", "time_out_before", times=FOREVER)])
    operations(shop).cancel(TRF, "no van")
    run = run_until_settled(shop)
    (case,) = shop.snapshot(TRF).cases[TRF]
    assert (run.status, case["steps"]) == ("RUNNING", ["LowerOnOrder"])
    assert level(WAREHOUSE) == (30, 0, 30, 0)
    shop.schedule.faults = ()
    run = shop.resolve(run, "retry")
    assert (run.status, level(LOCATION)) == ("FAILED", (10, 0, 10, 0))
    assert shop.audit() == []


def test_a_hundred_lines_take_as_many_states_as_one(shop: WorkflowFixture) -> None:
    seed_stock(dict.fromkeys(CARDS[:100], 1), "cards")
    lines = [ReceiptLine(sku=sku, quantity=2, cost=120) for sku in CARDS[:100]]
    inventory().receive("more-cards", WAREHOUSE, lines)
    shop.run(request(lines=[{"sku": sku, "quantity": 2} for sku in CARDS[:100]]))
    operations(shop).ship(TRF)
    assert run_until_settled(shop).path == SHIPPED
    operations(shop).lose_rest(TRF, "burnt")
    run = run_until_settled(shop)
    assert run.path == [*SHIPPED, "BookArrival", "WhatNext", "PostLoss", "CloseTransfer", "TransferClosed"]
    assert run.output["loss"] == 12_000
    assert shop.audit() == []


def test_units_in_transit_are_not_reordered(shop: WorkflowFixture) -> None:
    inventory().set_reorder_point(LOCATION, ESPRESSO, 12)
    assert [need["sku"] for need in inventory().needs()] == [ESPRESSO]
    shop.run(request())
    assert inventory().needs() == []


def test_unknown_products_are_refused_before_any_effect(shop: WorkflowFixture) -> None:
    lines = [{"sku": sku, "quantity": 1} for sku in ("NOPE", ESPRESSO, "NONE")]
    (run,) = shop.run(request(lines=lines))
    assert (run.status, run.error) == ("FAILED", "UnknownReferences")
    assert "lines[0].sku is 'NOPE'" in run.cause and "lines[2].sku is 'NONE'" in run.cause
    assert shop.audit() == []


@pytest.mark.parametrize("field", ["source", "destination"])
def test_an_unknown_location_is_refused_before_any_effect(shop: WorkflowFixture, field: str) -> None:
    (run,) = shop.run(request(**{field: "store-9"}))
    assert (run.status, run.error, run.path) == (
        "FAILED",
        "UnknownReferences",
        ["FindUnknownProducts", "OpenTransfer", "TransferCancelled"],
    )
    assert f"{field} is 'store-9'" in run.cause
    assert shop.audit() == []
