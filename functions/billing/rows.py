"""The billing table.

INVOICE#<order id>   INVOICE   DRAFT (the checkout writes it) -> PAID with its number and lines, or VOID; then credited
                               (on account: ISSUED or PARTIALLY_PAID, until payments have paid it)
CREDIT#<order id>    CREDIT    the credit note of an order's whole invoice
CREDIT#<order id>    CREDIT#<return id>   the credit note of a return's part of it
CREDIT#<return id>   CREDIT#<return id>   the credit note of a return without a receipt, which credits no invoice
SERIES#<series>      COUNTER   last: the last number given; rules.series_of names the series of a document

OpenOrder and RejectOrder of the checkout write an invoice's row themselves, in one transaction with the order's.
`models.Invoice` is the schema they keep to.

The index `issued` lists the issued invoices, and the credit notes, by time; the index `number` finds them by their
number. The rows of printed documents are in documents/rows.py.
"""

from typing import Any

from tillflow.listing import Index
from tillflow.store import Item

from billing.models import CreditNote, Invoice

INVOICES, CREDIT_NOTES = "INVOICES", "CREDIT_NOTES"
"""The lists of the index."""


_KEYS = ("pk", "sk", "list", "document_number")


def issued_documents(client: Any, table: str) -> Index:
    """Return the index of the issued invoices and credit notes."""
    return Index(client, table, "issued", "list", "issued_at")


def invoice_key(order_id: str) -> tuple[str, str]:
    """Return the primary key of the row of an order's invoice."""
    return f"INVOICE#{order_id}", "INVOICE"


def credit_note_key(order_id: str, return_id: str | None = None) -> tuple[str, str]:
    """Return the primary key of the row of a return's credit note, or of that of the whole invoice."""
    return f"CREDIT#{order_id}", f"CREDIT#{return_id}" if return_id else "CREDIT"


def counter_key(series: str) -> tuple[str, str]:
    """Return the primary key of the row of a series' counter."""
    return f"SERIES#{series}", "COUNTER"


def read_invoice(row: Item) -> Invoice:
    """Return the invoice of a row; ValidationError when the row does not keep to the schema."""
    return Invoice.model_validate(_attributes(row))


def read_credit_note(row: Item) -> CreditNote:
    """Return the credit note of a row; ValidationError when the row does not keep to the schema."""
    return CreditNote.model_validate(_attributes(row))


def _attributes(row: Item) -> Item:
    return {name: value for name, value in row.items() if name not in _KEYS}
