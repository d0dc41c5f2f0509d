"""Delivery notes: what a supplier says it has sent. Goods are booked when a person has counted them. Pure."""

from tillflow.documents import MAX_DOCUMENT_BYTES
from tillflow.errors import OrderClosed, check_same
from tillflow.plurals import counted

from purchasing.errors import InvalidPurchase, PurchaseConflict
from purchasing.models import DeliveryNote, Purchase
from purchasing.states import shown_status

MAX_NOTES = 100
# Of a line in a receipt and in an invoice, besides the SKU.
_LINE_BYTES = 60


def add_note(purchase: Purchase, note: DeliveryNote, supplier_id: str) -> Purchase:
    """Add a delivery note of the order's supplier, once per note id.

    IdempotencyConflict for another note of its id, OrderClosed for an order that expects no goods, PurchaseConflict
    for one of another supplier, with as many notes as it may have, or without space for another, InvalidPurchase.
    """
    for stored in purchase.delivery_notes:
        if stored.note_id == note.note_id:
            before, after = stored.model_dump(mode="json"), note.model_dump(mode="json")
            check_same(f"delivery note {note.note_id}", before, after)
            return purchase
    if supplier_id != purchase.supplier_id:
        raise PurchaseConflict("supplier_id", supplier_id, "the supplier of the order")
    if purchase.status != "ACKNOWLEDGED" or purchase.closed_short or purchase.cancel_reason is not None:
        raise OrderClosed(purchase.purchase_order_id, "delivery note", shown_status(purchase))
    unknown = sorted({line.sku for line in note.lines} - {line.sku for line in purchase.lines})
    if unknown:
        raise InvalidPurchase("lines", ", ".join(unknown), "SKUs of the order")
    if len(purchase.delivery_notes) == MAX_NOTES:
        raise PurchaseConflict("note_id", note.note_id, f"at most {MAX_NOTES} delivery notes of an order")
    noted = purchase.model_copy(update={"delivery_notes": (*purchase.delivery_notes, note)})
    if len(noted.model_dump_json().encode()) + _space_needed(purchase) > MAX_DOCUMENT_BYTES:
        raise PurchaseConflict(
            "lines", counted(len(note.lines), "line"), "notes that leave space for receipts and the invoice"
        )
    return noted


def _space_needed(purchase: Purchase) -> int:
    """Return the bytes of a receipt and of an invoice of every line, which no delivery note may take."""
    return sum(2 * (len(line.sku.encode()) + _LINE_BYTES) for line in purchase.lines)
