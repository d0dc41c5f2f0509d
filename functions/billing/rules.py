"""Numbers, payments and credit notes of invoices. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from tillflow.errors import InvalidRequest, TendersDoNotMatchTotal, check_same
from tillflow.money import Money

from billing.errors import CreditAboveInvoice
from billing.models import (
    CapturedTender,
    CreditedReturn,
    CreditedWithoutReceipt,
    InvoiceDocument,
    RecordedPayment,
    SeriesScope,
)

type DocumentKind = Literal["INV", "CN"]


def series_of(kind: DocumentKind, scope: SeriesScope, location: str | None, register: str | None) -> str:
    """Return the number series of an invoice (INV) or credit note (CN): ``INV/store-1`` for a location.

    The id of a location or register has no slash, so that two registers never share a series. A document without a
    location uses the shop's series.
    """
    parts = {
        SeriesScope.SHOP: (),
        SeriesScope.LOCATION: (location,),
        SeriesScope.REGISTER: (location, register),
    }
    return "/".join([kind, *(part for part in parts[scope] if part)])


def invoice_number(series: str, number: int) -> str:
    """Return a number as printed: ``INV/store-1-000001``. It has more digits after 999,999."""
    return f"{series}-{number:06d}"


def payments_of(invoice: Mapping[str, Any], tenders: Sequence[CapturedTender]) -> list[RecordedPayment]:
    """Return the payments to record on an invoice; TendersDoNotMatchTotal unless they pay it exactly."""
    paid = sum(tender.amount for tender in tenders)
    if paid != invoice["total"]:
        currency = invoice["currency"]
        raise TendersDoNotMatchTotal(str(Money(paid, currency)), str(Money(invoice["total"], currency)))
    return _recorded(tenders)


def document_of(invoice: Mapping[str, Any], document: InvoiceDocument | None) -> str:
    """Return the lines, taxes and totals of an invoice as they are stored.

    InvalidRequest unless they have the draft's total. Drafts of release 0.1.0 have a document of their own.
    """
    if "document" in invoice:
        return str(invoice["document"])
    if document is None:
        raise InvalidRequest("document", None, "the lines, taxes and totals of the order")
    if document.totals.total != invoice["total"]:
        raise InvalidRequest(
            "document.totals.total",
            document.totals.total,
            f"the total of the draft, {Money(invoice['total'], invoice['currency'])}",
        )
    return json.dumps(_plain(document), separators=(",", ":"), ensure_ascii=False)


def check_same_invoice(
    invoice: Mapping[str, Any],
    tenders: Sequence[CapturedTender],
    customer_id: str | None,
    document: InvoiceDocument | None,
) -> None:
    """Raise IdempotencyConflict unless an issued invoice is this customer's, of these lines, paid by these tenders.

    document: None of a draft that had its own.
    """
    stored = {"payments": invoice["payments"], "customer_id": invoice.get("customer_id")}
    sent: dict[str, Any] = {"payments": _recorded(tenders), "customer_id": customer_id}
    if document:
        stored["document"], sent["document"] = json.loads(invoice["document"]), _plain(document)
    check_same(f"invoice {invoice['invoice_number']}", stored, sent)


def credit_note_of(invoice: Mapping[str, Any], series: str, number: int, reason: str) -> dict[str, Any]:
    """Return the credit note of a whole invoice: its lines, taxes and totals under a number of its own."""
    return {
        "credit_note_id": invoice["invoice_id"],
        "invoice_number": invoice["invoice_number"],
        "location": invoice.get("location"),
        "register_id": invoice.get("register_id"),
        "series": series,
        "number": number,
        "credit_note_number": invoice_number(series, number),
        "currency": invoice["currency"],
        "total": invoice["total"],
        "reason": reason,
        "document": invoice["document"],
    }


def return_note_of(
    invoice: Mapping[str, Any], series: str, number: int, reason: str, credited: CreditedReturn
) -> dict[str, Any]:
    """Return the credit note of a return's part of an invoice."""
    parts = credited.model_dump(mode="json", include={"lines", "taxes", "totals"})
    return credit_note_of(invoice, series, number, reason) | {
        "return_id": credited.return_id,
        "total": credited.totals.total,
        "receivable": credited.receivable,
        "document": json.dumps(parts),
    }


def note_without_receipt(
    credited: CreditedWithoutReceipt, series: str, number: int, reason: str
) -> dict[str, Any]:
    """Return the credit note of a return without a receipt."""
    of_return = {
        "invoice_id": credited.return_id,
        "invoice_number": None,
        "location": credited.location,
        "register_id": credited.till,
        "currency": credited.currency,
        "total": credited.totals.total,
        "document": None,
    }
    return return_note_of(of_return, series, number, reason, credited)


def check_credited_at_most(invoice: Mapping[str, Any], credited: CreditedReturn) -> None:
    """Raise CreditAboveInvoice if an invoice would be credited more than its total, or than it has on account."""
    on_account, total = invoice.get("on_account", 0), invoice["total"]
    for amount, most in (
        (credited.receivable, on_account),
        (invoice.get("credited", 0) + credited.totals.total, total),
    ):
        if amount > most:
            currency = invoice["currency"]
            raise CreditAboveInvoice(
                invoice["invoice_number"], str(Money(amount, currency)), str(Money(most, currency))
            )


def check_same_return(note: Mapping[str, Any], credited: CreditedReturn, reason: str) -> None:
    """Raise IdempotencyConflict unless a return's credit note has this content and reason.

    location, register, currency: compared where the request has them, as those of the note are of its invoice.
    """
    stored = json.loads(note["document"]) | {
        "receivable": note.get("receivable", 0),
        "reason": note["reason"],
    }
    sent = json.loads(credited.model_dump_json(include={"lines", "taxes", "totals", "receivable"}))
    sent["reason"] = reason
    place = {"location": credited.location, "register_id": credited.till, "currency": credited.currency}
    for name, value in place.items():
        if value is not None:
            stored[name], sent[name] = note.get(name), value
    check_same(f"credit note {note['credit_note_number']}", stored, sent)


def _plain(document: InvoiceDocument) -> dict[str, Any]:
    return document.model_dump(mode="json", exclude_unset=True)


def _recorded(tenders: Sequence[CapturedTender]) -> list[RecordedPayment]:
    return [
        {"tender_no": tender.tender_no, "type": tender.type, "amount": tender.amount} for tender in tenders
    ]
