"""What is printed on an invoice, a credit note and a receipt. Pure."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from tillflow.money import EXPONENT

from billing.documents.models import Address, Buyer, Form, Printed, PrintedLine, Seller
from billing.models import CreditNote, Invoice

_TENDERS = {
    "card": "Card",
    "cash": "Cash",
    "store_credit": "Store credit",
    "gift_card": "Gift card",
    "exchange": "Exchange",
    "on_account": "On account",
}
# Characters that reorder or hide the text around them: an amount must not be printed before another one's label.
_INVISIBLE = frozenset("\u061c\u180e\ufeff\u00ad") | {
    chr(code)
    for first, last in (
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x206F),
        (0xFE00, 0xFE0F),
        (0xFFF9, 0xFFFC),
    )
    for code in range(first, last + 1)
}
_UNPRINTABLE = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str) -> str:
    """Return a text on one line without characters that are invisible or change the direction of others."""
    composed = unicodedata.normalize("NFC", text)
    kept = (
        " " if unicodedata.category(character) in _UNPRINTABLE else character
        for character in composed
        if character not in _INVISIBLE
    )
    return " ".join("".join(kept).split())


def printed_invoice(invoice: Invoice, seller: Seller, buyer: Buyer | None) -> Printed:
    """Return what is printed on an invoice that has its number."""
    document = invoice.document or {}
    currency = str(invoice.currency)
    # As it was when it was issued: what was paid or credited later is on documents of its own.
    payments = [
        (f"Paid: {_TENDERS.get(payment['type'], payment['type'])}", amount(payment["amount"], currency))
        for payment in invoice.payments or []
    ]
    facts = [("Order", invoice.invoice_id), ("Location", str(invoice.location or ""))]
    if invoice.due_on:
        facts.append(("Due on", invoice.due_on))
    return _printed(
        "Invoice",
        str(invoice.invoice_number),
        str(invoice.issued_at),
        facts,
        document,
        currency,
        (seller, buyer),
        payments,
        [],
    )


def printed_credit_note(note: CreditNote, seller: Seller, buyer: Buyer | None) -> Printed:
    """Return what is printed on a credit note."""
    facts = []
    if note.invoice_number:
        facts = [("Order", note.credit_note_id), ("Credits invoice", note.invoice_number)]
    if note.return_id:
        facts.append(("Return", note.return_id))
    return _printed(
        "Credit note",
        note.credit_note_number,
        note.issued_at,
        facts,
        note.document,
        note.currency,
        (seller, buyer),
        [],
        [f"Reason: {note.reason}"],
    )


def amount(minor_units: int, currency: str) -> str:
    """Return an amount in the currency's decimals, without its code."""
    return f"{Decimal(minor_units).scaleb(-EXPONENT[currency]):f}"


def file_key(number: str, form: Form, sha256: str) -> str:
    """Return the key of a document in the bucket: by content, so that the object of a key never changes."""
    return f"{number}/{form}-{sha256}.{'txt' if form == 'text' else 'pdf'}"


def _printed(
    title: str,
    number: str,
    issued_at: str,
    facts: Iterable[tuple[str, str]],
    document: Mapping[str, Any],
    currency: str,
    parties: tuple[Seller, Buyer | None],
    payments: Iterable[tuple[str, str]],
    notes: Iterable[str],
) -> Printed:
    seller, buyer = parties
    return Printed(
        title=title,
        number=printable(number),
        issued_at=issued_at,
        facts=tuple((label, printable(value)) for label, value in facts if value),
        seller=tuple(_seller_lines(seller)),
        buyer=tuple(_buyer_lines(buyer)) if buyer else (),
        currency=currency,
        lines=tuple(_line(line, currency) for line in document["lines"]),
        taxes=tuple(
            (percent(tax["rate"]), amount(tax["net"], currency), amount(tax["tax"], currency))
            for tax in document["taxes"]
        ),
        totals=(*_totals(document["totals"], currency), *payments),
        notes=tuple(filter(None, map(printable, (*notes, seller.footer)))),
    )


def _line(line: Mapping[str, Any], currency: str) -> PrintedLine:
    discount = line.get("line_discount", 0) + line.get("order_discount", 0)
    return PrintedLine(
        description=printable(line["description"]),
        sku=printable(line["sku"]),
        quantity=line["quantity"],
        unit_price=amount(line["unit_price"], currency) if "unit_price" in line else None,
        discount=amount(-discount, currency) if discount else None,
        tax_rate=percent(line["tax_rate"]),
        total=amount(line["total"], currency),
    )


def percent(rate: str) -> str:
    """Return a rate such as 0.055 as 5.5 %."""
    text = f"{Decimal(rate) * 100:f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def _totals(totals: Mapping[str, Any], currency: str) -> Iterator[tuple[str, str]]:
    if totals.get("discount"):
        yield "Discounts", amount(-totals["discount"], currency)
    yield "Net", amount(totals["net"], currency)
    yield "Tax", amount(totals["tax"], currency)
    if totals.get("rounding"):
        yield "Rounding", amount(totals["rounding"], currency)
    yield f"Total {currency}", amount(totals["total"], currency)


def _seller_lines(seller: Seller) -> Iterator[str]:
    yield printable(seller.name)
    yield from _address_lines(seller.street, seller.postal_code, seller.city, seller.country)
    if seller.vat_id:
        yield f"VAT {seller.vat_id}"
    yield from filter(None, (printable(seller.registration), printable(seller.email)))


def _buyer_lines(buyer: Buyer) -> Iterator[str]:
    yield printable(buyer.name)
    if isinstance(buyer.billing_address, Address):
        address = buyer.billing_address
        yield from _address_lines(address.street, address.postal_code, address.city, address.country)
    if buyer.vat_id:
        yield f"VAT {printable(buyer.vat_id)}"


def _address_lines(street: str, postal_code: str, city: str, country: str) -> Iterator[str]:
    yield printable(street)
    yield printable(f"{postal_code} {city}, {country}")
