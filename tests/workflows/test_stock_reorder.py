"""A level at its reorder point becomes one purchase order, however often it is asked for; a refusal claims nothing."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from demand.rules import Sales
from demand.store import DemandStore
from inventory.store import InventoryStore
from purchasing.store import PurchaseStore
from purchasing.supplier_models import Price, Supplier
from replenishment.models import Policy, Source
from replenishment.store import ReplenishmentStore
from tillflow.aws import client
from tillflow.store import key

from till.shop import CARDS, ESPRESSO, FILTER, LOCATION, MUG
from verification.harness.faults import FOREVER, Fault
from verification.harness.fixture import Run, WorkflowFixture, create_workflow, seed_stock, workflow_fixture

STOPPED = {
    "Comment": "stands for the purchase order",
    "StartAt": "Ordered",
    "States": {"Ordered": {"Type": "Succeed"}},
}

ASKED_TOO_LATE = Fault("AskManager", "time_out_then_effect", FOREVER)


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    with workflow_fixture("StockReorder") as built:
        create_workflow(built.engine, json.dumps(STOPPED), "PurchaseOrder")
        seed_stock({ESPRESSO: 10, FILTER: 10, MUG: 10})
        yield built


def inventory() -> InventoryStore:
    return InventoryStore(client("dynamodb"), "InventoryTable")


def keep(sku: str, cost: int = 1000, point: int = 20, supplier: str = "alpha") -> None:
    suppliers = PurchaseStore(client("dynamodb"), "PurchasingTable").suppliers
    suppliers.create(Supplier(supplier_id=supplier, name=supplier, currency="EUR", account="acct_ok"))
    source = Source(supplier_id=supplier, unit_cost=cost, pack_size=12, lead_time_days=5)
    policy = Policy(location=LOCATION, sku=sku, service_level=Decimal("0.95"), sources=(source,))
    store().put_policy(policy)
    inventory().set_reorder_point(LOCATION, sku, point)


def store() -> ReplenishmentStore:
    return ReplenishmentStore(client("dynamodb"), "ReplenishmentTable")


def sold(sku: str, units: int) -> None:
    """So many a day for the last four weeks."""
    today = datetime.now(UTC).date()
    store = DemandStore(client("dynamodb"), "DemandTable")
    for back in range(1, 29):
        day = today - timedelta(days=back)
        store.count(Sales(f"{sku}-{day}", LOCATION, day, ((sku, units),)))


def night(shop: WorkflowFixture, name: str = "night-1") -> Run:
    return shop.run({"order_id": name, "segments": 4})[0]


def on_order(sku: str) -> int:
    return inventory().level(LOCATION, sku).get("on_order", 0)


def started(shop: WorkflowFixture) -> list[dict[str, Any]]:
    """What purchase orders were started with."""
    runs = shop.engine.list_executions(stateMachineArn=shop.machine.replace("StockReorder", "PurchaseOrder"))
    arns = [run["executionArn"] for run in runs["executions"]]
    return [json.loads(shop.engine.describe_execution(executionArn=arn)["input"]) for arn in arns]


def test_one_order_per_supplier_contains_exactly_the_needs(shop: WorkflowFixture) -> None:
    keep(ESPRESSO)
    keep(FILTER, point=5)
    keep(MUG, supplier="beta")
    sold(ESPRESSO, 2)
    run = night(shop)
    assert run.status == "SUCCEEDED", run.cause
    assert run.output == ["ORDERED", "ORDERED"]
    assert on_order(FILTER) == 0
    # 2 a day: point 20, target 20 + 28, position 10: 38 in packs of 12.
    assert on_order(ESPRESSO) == 48
    assert on_order(MUG) == 12
    espresso = next(order for order in started(shop) if order["lines"][0]["sku"] == ESPRESSO)
    assert espresso["lines"] == [{"sku": ESPRESSO, "quantity": 48, "unit_cost": 1000}]
    assert espresso["suppliers"] == [{"supplier_id": "alpha"}]
    assert shop.audit(*(order["purchase_order_id"] for order in started(shop))) == []
    assert {broken.name for broken in shop.audit()} >= {"units_on_order_are_ordered"}


def test_a_reorder_point_follows_demand_up_when_it_orders(shop: WorkflowFixture) -> None:
    keep(ESPRESSO, point=12)
    keep(MUG, point=12)
    sold(ESPRESSO, 4)
    night(shop)
    # 4 a day for the 5 days it takes: the next order is due at 20. Of mugs nothing was sold.
    assert [inventory().level(LOCATION, sku)["reorder_point"] for sku in (ESPRESSO, MUG)] == [20, 12]


def test_levels_without_a_reorder_point_are_ignored(shop: WorkflowFixture) -> None:
    keep(ESPRESSO)
    assert [need["sku"] for need in inventory().needs()] == [ESPRESSO]
    inventory().set_reorder_point(LOCATION, ESPRESSO, None)
    assert inventory().needs() == []
    assert night(shop).output == []


@pytest.mark.parametrize("segments", [1, 3, 64])
def test_every_level_is_in_one_share(shop: WorkflowFixture, segments: int) -> None:
    seed_stock(dict.fromkeys(CARDS[:40], 1), "cards")
    for sku in CARDS[:40]:
        inventory().set_reorder_point(LOCATION, sku, 1)
    found = [need["sku"] for one in range(segments) for need in inventory().needs((), one, segments)]
    assert sorted(found) == CARDS[:40]


def test_late_note_does_not_recreate_a_deleted_plan(shop: WorkflowFixture) -> None:
    keep(ESPRESSO)
    late = Fault("NoteOrdered", "time_out_then_effect", FOREVER)
    shop.run({"order_id": "night-1", "segments": 4}, faults=[late])
    [planned] = shop.snapshot().items("ReplenishmentTable", "ORDER#", "RUN#")
    client("dynamodb").delete_item(TableName="ReplenishmentTable", Key=key(planned["pk"], planned["sk"]))
    shop.apply_late_effects()
    assert list(shop.snapshot().items("ReplenishmentTable", "ORDER#", "RUN#")) == []


def test_units_on_order_are_not_ordered_twice(shop: WorkflowFixture) -> None:
    keep(ESPRESSO)
    night(shop)
    ordered = on_order(ESPRESSO)
    assert ordered == 12
    assert night(shop, "night-2").output == []
    assert on_order(ESPRESSO) == ordered


def test_an_event_and_the_night_at_once_order_once(shop: WorkflowFixture) -> None:
    keep(ESPRESSO)
    event = {"order_id": "below-1", "detail": {"location": LOCATION, "sku": ESPRESSO}}
    runs = shop.run({"order_id": "night-1", "segments": 4}, event, {**event, "order_id": "below-2"})
    ended = [order for run in runs for order in run.output]
    assert ended.count("ORDERED") == 1
    assert on_order(ESPRESSO) == 12


def test_above_the_limit_a_manager_approves(shop: WorkflowFixture) -> None:
    keep(ESPRESSO, cost=20_000)
    run = night(shop)
    (waiting,) = store().pending_approvals().rows
    assert (waiting.asked, waiting.total, run.status) == ("manager", 240_000, "RUNNING")
    assert on_order(ESPRESSO) == 12
    decide(shop, waiting.purchase_order_id, "approve")
    assert shop.run_until_settled(run.arn).output == ["ORDERED"]


def price(sku: str, cost: int, supplier: str = "alpha") -> None:
    PurchaseStore(client("dynamodb"), "PurchasingTable").suppliers.set_prices(
        supplier, [Price(sku=sku, unit_cost=cost)]
    )


def test_the_total_at_the_suppliers_prices_is_approved_not_that_of_the_policy(shop: WorkflowFixture) -> None:
    keep(ESPRESSO, cost=100)
    price(ESPRESSO, 100_000)
    run = night(shop)
    (waiting,) = store().pending_approvals().rows
    assert (waiting.total, waiting.currency, run.status) == (1_200_000, "EUR", "RUNNING")
    assert started(shop) == []
    decide(shop, waiting.purchase_order_id, "approve")
    shop.run_until_settled(run.arn)
    assert [order["approved_total"] for order in started(shop)] == [1_200_000]


def test_orders_split_from_one_are_approved_by_their_sum(
    shop: WorkflowFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("replenishment.rules.LINES_PER_ORDER", 1)
    keep(ESPRESSO, cost=5000)
    keep(MUG, cost=5000)
    night(shop)
    assert [one.total for one in store().pending_approvals().rows] == [60_000, 60_000]


def test_below_the_limit_an_order_may_cost_up_to_the_limit(shop: WorkflowFixture) -> None:
    keep(ESPRESSO)
    night(shop)
    assert [order["approved_total"] for order in started(shop)] == [100_000]


def test_refused_order_claims_no_units(shop: WorkflowFixture) -> None:
    keep(ESPRESSO, cost=20_000)
    run = night(shop)
    (waiting,) = store().pending_approvals().rows
    decide(shop, waiting.purchase_order_id, "refuse")
    assert shop.run_until_settled(run.arn).output == ["NotApproved"]
    assert on_order(ESPRESSO) == 0
    assert store().pending_approvals().rows == []


def test_late_approval_request_claims_no_units_and_stays_closed(shop: WorkflowFixture) -> None:
    keep(ESPRESSO, cost=20_000)
    run = shop.run({"order_id": "night-1", "segments": 4}, faults=[ASKED_TOO_LATE])[0]
    assert run.output == ["Sandbox.Timedout"]
    assert on_order(ESPRESSO) == 0
    shop.apply_late_effects()
    assert store().pending_approvals().rows == []


def test_a_claim_that_could_not_be_given_back_is_a_case(shop: WorkflowFixture) -> None:
    keep(ESPRESSO, cost=20_000)
    faults = [ASKED_TOO_LATE, Fault("WithdrawApproval", "fail_before"), Fault("LowerOnOrder", "fail_before")]
    run = shop.run({"order_id": "night-1", "segments": 4}, faults=faults)[0]
    ((case,),) = shop.snapshot().cases.values()
    assert (case["step"], case["steps"]) == ("WithdrawApproval", ["WithdrawApproval", "LowerOnOrder"])
    assert on_order(ESPRESSO) == 12
    retried = shop.resolve(replace(run, business_id=case["business_id"]), "retry")
    assert retried.output == ["Sandbox.Timedout"]
    assert on_order(ESPRESSO) == 0


def test_a_silent_manager_is_passed_over_and_a_silent_owner_refuses(shop: WorkflowFixture) -> None:
    keep(ESPRESSO, cost=20_000)
    run = night(shop)
    shop.engine.pass_time(90_000)
    assert [row.asked for row in store().pending_approvals().rows] == ["owner"]
    shop.engine.pass_time(180_000)
    assert shop.run_until_settled(run.arn).output == ["States.Timeout"]
    assert on_order(ESPRESSO) == 0


def decide(shop: WorkflowFixture, order: str, decision: str) -> None:
    token = store().decide(order, decision, "by a test")
    shop.engine.send_task_success(taskToken=token, output=json.dumps({"decision": decision}))
