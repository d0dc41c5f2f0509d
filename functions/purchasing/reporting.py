"""Reports about suppliers: what is owed, statements, delivery performance, lead times. Pure."""

from collections.abc import Iterable
from datetime import date

from purchasing.models import Purchase, PurchaseInvoice, PurchaseSummary
from purchasing.supplier_models import Entry, Performance


def owes(purchase: Purchase) -> int:
    """Return what is still owed for an order: its matched invoice, unless it was paid."""
    if purchase.invoice is None or purchase.status not in ("MATCHED", "PAID", "CLOSED"):
        return 0
    return 0 if paid(purchase) else purchase.invoice.total


def paid(purchase: Purchase) -> int:
    """Return what was paid for an order."""
    payment = purchase.payment
    return payment.amount if payment and payment.state == "PAID" else 0


def summary(purchase: Purchase) -> PurchaseSummary:
    """Return an order as a list shows it."""
    return PurchaseSummary(
        purchase_order_id=purchase.purchase_order_id,
        status=purchase.status,
        supplier_id=purchase.supplier_id,
        location=purchase.location,
        currency=purchase.currency,
        opened_at=purchase.opened_at,
        ordered=sum(line.quantity for line in purchase.lines),
        received=sum(line.accepted for line in purchase.lines),
        owed=owes(purchase),
    )


def invoice_of(purchase: Purchase) -> PurchaseInvoice | None:
    """Return an order's invoice as a list shows it; None without an invoice."""
    invoice, payment = purchase.invoice, purchase.payment
    if invoice is None:
        return None
    return PurchaseInvoice(
        purchase_order_id=purchase.purchase_order_id,
        supplier_id=purchase.supplier_id,
        number=invoice.number,
        invoiced_on=invoice.invoiced_on,
        due_on=invoice.due_on,
        net=invoice.net,
        discount=invoice.discount,
        tax=invoice.tax,
        total=invoice.total,
        paid=paid(purchase),
        owed=owes(purchase),
        currency=purchase.currency,
        paid_at=payment.paid_at if payment else None,
        reference=payment.reference if payment else "",
    )


def statement(purchases: Iterable[Purchase]) -> list[Entry]:
    """Return the invoices and payments of one supplier by day, with the balance owed after each."""
    moves = []
    for purchase in purchases:
        if purchase.invoice is None or purchase.status not in ("MATCHED", "PAID", "CLOSED"):
            continue
        order = purchase.purchase_order_id
        moves.append(
            (purchase.invoice.invoiced_on, "invoice", purchase.invoice.number, order, purchase.invoice.total)
        )
        if purchase.payment and purchase.payment.paid_at:
            moves.append(
                (
                    purchase.payment.paid_at.date(),
                    "payment",
                    purchase.payment.reference,
                    order,
                    -purchase.payment.amount,
                )
            )
    entries, balance = [], 0
    for on, kind, reference, order, amount in sorted(moves, key=lambda move: (move[0], move[1], move[3])):
        balance += amount
        entries.append(Entry(on, kind, reference, order, amount, balance))
    return entries


def performance(purchases: Iterable[Purchase], supplier_id: str, today: date) -> Performance:
    """Return a supplier's delivery performance."""
    orders = on_time = late_days = accepted = rejected = refused = 0
    for purchase in purchases:
        for attempt in purchase.attempts:
            if attempt.supplier_id != supplier_id:
                continue
            if attempt.state in ("REFUSED", "SILENT"):
                refused += 1
            if attempt.state != "ACKNOWLEDGED" or attempt.promised_on is None:
                continue
            orders += 1
            late = item_days_late(purchase, attempt.promised_on, today)
            late_days += late
            missing = sum(line.missing for line in purchase.lines)
            on_time += late == 0 and missing == 0
            accepted += sum(line.accepted for line in purchase.lines)
            rejected += sum(line.rejected for line in purchase.lines)
    return Performance(orders, on_time, late_days, accepted, rejected, refused)


def lead_times(purchases: Iterable[Purchase], supplier_id: str) -> list[int]:
    """Return the days from sending to last delivery of the supplier's completely received orders.

    A delivery that is dated before its order was sent took 0 days: such a date would widen the safety stock.
    """
    return [
        max(
            (max(receipt.received_at for receipt in purchase.receipts).date() - attempt.sent_at.date()).days,
            0,
        )
        for purchase in purchases
        for attempt in purchase.attempts
        if attempt.supplier_id == supplier_id
        and attempt.state == "ACKNOWLEDGED"
        and purchase.receipts
        and all(line.accepted >= line.quantity for line in purchase.lines)
    ]


def item_days_late(purchase: Purchase, promised_on: date, today: date) -> int:
    """Return units times days after the promised day, missing units counted until `today`."""
    late = sum(
        (line.quantity - line.rejected) * max((receipt.received_at.date() - promised_on).days, 0)
        for receipt in purchase.receipts
        for line in receipt.lines
    )
    if purchase.closed_short or purchase.status == "CANCELLED":
        return late
    missing = sum(line.missing for line in purchase.lines)
    return late + missing * max((today - promised_on).days, 0)
