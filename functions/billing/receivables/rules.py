"""Due dates, allocation of payments, and the ageing of receivables. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from tillflow.money import Money

from billing.errors import InvalidPayment
from billing.models import CapturedTender
from billing.receivables.models import MAX_INVOICES, Ageing, Allocation, OpenItem, ReceivePayment

ON_ACCOUNT: Final = "on_account"
PAYMENT_TERM: Final = timedelta(days=30)
BUCKETS: Final = ("current", "1-30", "31-60", "61-90", "over 90")
"""Days overdue. What is not due yet, and credits, are current."""


def issued_on_account(
    customer_id: str | None, tenders: Sequence[CapturedTender], total: int, now: datetime
) -> dict[str, Any]:
    """Return the buyer of an invoice and what its tenders leave open; PAID when none of them is on account."""
    buyer = {"customer_id": customer_id} if customer_id else {}
    owed = sum(tender.amount for tender in tenders if tender.type == ON_ACCOUNT)
    if not owed:
        return {**buyer, "status": "PAID", "paid": total}
    return {
        "status": "PARTIALLY_PAID" if owed < total else "ISSUED",
        **buyer,
        "paid": total - owed,
        "on_account": owed,
        "outstanding": owed,
        "due_on": (now + PAYMENT_TERM).date().isoformat(),
    }


def open_item_of(invoice: Mapping[str, Any]) -> OpenItem:
    """Return the open item of an invoice that was sold on account."""
    return OpenItem(
        order_id=invoice["invoice_id"],
        customer_id=invoice["customer_id"],
        currency=invoice["currency"],
        invoice_number=invoice["invoice_number"],
        issued_at=invoice["issued_at"],
        due_on=invoice["due_on"],
        outstanding=invoice["outstanding"],
    )


def allocate_payment(items: Sequence[OpenItem], request: ReceivePayment) -> list[Allocation]:
    """Return which invoices a payment pays: those of its orders, or the oldest first; InvalidPayment.

    Invoices that were paid and then credited pay others.
    """
    _check_orders(items, request)
    chosen = [item for item in items if not request.orders or item.order_id in request.orders]
    credits = [item for item in chosen if item.outstanding < 0]
    remaining = request.amount - sum(item.outstanding for item in credits)
    allocations = [_allocation(item, item.outstanding) for item in credits]
    for item in sorted(chosen, key=lambda one: (one.due_on, one.issued_at, one.order_id)):
        if item.outstanding > 0 and remaining:
            allocations.append(_allocation(item, min(remaining, item.outstanding)))
            remaining -= allocations[-1]["amount"]
    if len(allocations) > MAX_INVOICES:
        raise InvalidPayment(
            "amount",
            str(Money(request.amount, request.currency)),
            f"a payment of at most {MAX_INVOICES} invoices; split it",
        )
    return allocations


def paid_by(invoice: Mapping[str, Any], amount: int) -> dict[str, Any]:
    """Return the attributes of an invoice that an amount of a payment changes."""
    outstanding = invoice["outstanding"] - amount
    status = invoice["status"]
    # The status of an invoice that a cancel has credited is that of its sale.
    if "credit_note_number" not in invoice:
        status = "PARTIALLY_PAID" if outstanding > 0 else "PAID"
    return {"status": status, "paid": invoice["paid"] + amount, "outstanding": outstanding}


def owed_less(invoice: Mapping[str, Any], amount: int) -> dict[str, Any]:
    """Return the attributes of an invoice that a return changes: so much less is owed, below zero if it was paid."""
    outstanding = invoice["outstanding"] - amount
    return {"status": invoice["status"] if outstanding > 0 else "PAID", "outstanding": outstanding}


def ageing(items: Iterable[OpenItem], today: date) -> list[Ageing]:
    """Return what each customer owes by days overdue, in the order of customers and currencies."""
    owed: dict[tuple[str, str], dict[str, int]] = {}
    for item in items:
        amounts = owed.setdefault((item.customer_id, item.currency), dict.fromkeys(BUCKETS, 0))
        amounts[_bucket(item, today)] += item.outstanding
    return [
        Ageing(customer_id, currency, amounts, sum(amounts.values()))
        for (customer_id, currency), amounts in sorted(owed.items())
    ]


def _bucket(item: OpenItem, today: date) -> str:
    days = (today - date.fromisoformat(item.due_on)).days
    if days <= 0 or item.outstanding < 0:
        return BUCKETS[0]
    return BUCKETS[min((days - 1) // 30, 3) + 1]


def _check_orders(items: Sequence[OpenItem], request: ReceivePayment) -> None:
    if not items:
        expected = f"a customer with open invoices in {request.currency}"
        raise InvalidPayment("customer_id", request.customer_id, expected)
    known = {item.order_id for item in items}
    for number, order_id in enumerate(request.orders):
        if order_id not in known:
            expected = f"an order whose invoice is open, of {request.customer_id} in {request.currency}"
            raise InvalidPayment(f"orders[{number}]", order_id, expected)


def _allocation(item: OpenItem, amount: int) -> Allocation:
    return {"order_id": item.order_id, "invoice_number": item.invoice_number, "amount": amount}
