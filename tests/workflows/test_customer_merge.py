"""Merges of customers, whole, with the invariants of all tables after each."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from billing.operations import ReceivableOperations
from customers.models import Customer
from customers.store import CustomersStore
from orders.operations import OrderOperations
from payments.credit.accounts import Accounts
from payments.credit.models import GrantCredit, SetCreditLimit
from payments.credit.rows import customer_wallet
from payments.credit.wallets import Wallets
from tillflow.aws import client

from tests.support.payments_fixture import any_customer
from tests.support.references import none_unknown
from till.demo.order_checkout import BASKET, CASH, order
from till.shop import ESPRESSO, MUG
from verification.harness.faults import FOREVER, Fault
from verification.harness.fixture import Run, WorkflowFixture, seed_stock, workflow_fixture

TOTAL = 4390
MERGE = {"merge_id": "mrg-1", "customer_id": "cus-2", "survivor_id": "cus-1"}


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    with workflow_fixture() as built:
        seed_stock({ESPRESSO: 20, MUG: 20})
        for customer_id in ("cus-1", "cus-2"):
            customer = Customer(customer_id=customer_id, name="Ada")
            CustomersStore(client("dynamodb"), "CustomersTable").create(customer, datetime.now(UTC))
            limit = SetCreditLimit(customer_id=customer_id, currency="EUR", credit_limit=10_000)
            accounts().set_limit(limit)
        yield built


def accounts() -> Accounts:
    return Accounts(client("dynamodb"), "PaymentsTable")


def credit(customer_id: str) -> int:
    return Wallets(client("dynamodb"), "PaymentsTable").balance(customer_wallet(customer_id), "EUR")


def grant(shop: WorkflowFixture, amount: int, customer_id: str) -> None:
    """Grant credit as a return does, which posts it itself; an opposite entry of the books is not in question here."""
    request = {
        "grant_id": f"g-{customer_id}",
        "customer_id": customer_id,
        "currency": "EUR",
        "amount": amount,
    }
    granted = GrantCredit.model_validate({**request, "reason": "x", "source": "overpayment"})
    Wallets(client("dynamodb"), "PaymentsTable").grant(granted, datetime.now(UTC))


def sell(shop: WorkflowFixture, order_id: str, customer_id: str, *tenders: dict[str, Any]) -> Run:
    request = order(BASKET, *tenders, customer_id=customer_id)
    [run] = shop.run({**request, "order_id": order_id, "placed_at": "2026-11-23T10:00:00Z"})
    return run


def merge(shop: WorkflowFixture, *faults: Fault, **changes: str) -> Run:
    shop.schedule = shop.schedule.of(faults)
    return shop.run_until_settled(shop.start({**MERGE, **changes}, "CustomerMerge"))


def bought(customer_id: str) -> list[str]:
    orders = OrderOperations(client("dynamodb"), None, "OrdersTable", "", "", lambda *_: None, none_unknown)
    return [one.order_id for one in orders.list_orders(customer_id=customer_id).rows]


def test_survivor_has_the_orders_invoices_credit_and_debts_of_both(shop: WorkflowFixture) -> None:
    sell(shop, "ord-1", "cus-1", {"type": "on_account"})
    sell(shop, "ord-2", "cus-2", {"type": "on_account"})
    grant(shop, 500, "cus-2")
    run = merge(shop)
    assert (run.status, run.path[:3]) == ("SUCCEEDED", ["MergeCustomer", "MergeAccounts", "RecordMerge"])
    assert sorted(bought("cus-1")) == ["ord-1", "ord-2"]
    receivables = ReceivableOperations(client("dynamodb"), "BillingTable", any_customer)
    assert {item.order_id for item in receivables.open_items("cus-1")} == {"ord-1", "ord-2"}
    [owed] = receivables.ageing(datetime.now(UTC).date())
    assert (owed.customer_id, owed.total) == ("cus-1", 2 * TOTAL)
    [account] = accounts().accounts("cus-1")
    assert (account.owed, account.credit_limit) == (2 * TOTAL, 20_000)
    assert (credit("cus-1"), credit("cus-2"), shop.audit()) == (500, 0, [])


def test_payment_of_the_survivor_pays_the_invoices_of_both(shop: WorkflowFixture) -> None:
    sell(shop, "ord-1", "cus-1", {"type": "on_account"})
    sell(shop, "ord-2", "cus-2", {"type": "on_account"})
    merge(shop)
    payment = {"payment_id": "pay-1", "customer_id": "cus-1", "currency": "EUR", "amount": 2 * TOTAL + 7}
    arn = shop.start({**payment, "method": "cash", "orders": []}, "CustomerPayment")
    assert shop.run_until_settled(arn).output["overpayment"] == 7
    assert (accounts().accounts("cus-1")[0].owed, credit("cus-1"), shop.audit()) == (0, 7, [])


def test_merged_customer_is_not_sold_to(shop: WorkflowFixture) -> None:
    merge(shop)
    run = sell(shop, "ord-1", "cus-2", CASH)
    assert (run.status, run.error) == ("FAILED", "CustomerMerged")
    assert shop.audit() == []


def test_return_of_the_merged_customers_order_is_credited_to_the_survivor(shop: WorkflowFixture) -> None:
    sell(shop, "ord-2", "cus-2", CASH)
    merge(shop)
    for number, customer_id in enumerate(("cus-1", None), 1):
        request = {
            "return_id": f"ret-{number}",
            "order_id": "ord-2",
            "currency": "EUR",
            "lines": [{"line_no": number, "sku": (ESPRESSO, MUG)[number - 1], "quantity": 1}],
            "refund": "store_credit",
            **({"customer_id": customer_id} if customer_id else {}),
        }
        [run] = shop.run(request, workflow="OrderReturn")
        assert run.status == "SUCCEEDED", run.cause
    assert credit("cus-1") > 0 and credit("cus-2") == 0
    assert shop.audit() == []


def test_same_merge_again_starts_nothing_and_another_is_refused(shop: WorkflowFixture) -> None:
    first = merge(shop)
    assert merge(shop).arn == first.arn
    again = merge(shop, merge_id="mrg-2")
    assert (again.status, again.error) == ("FAILED", "CustomerMerged")
    assert shop.audit() == []


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"survivor_id": "cus-2"}, "InvalidMerge"),
        ({"survivor_id": "cus-9"}, "UnknownCustomer"),
        ({"customer_id": "a b"}, "InvalidMerge"),
    ],
)
def test_merge_that_is_not_accepted_changes_nothing(
    shop: WorkflowFixture, changes: dict[str, str], error: str
) -> None:
    run = merge(shop, **changes)
    assert (run.status, run.error) == ("FAILED", error)
    assert shop.audit() == []


@pytest.mark.parametrize("step", ["MergeCustomer", "MergeAccounts", "RecordMerge"])
@pytest.mark.parametrize("kind", ["time_out_before", "time_out_after"])
def test_step_that_keeps_failing_opens_a_case_and_is_done_once(
    shop: WorkflowFixture, step: str, kind: str
) -> None:
    sell(shop, "ord-2", "cus-2", {"type": "on_account"})
    grant(shop, 500, "cus-2")
    run = merge(shop, Fault(step, kind, FOREVER))
    assert run.status == "RUNNING"
    assert shop.audit("mrg-1") == []
    shop.schedule = shop.schedule.of(())
    assert shop.resolve(run, "retry", case=step).output["status"] == "MERGED"
    assert (credit("cus-1"), credit("cus-2"), shop.audit()) == (500, 0, [])
