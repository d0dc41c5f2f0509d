"""The payment of a supplier's invoice at the end of a purchase order."""

from typing import Any

import pytest
from purchasing.errors import InvalidPurchase

from tests.support.purchase_workflow import (
    ALL,
    PO,
    PRICES,
    TODAY,
    begin,
    closed,
    due,
    invoice,
    order,
    receive_all,
    shop,
    transfers,
)
from verification.harness.faults import Fault
from verification.harness.fixture import Run

__all__ = ["shop"]  # fixtures


def pay_with(shop: Any, account: str) -> Run:
    before = shop.store.suppliers.account("sup-a")
    shop.store.suppliers.update(before.supplier.model_copy(update={"account": account}), before.version)
    run = receive_all(shop, begin(shop))
    shop.operations.bill(PO, invoice(ALL, PRICES))
    return due(shop, shop.run_until_settled(run.arn))


@pytest.mark.parametrize(
    "account", ["acct_timeout_before_effect", "acct_timeout_after_effect", "acct_silent"]
)
def test_payment_with_a_lost_response_is_made_once(shop: Any, account: str) -> None:
    closed(shop, pay_with(shop, account))
    assert transfers(shop) == [29760]


def test_unknown_payment_is_resolved_by_the_bank_alone(shop: Any) -> None:
    run = receive_all(shop, begin(shop, Fault("PaySupplier", "fail_after")))
    shop.operations.bill(PO, invoice(ALL, PRICES))
    run = due(shop, shop.run_until_settled(run.arn))
    assert "ResolvePayment" in run.path
    closed(shop, run)
    assert transfers(shop) == [29760]


def test_a_refused_payment_waits_for_a_person(shop: Any) -> None:
    run = pay_with(shop, "acct_closed")
    assert run.path[-1] == "OpenWorkCase"
    assert (
        shop.row("CasesTable", f"CASE#{PO}#purchase#PaySupplier", "CASE")["error"] == "SupplierPaymentRefused"
    )
    closed(shop, shop.resolve(run, "done", case="PaySupplier"))
    assert transfers(shop) == []


def test_order_is_closed_when_the_case_of_its_close_is_done(shop: Any) -> None:
    run = receive_all(shop, begin(shop, Fault("ClosePurchase", "fail_before")))
    shop.operations.bill(PO, invoice(ALL, PRICES))
    run = due(shop, shop.run_until_settled(run.arn))
    assert run.path[-1] == "OpenForwardCase"
    closed(shop, shop.resolve(run, "done", "closed by hand", case="ClosePurchase"))


def test_an_invoice_number_is_paid_once(shop: Any) -> None:
    run = receive_all(shop, begin(shop))
    shop.operations.bill(PO, invoice(ALL, PRICES))
    shop.run_until_settled(run.arn)
    [second] = shop.run(order(purchase_order_id="po-2", order_id="po-2"))
    shop.operations.acknowledge("po-2", TODAY)
    shop.run_until_settled(second.arn)
    with pytest.raises(InvalidPurchase, match="order po-1 has it"):
        shop.operations.bill("po-2", invoice(ALL, PRICES))
