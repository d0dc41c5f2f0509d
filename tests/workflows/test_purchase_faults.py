"""A purchase order whose steps fail, and goods that go back."""

from datetime import UTC, datetime
from typing import Any

import pytest
from purchasing.supplier_models import Supplier

from tests.support.purchase_workflow import (
    ALL,
    PO,
    PRICES,
    TODAY,
    balances,
    begin,
    cancelled,
    closed,
    due,
    invoice,
    level,
    order,
    receipt,
    receive_all,
    shop,
)
from till.shop import CARDS, ESPRESSO
from verification.harness.engine_callbacks import purchase_operations, purchases_store
from verification.harness.faults import FOREVER, Fault
from verification.harness.fixture import START, seed_stock, workflow_fixture

__all__ = ["shop"]  # fixtures


COMPENSATIONS = [
    "ReverseEntries",
    "VoidInvoice",
    "ReturnGoods",
    "WithdrawPurchase",
    "LowerOnOrder",
    "CancelPurchase",
]
STEPS = ["FindUnknownProducts", "OpenPurchase", "RaiseOnOrder", "SendPurchase"]


@pytest.mark.parametrize("state", STEPS)
@pytest.mark.parametrize("kind", ["fail_before", "fail_after", "time_out_then_effect"])
def test_a_step_before_the_acknowledgement_that_fails_is_undone(shop: Any, state: str, kind: Any) -> None:
    run = begin(shop, Fault(state, kind, times=FOREVER))
    assert run.status == "FAILED"
    shop.apply_late_effects()
    cancelled(shop, run, run.error or "")


@pytest.mark.parametrize(
    "state",
    [
        "ReceiveGoods",
        "LowerReceived",
        "PostReceipt",
        "BookReceipt",
        "LowerRest",
        "PostInvoice",
        "PostPayment",
    ],
)
@pytest.mark.parametrize("kind", ["fail_after", "time_out_after", "deliver_twice"])
def test_a_later_step_that_fails_is_done_once_all_the_same(shop: Any, state: str, kind: Any) -> None:
    run = receive_all(shop, begin(shop, Fault(state, kind)))
    if run.path[-1] == "OpenWorkCase":
        run = shop.resolve(run, "retry", case=state)
    shop.operations.bill(PO, invoice(ALL, PRICES))
    run = due(shop, shop.run_until_settled(run.arn))
    if run.path[-1].startswith("Open"):
        run = due(shop, shop.resolve(run, "retry", case=state))
    closed(shop, run)
    assert balances(shop) == {"Inventory": 24800, "Input tax recoverable": 4960, "Bank": -29760}


@pytest.mark.parametrize("state", COMPENSATIONS)
def test_a_compensation_that_fails_is_a_case_and_the_rest_still_run(shop: Any, state: str) -> None:
    run = begin(shop, Fault(state, "fail_before"))
    shop.operations.cancel(PO, "no more")
    run = shop.run_until_settled(run.arn)
    assert run.path[-1] == "OpenCompensationCase"
    assert run.compensated == [name for name in COMPENSATIONS if name != state]
    cancelled(shop, shop.resolve(run, "retry"), "PurchaseCancelled")


def test_started_in_virtual_time() -> None:
    assert datetime.fromtimestamp(START, UTC).date() == TODAY


def test_goods_booked_after_they_were_given_up_are_not_received(shop: Any) -> None:
    run = begin(shop, Fault("ReceiveGoods", "time_out_then_effect", times=FOREVER))
    shop.operations.acknowledge(PO, TODAY)
    shop.run_until_settled(run.arn)
    shop.operations.receive(PO, receipt(1, {ESPRESSO: 12}))
    run = shop.run_until_settled(run.arn)
    assert run.path[-1] == "OpenWorkCase"
    run = shop.resolve(run, "give_up", case="ReceiveGoods")
    shop.apply_late_effects()
    cancelled(shop, run, "States.Timeout")


def test_return_with_more_lines_than_a_transaction_is_complete() -> None:
    lines = dict.fromkeys(CARDS[:120], 2)
    with workflow_fixture("PurchaseOrder") as shop:
        seed_stock({ESPRESSO: 10, **dict.fromkeys(lines, 0)})
        goods_in = purchase_operations(shop)
        purchases_store().suppliers.create(
            Supplier(supplier_id="sup-a", name="A", currency="EUR", account="acct_ok")
        )
        [run] = shop.run(
            order(
                lines=[{"sku": sku, "quantity": 2, "unit_cost": 60} for sku in lines],
                suppliers=[{"supplier_id": "sup-a"}],
            )
        )
        goods_in.acknowledge(PO, TODAY)
        shop.run_until_settled(run.arn)
        goods_in.receive(PO, receipt(1, lines | {CARDS[0]: 1}))
        shop.run_until_settled(run.arn)
        assert level(shop, CARDS[119])["on_hand"] == 2
        goods_in.cancel(PO, "no")
        run = shop.run_until_settled(run.arn)
        assert run.compensated == COMPENSATIONS
        assert shop.audit() == []
        assert {level(shop, sku)["on_hand"] for sku in lines} == {0}
