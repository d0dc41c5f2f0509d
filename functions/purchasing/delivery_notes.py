"""Delivery notes: what a supplier says it has sent. Goods are booked when a person has counted them. Pure."""

from tillflow.errors import OrderClosed, check_same
from tillflow.plurals import counted

from purchasing.errors import InvalidPurchase, PurchaseConflict
from purchasing.models import DeliveryNote, Purchase
from purchasing.states import shown_status
from purchasing.values import has_space

MAX_NOTES = 100


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
    if not has_space(noted, 2):
        raise PurchaseConflict(
            "lines", counted(len(note.lines), "line"), "notes that leave space for receipts and the invoice"
        )
    return noted
