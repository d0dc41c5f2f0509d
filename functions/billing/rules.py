"""Numbers, payments and credit notes of invoices. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tillflow.errors import IdempotencyConflict, TendersDoNotMatchTotal
from tillflow.money import Money

from billing.models import CapturedTender, RecordedPayment

CREDIT_SERIES: Final = "CN"


def invoice_number(series: str, number: int) -> str:
    """Return a number as printed: ``INV-000001``. It has more digits after 999,999."""
    return f"{series}-{number:06d}"


def payments_of(invoice: Mapping[str, Any], tenders: Sequence[CapturedTender]) -> list[RecordedPayment]:
    """Return the payments to record on an invoice; TendersDoNotMatchTotal unless they pay it exactly."""
    paid = sum(tender.amount for tender in tenders)
    if paid != invoice["total"]:
        currency = invoice["currency"]
        raise TendersDoNotMatchTotal(str(Money(paid, currency)), str(Money(invoice["total"], currency)))
    return _recorded(tenders)


def check_same_payments(invoice: Mapping[str, Any], tenders: Sequence[CapturedTender]) -> None:
    """Raise IdempotencyConflict unless a paid invoice was paid by these tenders."""
    stored = {"payments": invoice["payments"]}
    sent = {"payments": _recorded(tenders)}
    if stored != sent:
        raise IdempotencyConflict(f"invoice {invoice['invoice_number']}", stored, sent)


def credit_note_of(invoice: Mapping[str, Any], number: int, reason: str) -> dict[str, Any]:
    """Return the credit note of a whole invoice: its lines, taxes and totals under a number of its own."""
    return {
        "credit_note_id": invoice["invoice_id"],
        "invoice_number": invoice["invoice_number"],
        "series": CREDIT_SERIES,
        "number": number,
        "credit_note_number": invoice_number(CREDIT_SERIES, number),
        "currency": invoice["currency"],
        "total": invoice["total"],
        "reason": reason,
        "document": invoice["document"],
    }


def _recorded(tenders: Sequence[CapturedTender]) -> list[RecordedPayment]:
    return [
        {"tender_no": tender.tender_no, "type": tender.type, "amount": tender.amount} for tender in tenders
    ]
