"""What is owed to a supplier, what was billed and paid, and how well it delivers. Pure."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from purchasing.models import Purchase


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a statement: `amount` is owed more (an invoice) or less (a payment); `balance` after it."""

    on: date
    kind: str
    reference: str
    purchase_order_id: str
    amount: int
    balance: int

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "on": self.on.isoformat()}


@dataclass(frozen=True, slots=True)
class Performance:
    """Orders that were promised: `on_time` came whole by the day promised. item_days_late adds up units times
    the days each came late, those still to come counted until today; accepted and rejected are units."""

    orders: int
    on_time: int
    item_days_late: int
    accepted: int
    rejected: int
    refused_or_silent: int


def owes(purchase: Purchase) -> int:
    """What we still owe for an order: its matched invoice less what was paid."""
    if purchase.invoice is None or purchase.status not in ("MATCHED", "PAID", "CLOSED"):
        return 0
    settled = purchase.payment is not None and purchase.payment.state == "PAID"
    return 0 if settled else purchase.invoice.total


def statement(purchases: Iterable[Purchase]) -> list[Entry]:
    """Invoices and payments of one supplier by day, with the balance we owe after each."""
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
    """How a supplier delivered what it had promised."""
    orders = on_time = late_days = accepted = rejected = turned_down = 0
    for purchase in purchases:
        for attempt in purchase.attempts:
            if attempt.supplier_id != supplier_id:
                continue
            if attempt.state in ("REFUSED", "SILENT"):
                turned_down += 1
            if attempt.state != "ACKNOWLEDGED" or attempt.promised_on is None:
                continue
            orders += 1
            late = item_days_late(purchase, attempt.promised_on, today)
            late_days += late
            open_units = sum(max(line.quantity - line.accepted, 0) for line in purchase.lines)
            on_time += late == 0 and open_units == 0
            accepted += sum(line.accepted for line in purchase.lines)
            rejected += sum(line.rejected for line in purchase.lines)
    return Performance(orders, on_time, late_days, accepted, rejected, turned_down)


def lead_times(purchases: Iterable[Purchase], supplier_id: str) -> list[int]:
    """Days from the order to its last delivery, of the supplier's orders that came whole."""
    return [
        (max(receipt.received_at for receipt in purchase.receipts).date() - attempt.sent_at.date()).days
        for purchase in purchases
        for attempt in purchase.attempts
        if attempt.supplier_id == supplier_id
        and attempt.state == "ACKNOWLEDGED"
        and purchase.receipts
        and all(line.accepted >= line.quantity for line in purchase.lines)
    ]


def item_days_late(purchase: Purchase, promised_on: date, today: date) -> int:
    """Units times days after the promise, units not there yet counted until `today`."""
    late = sum(
        (line.quantity - line.rejected) * max((receipt.received_at.date() - promised_on).days, 0)
        for receipt in purchase.receipts
        for line in receipt.lines
    )
    if purchase.closed_short or purchase.status == "CANCELLED":
        return late
    missing = sum(max(line.quantity - line.accepted, 0) for line in purchase.lines)
    return late + missing * max((today - promised_on).days, 0)
