"""Invoices: gapless numbers that only sales use, and balances that equal payments and credits."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from audit.snapshot import Breach, Item, Snapshot, invariant

ISSUED = ("ISSUED", "PARTIALLY_PAID", "PAID")


@invariant
def invoice_numbers_are_contiguous(shop: Snapshot) -> Iterator[Breach]:
    """The numbers of each series are those from 1 to its counter, each once."""
    given: dict[str, list[int]] = defaultdict(list)
    for numbered in (*_numbered(shop), *shop.credit_notes.values(), *shop.return_notes.values()):
        given[numbered["series"]].append(int(numbered["number"]))
    for series in sorted(given.keys() | shop.counters.keys()):
        last = shop.counters.get(series, 0)
        numbers = sorted(given[series])
        if numbers != list(range(1, last + 1)):
            missing = sorted(set(range(1, last + 1)) - set(numbers))
            extra = sorted({n for n in numbers if numbers.count(n) > 1 or n > last})
            yield (
                f"series {series}",
                f"the counter is {last}; missing numbers: {missing[:10]}, "
                f"repeated or uncounted numbers: {extra[:10]}",
            )


@invariant
def documents_use_a_series_of_their_register(shop: Snapshot) -> Iterator[Breach]:
    """The series of an invoice or credit note is that of the shop, of its location or of its register."""
    for kind, numbered in (
        *(("INV", invoice) for invoice in _numbered(shop)),
        *(("CN", note) for note in shop.credit_notes.values()),
        *(("CN", note) for note in shop.return_notes.values()),
    ):
        of_location = f"{kind}/{numbered.get('location')}"
        expected = (kind, of_location, f"{of_location}/{numbered.get('register_id')}")
        if numbered["series"] not in expected:
            subject = numbered["credit_note_number" if kind == "CN" else "invoice_number"]
            yield subject, f"the series is {numbered['series']}; expected one of {', '.join(expected)}"


@invariant
def only_sales_burn_numbers(shop: Snapshot) -> Iterator[Breach]:
    """A number belongs to an issued invoice of an order that was not rejected."""
    for invoice in _numbered(shop):
        order = shop.orders.get(invoice["invoice_id"])
        if invoice["status"] not in ISSUED or (order and order["status"] == "REJECTED"):
            yield (
                invoice["invoice_id"],
                f"number {invoice['number']} belongs to an invoice that is {invoice['status']} "
                f"of an order that is {order['status'] if order else 'unknown'}",
            )


@invariant
def outstanding_is_total_less_payments(shop: Snapshot) -> Iterator[Breach]:
    """A paid invoice was paid by captures (less refunds) and credits; receivables.py checks those on account.

    Refunds and credits of returns are left out: they have invariants of their own.
    """
    of_returns: Counter[str] = Counter()
    for note in shop.return_notes.values():
        of_returns[note["credit_note_id"]] += note["total"]
    for name, invoice in shop.invoices.items():
        if invoice["status"] != "PAID" or "on_account" in invoice or _reversed_by_hand(shop, name):
            continue
        tenders = shop.tenders.get(name, ())
        received = sum(t.get("captured", 0) - t.get("refunded", 0) for t in tenders)
        received += sum(shop.refunded_by_returns[name, t["tender_no"]] for t in tenders)
        received += invoice.get("credited", 0) - of_returns[name]
        outstanding = invoice["total"] - invoice["paid"]
        if outstanding != invoice["total"] - received or outstanding:
            yield (
                name,
                f"the invoice of {invoice['total']} is {invoice['status']} with {invoice['paid']} paid; "
                f"captured and credited: {received}",
            )


@invariant
def credit_notes_credit_cancelled_invoices(shop: Snapshot) -> Iterator[Breach]:
    """A credit note belongs to an issued invoice of a cancelled order, once and for its total."""
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
            yield (
                name,
                f"credit note {note['credit_note_number']}: " + ", ".join(wrong),
            )


def _reversed_by_hand(shop: Snapshot, order: str) -> bool:
    """Return whether a cancel is in progress, or an operator refunded the order by hand."""
    return (
        shop.being_cancelled(order)
        or shop.excused(order, "ReversePayment")
        or shop.is_open(order, "CreditInvoice")
    )


def _numbered(shop: Snapshot) -> Iterator[Item]:
    return (invoice for invoice in shop.invoices.values() if invoice.get("number") is not None)


BILLING = (
    invoice_numbers_are_contiguous,
    documents_use_a_series_of_their_register,
    only_sales_burn_numbers,
    outstanding_is_total_less_payments,
    credit_notes_credit_cancelled_invoices,
)
