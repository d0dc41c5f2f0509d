"""Sales on account and the payments of their invoices, whole, with the invariants of all tables after each."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from customers.models import Customer
from customers.store import CustomersStore
from payments.credit.accounts import Accounts
from payments.credit.models import SetCreditLimit
from payments.credit.rows import customer_wallet
from payments.credit.wallets import Wallets
from tillflow.aws import client

from till.demo.order_checkout import BASKET, CASH, order
from till.shop import ESPRESSO, MUG
from verification.harness.faults import FOREVER, Fault
from verification.harness.fixture import Run, WorkflowFixture, seed_stock, workflow_fixture

TOTAL = 4390


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    with workflow_fixture() as built:
        seed_stock({ESPRESSO: 10, MUG: 10})
        customer = Customer(customer_id="cus-1", name="Ada")
        CustomersStore(client("dynamodb"), "CustomersTable").create(customer, datetime.now(UTC))
        accounts().set_limit(SetCreditLimit(customer_id="cus-1", currency="EUR", credit_limit=10_000))
        yield built


def accounts() -> Accounts:
    return Accounts(client("dynamodb"), "PaymentsTable")


def sell(shop: WorkflowFixture, order_id: str = "ord-1", *tenders: dict[str, Any]) -> Run:
    request = order(BASKET, *tenders, {"type": "on_account"}, customer_id="cus-1")
    [run] = shop.run({**request, "order_id": order_id, "placed_at": "2026-11-23T10:00:00Z"})
    return run


def pay(shop: WorkflowFixture, amount: int, *orders: str, faults: tuple[Fault, ...] = ()) -> Run:
    request = {"payment_id": "pay-1", "customer_id": "cus-1", "currency": "EUR", "amount": amount}
    shop.schedule = shop.schedule.of(faults)
    arn = shop.start({**request, "method": "bank_transfer", "orders": list(orders)}, "CustomerPayment")
    return shop.run_until_settled(arn)


def invoice(shop: WorkflowFixture, order_id: str = "ord-1") -> dict[str, Any]:
    row = shop.snapshot().invoices[order_id]
    return {name: row.get(name) for name in ("status", "paid", "outstanding")}


def owed() -> int:
    return accounts().accounts("cus-1")[0].owed


def test_invoice_on_account_is_issued_partly_paid_and_paid(shop: WorkflowFixture) -> None:
    assert sell(shop).status == "SUCCEEDED"
    assert invoice(shop) == {"status": "ISSUED", "paid": 0, "outstanding": TOTAL}
    assert (owed(), shop.audit()) == (TOTAL, [])
    assert pay(shop, 1000).output["allocated"] == 1000
    assert invoice(shop) == {"status": "PARTIALLY_PAID", "paid": 1000, "outstanding": TOTAL - 1000}
    assert (owed(), shop.audit()) == (TOTAL - 1000, [])


def test_overpayment_becomes_credit_of_the_customer(shop: WorkflowFixture) -> None:
    sell(shop, "ord-1", {**CASH, "amount": 390})
    assert invoice(shop)["status"] == "PARTIALLY_PAID"
    run = pay(shop, 5000)
    assert (run.output["allocated"], run.output["overpayment"]) == (4000, 1000)
    assert invoice(shop) == {"status": "PAID", "paid": TOTAL, "outstanding": 0}
    assert Wallets(client("dynamodb"), "PaymentsTable").balances(customer_wallet("cus-1")) == {"EUR": 1000}
    assert (owed(), shop.audit()) == (0, [])


def test_sale_above_the_credit_limit_is_declined(shop: WorkflowFixture) -> None:
    assert [sell(shop, f"ord-{number}").error for number in (1, 2, 3)] == [None, None, "PaymentDeclined"]
    assert (owed(), shop.audit()) == (2 * TOTAL, [])


@pytest.mark.parametrize("paid", [0, 1000])
def test_cancel_of_a_sale_on_account_leaves_what_was_paid_for_other_invoices(
    shop: WorkflowFixture, paid: int
) -> None:
    sell(shop)
    if paid:
        pay(shop, paid)
    [run] = shop.run({"order_id": "ord-1", "reason": "changed"}, workflow="OrderCancel")
    assert run.output["status"] == "CANCELLED"
    assert (owed(), invoice(shop)["outstanding"], shop.audit()) == (-paid, -paid, [])


@pytest.mark.parametrize("step", ["ReceivePayment", "SettleAccount", "PostPayment"])
@pytest.mark.parametrize("kind", ["time_out_before", "time_out_after"])
def test_step_that_keeps_failing_opens_a_case_and_is_done_once(
    shop: WorkflowFixture, step: str, kind: str
) -> None:
    sell(shop)
    run = pay(shop, 5000, faults=(Fault(step, kind, FOREVER),))
    assert run.status == "RUNNING"
    assert shop.audit("pay-1") == []
    shop.schedule = shop.schedule.of(())
    assert shop.resolve(run, "retry", case=step).output["overpayment"] == 5000 - TOTAL
    assert (owed(), shop.audit()) == (0, [])


@pytest.mark.parametrize(
    ("amount", "orders", "error"), [(0, (), "InvalidPayment"), (10, ("ord-9",), "InvalidPayment")]
)
def test_payment_that_is_not_valid_records_nothing(
    shop: WorkflowFixture, amount: int, orders: tuple[str, ...], error: str
) -> None:
    sell(shop)
    run = pay(shop, amount, *orders)
    assert (run.status, run.error) == ("FAILED", error)
    assert (owed(), shop.audit()) == (TOTAL, [])
