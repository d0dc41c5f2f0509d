"""Receivables: invoices on account, the customers' accounts, received payments and the journal agree.

Billing knows what is outstanding on each invoice, payments what each customer owes. They are written by steps of
checkouts, cancels, returns and customer payments, so customers with one in progress are compared when it has ended.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from ledger.accounts import CREDIT_ACCOUNT, STORE_CREDIT
from ledger.accounts import RECEIVABLES as RECEIVABLES_ACCOUNT

from audit.snapshot import Breach, Item, Snapshot, invariant, journal_lines

ON_ACCOUNT = "on_account"


@invariant
def outstanding_is_what_was_not_paid(shop: Snapshot) -> Iterator[Breach]:
    """The outstanding amount of an invoice on account is its tender less payments and credit; its open item has it."""
    received: Counter[str] = Counter()
    for payment in _payments(shop):
        for one in json.loads(payment["allocations"]):
            received[one["order_id"]] += one["amount"]
    returned: Counter[str] = Counter()
    for note in shop.return_notes.values():
        returned[note["credit_note_id"]] += note.get("receivable", 0)
    items = {row["order_id"]: row["outstanding"] for row in shop.items("BillingTable", "", "RECEIVABLES")}
    for name, invoice in shop.invoices.items():
        if ON_ACCOUNT not in invoice:
            continue
        owed = invoice[ON_ACCOUNT]
        expected = owed - received[name] - (owed if name in shop.credit_notes else returned[name])
        stored = (invoice["outstanding"], items.get(name, 0))
        if stored != (expected, expected):
            yield (
                name,
                f"outstanding is {stored[0]}, its open item has {stored[1]}; not paid or credited is {expected}",
            )
        paid = invoice["total"] - owed + received[name]
        if invoice["paid"] != paid or (invoice["status"] == "PAID" and expected > 0):
            yield (
                name,
                f"the invoice is {invoice['status']} with {invoice['paid']} paid; it was paid {paid}",
            )


@invariant
def account_is_its_sales_and_payments(shop: Snapshot) -> Iterator[Breach]:
    """What a customer owes is what was captured on account less refunds and payments; available is the rest.

    Accounts of customers that were merged count as their survivor's, between the steps of a merge too.
    """
    owed, reserved = _owed(shop)
    sums: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in shop.items("PaymentsTable", "ACCOUNT#", "ACCOUNT#"):
        customer_id = shop.survivor_of(row["pk"].removeprefix("ACCOUNT#"))
        amounts = {name: row[name] for name in ("owed", "reserved", "available", "credit_limit")}
        sums[customer_id, row["sk"].removeprefix("ACCOUNT#")].update(amounts)
    for account, amounts in sorted(sums.items()):
        limit = amounts["credit_limit"]
        expected = (owed[account], reserved[account], limit - owed[account] - reserved[account])
        stored = (amounts["owed"], amounts["reserved"], amounts["available"])
        if stored != expected:
            yield (
                " ".join(account),
                f"owed, reserved and available are {stored}; sales and payments make {expected}",
            )


@invariant
def receivables_are_outstanding_invoices(shop: Snapshot) -> Iterator[Breach]:
    """What a customer owes is what is outstanding on the customer's invoices."""
    owed, _ = _owed(shop)
    outstanding: Counter[tuple[str, str]] = Counter()
    pending = {
        shop.survivor_of(payment["customer_id"])
        for payment in _payments(shop)
        if not _is_settled(shop, payment)
    }
    for name, invoice in shop.invoices.items():
        if ON_ACCOUNT in invoice:
            customer_id = shop.survivor_of(invoice["customer_id"])
            outstanding[customer_id, invoice["currency"]] += invoice["outstanding"]
            between = shop.being_cancelled(name) or shop.being_returned(name)
            if name in shop.running or between or shop.excused(name, "CreditInvoice"):
                pending.add(customer_id)
    for name, tenders in shop.tenders.items():
        customers = {
            shop.survivor_of(tender["customer_id"]) for tender in tenders if tender["type"] == ON_ACCOUNT
        }
        if name in shop.running or shop.being_cancelled(name) or shop.has_open_case(name):
            pending |= customers
        if shop.excused(name, "IssueInvoice", "ReversePayment", "ResolveCapture"):
            pending |= customers
    for account in sorted(owed.keys() | outstanding.keys()):
        if account[0] not in pending and owed[account] != outstanding[account]:
            yield (
                " ".join(account),
                f"the customer owes {owed[account]}; {outstanding[account]} is outstanding on invoices",
            )


@invariant
def customer_payment_is_complete(shop: Snapshot) -> Iterator[Breach]:
    """A received payment is applied to its account and posted, or its execution runs or has an open case."""
    for payment in _payments(shop):
        name = payment["payment_id"]
        if name in shop.running or shop.has_open_case(name):
            continue
        if not _is_settled(shop, payment):
            yield (name, "the payment is not applied to the customer's account")
        posted = shop.entries.get(f"{name}#payment_received", {"lines": []})
        if (lines := _lines(posted)) != (expected := _expected(payment)):
            yield (name, f"the journal entry has {lines}; expected {expected}")


def _payments(shop: Snapshot) -> Iterator[Item]:
    return shop.items("BillingTable", "PAYMENT", "PAYMENT#")


def _is_settled(shop: Snapshot, payment: Item) -> bool:
    fields = ("customer_id", "currency", "allocated", "overpayment")
    return any(
        all(row[field] == payment[field] for field in fields)
        for row in shop.items("PaymentsTable", "SETTLED", f"SETTLED#{payment['payment_id']}")
        if row["payment_id"] == payment["payment_id"]
    )


def _owed(shop: Snapshot) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """Return what is owed and reserved by customer and currency."""
    owed: Counter[tuple[str, str]] = Counter()
    reserved: Counter[tuple[str, str]] = Counter()
    for row in shop.items("PaymentsTable", "AUTHORISATION", "AUTHORISATION#"):
        if row["book"] == ON_ACCOUNT:
            account = (shop.survivor_of(row["customer_id"]), row["currency"])
            owed[account] += row["captured"] - row["refunded"]
            reserved[account] += row["amount"] if row["state"] == "held" else 0
    for row in shop.items("PaymentsTable", "SETTLED", "SETTLED#"):
        owed[shop.survivor_of(row["customer_id"]), row["currency"]] -= row["allocated"]
    return owed, reserved


def _expected(payment: Item) -> dict[str, int]:
    lines = {
        CREDIT_ACCOUNT[payment["method"]].code: payment["amount"],
        RECEIVABLES_ACCOUNT.code: -payment["allocated"],
        STORE_CREDIT.code: -payment["overpayment"],
    }
    return {account: balance for account, balance in lines.items() if balance}


def _lines(posted: Any) -> dict[str, int]:
    return {line["account"]: line.get("debit", 0) - line.get("credit", 0) for line in journal_lines(posted)}


RECEIVABLES = (
    outstanding_is_what_was_not_paid,
    account_is_its_sales_and_payments,
    receivables_are_outstanding_invoices,
    customer_payment_is_complete,
)
