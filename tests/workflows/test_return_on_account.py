"""Returns of orders on account: what is owed is reduced first, and what was paid is refunded, with all invariants."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from customers.store import CustomersStore
from payments.credit.accounts import Accounts
from payments.credit.models import SetCreditLimit
from payments.credit.rows import customer_wallet
from payments.credit.wallets import Wallets
from tillflow.aws import client

from till.demo.order_checkout import BASKET, CASH, card, order
from till.shop import CUSTOMERS, ESPRESSO, MUG
from verification.harness.faults import FOREVER, Fault
from verification.harness.fixture import Run, WorkflowFixture, seed_stock, workflow_fixture

ADA = CUSTOMERS[0].customer_id
COFFEE, MUGS = {"line_no": 1, "sku": ESPRESSO, "quantity": 1}, {"line_no": 2, "sku": MUG, "quantity": 2}
ONE_MUG = MUGS | {"quantity": 1}
TOTAL, MUG_PRICE = 4390, 1250
ON_ACCOUNT = {"type": "on_account"}


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    with workflow_fixture() as built:
        seed_stock({ESPRESSO: 10, MUG: 10})
        CustomersStore(client("dynamodb"), "CustomersTable").create(CUSTOMERS[0], datetime.now(UTC))
        accounts().set_limit(SetCreditLimit(customer_id=ADA, currency="EUR", credit_limit=10_000))
        yield built


def accounts() -> Accounts:
    return Accounts(client("dynamodb"), "PaymentsTable")


def sell(shop: WorkflowFixture, *tenders: dict[str, Any]) -> None:
    request = order(BASKET, *tenders, ON_ACCOUNT, order_id="ord-1", placed_at="2026-11-23T10:00:00Z")
    shop.run(request | {"customer_id": ADA})


def pay(shop: WorkflowFixture, amount: int) -> None:
    request = {"payment_id": "pay-1", "customer_id": ADA, "currency": "EUR", "amount": amount}
    shop.run(request | {"method": "bank_transfer"}, workflow="CustomerPayment")


def give_back(
    shop: WorkflowFixture, *lines: dict[str, Any], faults: tuple[Fault, ...] = (), **more: Any
) -> Run:
    request = {"return_id": "ret-1", "order_id": "ord-1", "currency": "EUR", "lines": list(lines), **more}
    [run] = shop.run(request, faults=faults, workflow="OrderReturn")
    return run


def refunds(run: Run) -> dict[str, int]:
    assert (run.status, run.error) == ("SUCCEEDED", None), run.cause
    return {part["type"]: part["amount"] for part in run.output["refunds"]}


def invoice(shop: WorkflowFixture) -> dict[str, Any]:
    row = shop.snapshot().invoices["ord-1"]
    return {name: row[name] for name in ("status", "paid", "outstanding", "credited")}


def owed() -> int:
    return accounts().accounts(ADA)[0].owed


def credit() -> dict[str, int]:
    return Wallets(client("dynamodb"), "PaymentsTable").balances(customer_wallet(ADA))


def test_return_of_an_unpaid_order_reduces_what_is_owed_and_refunds_nothing(shop: WorkflowFixture) -> None:
    sell(shop)
    run = give_back(shop, ONE_MUG)
    assert refunds(run) == {"on_account": MUG_PRICE}
    assert run.path[2:5] == ["HasCredit", "ReadInvoice", "RefundPayment"]
    assert invoice(shop) == {
        "status": "ISSUED",
        "paid": 0,
        "outstanding": TOTAL - MUG_PRICE,
        "credited": MUG_PRICE,
    }
    entry = shop.snapshot().entries["ord-1#return#ret-1"]
    lines = {line["account"]: line["debit"] - line["credit"] for line in json.loads(entry["lines"])}
    assert (lines["1100"], lines["4010"] + lines["2200"]) == (-MUG_PRICE, MUG_PRICE)
    assert (owed(), credit()) == (TOTAL - MUG_PRICE, {})
    assert shop.audit() == []


def test_rest_of_a_returned_order_is_paid_by_the_customer(shop: WorkflowFixture) -> None:
    sell(shop)
    give_back(shop, ONE_MUG)
    pay(shop, TOTAL - MUG_PRICE)
    assert invoice(shop)["status"] == "PAID"
    assert (invoice(shop)["outstanding"], owed(), credit()) == (0, 0, {})
    assert shop.audit() == []


def test_what_was_paid_of_the_invoice_becomes_credit_after_what_is_owed(shop: WorkflowFixture) -> None:
    sell(shop)
    pay(shop, 4000)
    assert refunds(give_back(shop, ONE_MUG)) == {"on_account": 390, "store_credit": MUG_PRICE - 390}
    assert invoice(shop) == {"status": "PAID", "paid": 4000, "outstanding": 0, "credited": MUG_PRICE}
    assert (owed(), credit()) == (0, {"EUR": MUG_PRICE - 390})
    rest = give_back(shop, ONE_MUG, COFFEE, return_id="ret-2")
    assert refunds(rest) == {"store_credit": TOTAL - MUG_PRICE}
    assert credit() == {"EUR": 4000}
    assert shop.audit() == []


def test_what_is_owed_is_reduced_before_the_other_tenders_are_refunded(shop: WorkflowFixture) -> None:
    sell(shop, card("tok_visa", 2000), CASH | {"amount": 1500})
    assert refunds(give_back(shop, MUGS)) == {"on_account": 890, "card": 1610}
    assert refunds(give_back(shop, COFFEE, return_id="ret-2")) == {"card": 390, "cash": 1500}
    assert (owed(), invoice(shop)["outstanding"]) == (0, 0)
    assert shop.audit() == []


def test_credit_is_given_only_for_what_is_not_owed(shop: WorkflowFixture) -> None:
    sell(shop, card("tok_visa", 3890))
    run = give_back(shop, ONE_MUG, refund="store_credit")
    assert refunds(run) == {"on_account": 500, "store_credit": MUG_PRICE - 500}
    assert shop.audit() == []


def test_card_that_refuses_leaves_what_is_owed_as_it_is(shop: WorkflowFixture) -> None:
    sell(shop, card("tok_refund_refused", 3890))
    run = give_back(shop, ONE_MUG)
    assert (run.status, run.error) == ("FAILED", "RefundRefused")
    assert (owed(), shop.audit()) == (500, [])
    again = give_back(shop, ONE_MUG, return_id="ret-2", refund="store_credit")
    assert refunds(again) == {"on_account": 500, "store_credit": MUG_PRICE - 500}
    assert shop.audit() == []


def test_payment_received_during_a_return_leaves_a_credit_that_pays_other_invoices(
    shop: WorkflowFixture,
) -> None:
    sell(shop)
    run = give_back(shop, MUGS, faults=(Fault("CreditInvoice", "fail_before"),))
    assert (run.status, owed()) == ("RUNNING", TOTAL - 2 * MUG_PRICE)
    shop.schedule = shop.schedule.of(())
    payment = {
        "payment_id": "pay-1",
        "customer_id": ADA,
        "currency": "EUR",
        "amount": TOTAL,
        "method": "cash",
    }
    shop.run_until_settled(shop.start(payment, "CustomerPayment"))
    assert shop.audit("ret-1", "ord-1") == []
    shop.resolve(run, "retry", case="CreditInvoice")
    assert invoice(shop)["outstanding"] == owed() == -2 * MUG_PRICE
    assert shop.audit() == []


def credit_again(shop: WorkflowFixture, **changes: Any) -> str:
    """Credit the return of the first mug again, with these changes; return the name of the error."""
    claimed = json.loads(shop.row("OrdersTable", "RETURN#ret-1", "RETURN")["document"])
    credited = {name: claimed[name] for name in ("return_id", "lines", "taxes", "totals")}
    event = {"order_id": "ord-1", "reason": "returned", "credited": credited | changes}
    return str(json.loads(shop.services.handle("CreditInvoiceFunction", event)["Payload"]).get("errorType"))


def test_credit_of_another_amount_owed_is_a_conflict(shop: WorkflowFixture) -> None:
    sell(shop)
    give_back(shop, ONE_MUG)
    assert credit_again(shop, receivable=MUG_PRICE) == "None"
    assert credit_again(shop, receivable=MUG_PRICE - 1) == "IdempotencyConflict"
    assert credit_again(shop, return_id="ret-2", receivable=TOTAL + 1) == "CreditAboveInvoice"
    assert shop.audit() == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault("ReadInvoice", "fail_before"),
        Fault("ReadInvoice", "garbage"),
        Fault("ReadInvoice", "throttle", FOREVER),
    ],
    ids=str,
)
def test_return_whose_invoice_cannot_be_read_releases_its_claim(shop: WorkflowFixture, fault: Fault) -> None:
    sell(shop)
    run = give_back(shop, ONE_MUG, faults=(fault,))
    assert (run.status, run.compensated) == ("FAILED", ["ReleaseReturn"])
    assert (owed(), shop.audit()) == (TOTAL, [])
