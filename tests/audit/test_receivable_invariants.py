"""Invariants of receivables name what is broken when one row is."""

import json

import pytest

from audit import check
from tests.support import shop_rows
from tests.support.breaks import Break, Tables, change, remove
from tests.support.shop_rows import snapshot

ACCOUNT = "ACCOUNT#cus-1"
BROKEN_RECEIVABLES: list[tuple[str, str, Break]] = [
    (
        "outstanding_is_what_was_not_paid",
        "ord-acc",
        change("BillingTable", "INVOICE#ord-acc", "INVOICE", outstanding=61),
    ),
    ("outstanding_is_what_was_not_paid", "ord-acc", remove("BillingTable", "RECEIVABLES", "cus-1#EUR#x")),
    (
        "outstanding_is_what_was_not_paid",
        "ord-acc",
        change("BillingTable", "INVOICE#ord-acc", "INVOICE", status="PAID"),
    ),
    (
        "account_is_its_sales_and_payments",
        "cus-1 EUR",
        change("PaymentsTable", ACCOUNT, "ACCOUNT#EUR", owed=59),
    ),
    (
        "account_is_its_sales_and_payments",
        "cus-1 EUR",
        change("PaymentsTable", ACCOUNT, "ACCOUNT#EUR", available=41),
    ),
    (
        "receivables_are_outstanding_invoices",
        "cus-1 EUR",
        change("PaymentsTable", "AUTHORISATION#auth-ord-acc#authorise#1", "AUTHORISATION", captured=99),
    ),
    ("customer_payment_is_complete", "pay-1", remove("PaymentsTable", "SETTLED#pay-1", "SETTLED")),
    (
        "customer_payment_is_complete",
        "pay-1",
        change("PaymentsTable", "SETTLED#pay-1", "SETTLED", overpayment=1),
    ),
    ("customer_payment_is_complete", "pay-1", remove("LedgerTable", "ENTRY#pay-1#payment_received", "ENTRY")),
]


def receivables() -> Tables:
    """Return a sale on account of 100, paid by 40 with 5 to spare."""
    customer = {"customer_id": "cus-1", "currency": "EUR"}
    payment = {**customer, "payment_id": "pay-1", "amount": 45, "allocated": 40, "overpayment": 5}
    posted = shop_rows.entry("pay-1", {"1030": 45}, {"1100": 40, "2100": 5}, kind="payment_received")
    return {
        "BillingTable": [
            shop_rows.invoice("ord-acc", "PARTIALLY_PAID", total=100, paid=40, on_account=100, outstanding=60)
            | customer,
            {"pk": "RECEIVABLES", "sk": "cus-1#EUR#x", "order_id": "ord-acc", "outstanding": 60},
            {**payment, "pk": "PAYMENT#pay-1", "sk": "PAYMENT", "method": "bank_transfer"}
            | {"allocations": json.dumps([{"order_id": "ord-acc", "amount": 40}])},
        ],
        "PaymentsTable": [
            {
                "pk": ACCOUNT,
                "sk": "ACCOUNT#EUR",
                "credit_limit": 100,
                "available": 40,
                "reserved": 0,
                "owed": 60,
            },
            shop_rows.authorisation("ord-acc", 1, 100, "captured", captured=100)
            | {"book": "on_account", **customer},
            {**payment, "pk": "SETTLED#pay-1", "sk": "SETTLED"},
        ],
        "LedgerTable": [posted],
    }


def returned(tables: Tables) -> Tables:
    """Return a sixth of the sale, which reduces what is owed."""
    note = {"credit_note_id": "ord-acc", "return_id": "ret-1", "total": 10, "receivable": 10}
    tables["BillingTable"].append({"pk": "CREDIT#ord-acc", "sk": "CREDIT#ret-1", **note})
    change("BillingTable", "INVOICE#ord-acc", "INVOICE", outstanding=50, credited=10)(tables)
    change("BillingTable", "RECEIVABLES", "cus-1#EUR#x", outstanding=50)(tables)
    change("PaymentsTable", ACCOUNT, "ACCOUNT#EUR", owed=50, available=50)(tables)
    change("PaymentsTable", "AUTHORISATION#auth-ord-acc#authorise#1", "AUTHORISATION", refunded=10)(tables)
    return tables


def broken_receivables(tables: Tables) -> list[tuple[str, str]]:
    names = {name for name, _, _ in BROKEN_RECEIVABLES}
    return [(one.name, one.subject) for one in check(snapshot(tables)) if one.name in names]


def test_receivables_that_agree_violate_nothing() -> None:
    assert broken_receivables(receivables()) == []


def test_return_that_reduces_what_is_owed_violates_nothing() -> None:
    tables = returned(receivables())
    assert broken_receivables(tables) == []
    change("BillingTable", "CREDIT#ord-acc", "CREDIT#ret-1", receivable=9)(tables)
    assert broken_receivables(tables) == [("outstanding_is_what_was_not_paid", "ord-acc")]


@pytest.mark.parametrize(("name", "subject", "spoiled"), BROKEN_RECEIVABLES)
def test_each_inconsistency_of_receivables_is_a_violation(name: str, subject: str, spoiled: Break) -> None:
    tables = receivables()
    spoiled(tables)
    assert (name, subject) in broken_receivables(tables)
