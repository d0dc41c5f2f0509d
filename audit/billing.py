"""Invoices: gapless numbers that only sales use up, and nothing owed that the books do not show."""

from collections import defaultdict
from collections.abc import Iterator

from audit.snapshot import Item, Snapshot, Violation


def invoice_numbers_are_contiguous(shop: Snapshot) -> Iterator[Violation]:
    given: dict[str, list[int]] = defaultdict(list)
    for numbered in (*_numbered(shop), *shop.credit_notes.values()):
        given[numbered["series"]].append(int(numbered["number"]))
    for series in sorted(given.keys() | shop.counters.keys()):
        last = shop.counters.get(series, 0)
        numbers = sorted(given[series])
        if numbers != list(range(1, last + 1)):
            missing = sorted(set(range(1, last + 1)) - set(numbers))
            extra = sorted({n for n in numbers if numbers.count(n) > 1 or n > last})
            yield Violation(
                "invoice_numbers_are_contiguous",
                f"series {series}",
                f"the counter says {last} numbers were given; missing: {missing[:10]}, "
                f"given twice or never counted: {extra[:10]}",
            )


def only_sales_burn_numbers(shop: Snapshot) -> Iterator[Violation]:
    for invoice in _numbered(shop):
        order = shop.orders.get(invoice["invoice_id"])
        if invoice["status"] not in ("ISSUED", "PAID") or (order and order["status"] == "REJECTED"):
            yield Violation(
                "only_sales_burn_numbers",
                invoice["invoice_id"],
                f"number {invoice['number']} went to an invoice that is {invoice['status']}"
                f" for an order that is {order['status'] if order else 'unknown'}",
            )


def outstanding_is_total_less_payments(shop: Snapshot) -> Iterator[Violation]:
    """What is owed on an issued invoice is its total less what the tenders brought in and what was credited."""
    for name, invoice in shop.invoices.items():
        if invoice["status"] not in ("ISSUED", "PAID") or _cancelled_by_hand(shop, name):
            continue
        tenders = shop.tenders.get(name, ())
        received = sum(t.get("captured", 0) - t.get("refunded", 0) for t in tenders)
        received += invoice.get("credited", 0)
        outstanding = invoice["total"] - invoice["paid"]
        if outstanding != invoice["total"] - received or (invoice["status"] == "PAID" and outstanding):
            yield Violation(
                "outstanding_is_total_less_payments",
                name,
                f"the invoice of {invoice['total']} counts {invoice['paid']} paid and is "
                f"{invoice['status']}, its tenders brought in and its credit note took off {received}",
            )


def credit_notes_credit_cancelled_invoices(shop: Snapshot) -> Iterator[Violation]:
    """A credit note is of an invoice that was issued and an order that is cancelled, once and for its total."""
    for name, note in shop.credit_notes.items():
        invoice = shop.invoices.get(name, {})
        order = shop.orders.get(name, {})
        wrong = []
        if invoice.get("credit_note_number") != note["credit_note_number"]:
            wrong.append(f"its invoice names {invoice.get('credit_note_number')}")
        if not note["total"] == invoice.get("total") == invoice.get("credited"):
            wrong.append(f"it credits {note['total']} of {invoice.get('total')}")
        if order.get("status") != "CANCELLED" and not shop.being_cancelled(name):
            wrong.append(f"its order is {order.get('status', 'unknown')}")
        if wrong:
            yield Violation(
                "credit_notes_credit_cancelled_invoices",
                name,
                f"credit note {note['credit_note_number']}: " + ", ".join(wrong),
            )


def _cancelled_by_hand(shop: Snapshot, order: str) -> bool:
    """True while a cancel is under way, or when a person refunded or credited the order."""
    return shop.being_cancelled(order) or shop.excused(order, "ReversePayment", "CreditInvoice")


def _numbered(shop: Snapshot) -> Iterator[Item]:
    return (invoice for invoice in shop.invoices.values() if invoice.get("number") is not None)


BILLING = (
    invoice_numbers_are_contiguous,
    only_sales_burn_numbers,
    outstanding_is_total_less_payments,
    credit_notes_credit_cancelled_invoices,
)
