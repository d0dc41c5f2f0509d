"""Shipments of paid orders, whole, with the invariants of all tables after each."""

from collections.abc import Iterator
from typing import Any

import pytest
from shipping.errors import InvalidShipment, ShipmentEnded, UnknownShipment
from shipping.models import Delivery, Report
from shipping.operations import ShippingOperations
from tillflow.aws import client

from audit.snapshot import shipment_of
from till.demo.order_return import ONE_MUG
from till.demo.order_shipment import SCENARIOS, ending, sale, shipment_id
from till.shop import CURRENCY, ESPRESSO, MUG
from verification.harness.engine_callbacks import EngineCallbacks
from verification.harness.faults import Fault
from verification.harness.fixture import Run, WorkflowFixture, seed_stock, workflow_fixture

SHIPMENT, CANCEL, RETURN = "OrderShipment", "OrderCancel", "OrderReturn"
ORDER, FIRST, SECOND = "ord-1", "ord-1-s1", "ord-1-s2"


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    with workflow_fixture() as built:
        seed_stock({ESPRESSO: 10, MUG: 10})
        built.deploy(RETURN)
        yield built


def sell(shop: WorkflowFixture, **changes: Any) -> None:
    request = sale(SCENARIOS[0]) | {"order_id": ORDER, "placed_at": "2026-11-23T10:00:00Z"} | changes
    [run] = shop.run(request)
    assert run.status == "SUCCEEDED", run.cause


def ship(shop: WorkflowFixture, *faults: Fault) -> Run:
    [run] = shop.run({"order_id": ORDER}, faults=faults, workflow=SHIPMENT)
    return run


def operations(shop: WorkflowFixture) -> ShippingOperations:
    return ShippingOperations(client("dynamodb"), EngineCallbacks(shop), "ShippingTable")


def report(shop: WorkflowFixture, shipment: str, status: str, **more: Any) -> Delivery:
    return operations(shop).report(shipment, Report.model_validate({"status": status, **more}))


def give_back(shop: WorkflowFixture, return_id: str, line: dict[str, Any] = ONE_MUG) -> Run:
    request = {"return_id": return_id, "order_id": ORDER, "currency": CURRENCY, "lines": [line]}
    [run] = shop.run(request, workflow=RETURN)
    return run


def units(delivery: Delivery, number: int = 0) -> dict[str, int]:
    return {line.sku: line.quantity for line in delivery.shipments[number].lines}


def test_shipment_waits_for_the_carrier_and_closes_when_it_is_delivered(shop: WorkflowFixture) -> None:
    sell(shop)
    run = ship(shop)
    assert (run.status, run.path[-1]) == ("RUNNING", "AwaitCarrier")
    assert units(operations(shop).get(ORDER)) == {ESPRESSO: 1, MUG: 2}
    assert shop.audit(shipment_of(ORDER)) == []
    report(shop, FIRST, "delivered")
    report(shop, FIRST, "delivered")
    assert shop.run_until_settled(run.arn).output == {"order_id": ORDER, "status": "CLOSED"}
    assert (ending(operations(shop).get(ORDER)), shop.audit()) == ("CLOSED, 1 delivered", [])


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.title)
def test_demo_scenario_ends_as_expected(shop: WorkflowFixture, scenario: Any) -> None:
    sell(shop, delivery=sale(scenario)["delivery"])
    run = ship(shop)
    for reported in scenario.reports:
        operations(shop).report(shipment_id(ORDER, reported.shipment), reported.event)
        shop.run_until_settled(run.arn)
    assert shop.run_until_settled(run.arn).status == "SUCCEEDED"
    assert (ending(operations(shop).get(ORDER)), shop.audit()) == (scenario.expected, [])


def test_lost_goods_are_refunded_and_written_off(shop: WorkflowFixture) -> None:
    sell(shop)
    run = ship(shop)
    report(shop, FIRST, "failed", note="lost")
    assert shop.run_until_settled(run.arn).status == "SUCCEEDED"
    [shipment] = operations(shop).get(ORDER).shipments
    refund = shop.snapshot().returns[str(shipment.return_id)]
    assert (refund["status"], refund["total"]) == ("COMPLETED", 4390)
    assert (shop.snapshot().return_movements, shop.audit()) == ({}, [])


def test_units_that_are_returned_before_the_hand_over_are_not_shipped(shop: WorkflowFixture) -> None:
    sell(shop)
    assert give_back(shop, "ret-1").status == "SUCCEEDED"
    run = ship(shop)
    assert units(operations(shop).get(ORDER)) == {ESPRESSO: 1, MUG: 1}
    report(shop, FIRST, "delivered")
    assert (shop.run_until_settled(run.arn).status, shop.audit()) == ("SUCCEEDED", [])


def test_units_returned_after_a_partial_shipment_are_shipped_ones(shop: WorkflowFixture) -> None:
    sell(shop)
    run = ship(shop)
    assert give_back(shop, "ret-1").status == "SUCCEEDED"
    report(shop, FIRST, "partly_shipped", lines=[{"line_no": 2, "quantity": 1}])
    shop.run_until_settled(run.arn)
    assert units(operations(shop).get(ORDER), 1) == {ESPRESSO: 1, MUG: 1}
    for shipment in (FIRST, SECOND):
        report(shop, shipment, "delivered")
    assert (shop.run_until_settled(run.arn).status, shop.audit()) == ("SUCCEEDED", [])


def test_cancel_is_refused_once_a_shipment_is_claimed(shop: WorkflowFixture) -> None:
    sell(shop)
    run = ship(shop)
    [cancel] = shop.run({"order_id": ORDER}, workflow=CANCEL)
    assert (cancel.status, cancel.error) == ("FAILED", "OrderIsShipped")
    report(shop, FIRST, "delivered")
    assert (shop.run_until_settled(run.arn).status, shop.audit()) == ("SUCCEEDED", [])


def test_cancel_that_comes_first_stops_the_shipment(shop: WorkflowFixture) -> None:
    sell(shop)
    [cancel] = shop.run({"order_id": ORDER}, workflow=CANCEL)
    assert cancel.status == "SUCCEEDED"
    assert ship(shop).output == {"order_id": ORDER, "status": "NOT_SHIPPED"}
    assert shop.audit() == []


def test_carry_out_sale_is_not_shipped(shop: WorkflowFixture) -> None:
    sell(shop, fulfilment="carry_out", delivery=None)
    assert ship(shop).output == {"order_id": ORDER, "status": "NOT_SHIPPED"}


def test_shipped_order_without_an_address_is_refused(shop: WorkflowFixture) -> None:
    request = sale(SCENARIOS[0]) | {"order_id": ORDER, "placed_at": "2026-11-23T10:00:00Z", "delivery": None}
    [run] = shop.run(request)
    assert run.error == "InvalidOrder"
    assert "a delivery address with fulfilment ship" in str(run.cause)


def test_silent_carrier_opens_a_case_whose_retry_waits_again(shop: WorkflowFixture) -> None:
    sell(shop)
    run = ship(shop)
    shop.engine.pass_time(11 * 86_400)
    assert shop.run_until_settled(run.arn).path[-1] == "OpenForwardCase"
    waiting = shop.resolve(run, "retry", case="AwaitCarrier")
    assert waiting.path[-1] == "AwaitCarrier"
    report(shop, FIRST, "delivered")
    assert (shop.run_until_settled(run.arn).status, shop.audit()) == ("SUCCEEDED", [])


def test_sign_of_the_shipment_extends_the_wait(shop: WorkflowFixture) -> None:
    sell(shop)
    run = ship(shop)
    for _ in range(2):
        shop.engine.pass_time(8 * 86_400)
        report(shop, FIRST, "in_transit")
    assert shop.run_until_settled(run.arn).path[-1] == "AwaitCarrier"


def test_return_that_is_not_made_opens_a_case_that_is_settled_by_hand(shop: WorkflowFixture) -> None:
    sell(shop)
    run = ship(shop)
    assert give_back(shop, "ret-1").status == "SUCCEEDED"
    report(shop, FIRST, "failed")
    waiting = shop.run_until_settled(run.arn)
    assert waiting.path[-1] == "OpenForwardCase"
    assert shop.resolve(run, "done", case="StartReturn").status == "SUCCEEDED"
    assert ending(operations(shop).get(ORDER)) == "CLOSED, 1 failed and refunded"
    assert shop.audit() == []


def test_claim_that_fails_for_good_opens_a_case_whose_retry_ships(shop: WorkflowFixture) -> None:
    sell(shop)
    run = ship(shop, Fault("ClaimShipment", "fail_before"))
    assert run.path[-1] == "OpenForwardCase"
    assert shop.resolve(run, "retry", case="ClaimShipment").path[-1] == "AwaitCarrier"


def test_report_of_another_ending_is_refused(shop: WorkflowFixture) -> None:
    sell(shop)
    ship(shop)
    report(shop, FIRST, "delivered")
    with pytest.raises(ShipmentEnded, match="is DELIVERED; failed"):
        report(shop, FIRST, "failed")


def test_report_of_more_units_than_were_handed_over_is_refused(shop: WorkflowFixture) -> None:
    sell(shop)
    ship(shop)
    with pytest.raises(InvalidShipment, match="at most the units of shipment ord-1-s1"):
        report(shop, FIRST, "partly_shipped", lines=[{"line_no": 2, "quantity": 3}])


@pytest.mark.parametrize("shipment", ["ord-1-s9", "ord-9-s1", "ord-1"])
def test_report_of_an_unknown_shipment_is_refused(shop: WorkflowFixture, shipment: str) -> None:
    sell(shop)
    ship(shop)
    with pytest.raises(UnknownShipment):
        report(shop, shipment, "delivered")


def test_report_of_another_carrier_is_refused(shop: WorkflowFixture) -> None:
    sell(shop)
    ship(shop)
    with pytest.raises(UnknownShipment):
        operations(shop).report(FIRST, Report(status="delivered"), "acme")
