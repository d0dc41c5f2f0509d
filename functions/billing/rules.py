"""What makes an invoice issued and paid, and what credits it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tillflow.errors import TendersDoNotMatchTotal
from tillflow.money import Money

from billing.models import CapturedTender

CREDIT_SERIES: Final = "CN"


def invoice_number(series: str, number: int) -> str:
    """The number as printed: ``INV-000001``. It grows past six digits, never wraps."""
    return f"{series}-{number:06d}"


def payments_of(invoice: Mapping[str, Any], tenders: Sequence[CapturedTender]) -> list[dict[str, Any]]:
    """The payments to record against an invoice; TendersDoNotMatchTotal unless they pay it exactly."""
    paid = sum(tender.amount for tender in tenders)
    if paid != invoice["total"]:
        currency = invoice["currency"]
        raise TendersDoNotMatchTotal(str(Money(paid, currency)), str(Money(invoice["total"], currency)))
    return [tender.model_dump(include={"tender_no", "type", "amount"}) for tender in tenders]


def credit_note_of(invoice: Mapping[str, Any], number: int, reason: str) -> dict[str, Any]:
    """The note that credits a whole invoice: its lines, taxes and totals again, under a number of its own."""
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
