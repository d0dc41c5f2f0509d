"""Delivery notes: added once, by the order's supplier, while goods are expected; nothing is booked."""

from itertools import count
from typing import Any

import pytest
from purchasing import invoices, rules
from purchasing.delivery_notes import MAX_NOTES, add_note
from purchasing.errors import InvalidPurchase, PurchaseConflict
from purchasing.models import DeliveryNote, Invoice, Purchase, Receipt
from purchasing.rows import PURCHASES
from tillflow.errors import IdempotencyConflict, OrderClosed

ORDER = Purchase.model_validate(
    {
        "purchase_order_id": "po-1",
        "status": "ACKNOWLEDGED",
        "location": "store-1",
        "currency": "EUR",
        "lines": [{"sku": "A", "quantity": 10, "unit_cost": 100}],
        "suppliers": ["sup-1"],
        "opened_at": "2026-11-23T10:00:00Z",
        "attempts": [{"supplier_id": "sup-1", "sent_at": "2026-11-23T10:00:00Z", "state": "ACKNOWLEDGED"}],
    }
)


def note(note_id: str = "dn-1", sku: str = "A", quantity: int = 4) -> DeliveryNote:
    return DeliveryNote.model_validate({"note_id": note_id, "lines": [{"sku": sku, "quantity": quantity}]})


def test_note_is_added_and_books_nothing() -> None:
    after = add_note(ORDER, note(), "sup-1")
    assert after.delivery_notes == (note(),)
    assert after.model_copy(update={"delivery_notes": ()}) == ORDER


def test_replayed_note_changes_nothing_and_another_under_its_id_is_a_conflict() -> None:
    after = add_note(ORDER, note(), "sup-1")
    assert add_note(after, note(), "sup-1") == after
    with pytest.raises(IdempotencyConflict):
        add_note(after, note(quantity=5), "sup-1")


def test_notes_leave_space_for_receipts_and_the_invoice() -> None:
    lines = [{"sku": f"SKU-{number}", "quantity": 1, "unit_cost": 1} for number in range(1000)]
    purchase = Purchase.model_validate({**ORDER.model_dump(mode="json"), "lines": lines})
    skus = [line["sku"] for line in lines]
    for number in count():
        sent = [{"sku": sku, "quantity": 1_000_000} for sku in skus]
        full = DeliveryNote.model_validate({"note_id": f"dn-{number}", "lines": sent})
        try:
            purchase = add_note(purchase, full, "sup-1")
        except PurchaseConflict as refused:
            assert "notes that leave space for receipts and the invoice" in str(refused)
            break
    assert number > 1
    received = {"receipt_id": "r" * 80, "received_at": "2026-11-23T10:00:00.123456Z"}
    units = [{"sku": sku, "quantity": 1_000_000, "rejected": 1_000_000} for sku in skus]
    purchase = rules.receive(purchase, Receipt.model_validate({**received, "lines": units}))
    billed = [{"sku": sku, "quantity": 1_000_000, "unit_price": 100_000} for sku in skus]
    total = 1000 * 1_000_000 * 100_000
    invoice = {"number": "N" * 64, "invoiced_on": "2026-11-23", "lines": billed, "total": total}
    PURCHASES.row(invoices.bill(purchase, Invoice.model_validate(invoice)), 2)


def test_note_of_another_supplier_or_product_is_refused() -> None:
    with pytest.raises(InvalidPurchase, match="supplier_id"):
        add_note(ORDER, note(), "sup-2")
    with pytest.raises(InvalidPurchase, match="SKUs of the order"):
        add_note(ORDER, note(sku="B"), "sup-1")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"status": "MATCHED"}, "MATCHED"),
        ({"status": "PAID"}, "PAID"),
        ({"status": "CLOSED"}, "CLOSED"),
        ({"cancel_reason": "late"}, "being cancelled"),
        ({"cancel_reason": "late", "status": "CANCELLED"}, "CANCELLED"),
        ({"closed_short": True}, "closed for deliveries"),
    ],
)
def test_order_that_expects_no_goods_takes_no_note(change: dict[str, Any], status: str) -> None:
    with pytest.raises(OrderClosed, match=f"po-1 is {status}; delivery note is no longer accepted"):
        add_note(ORDER.model_copy(update=change), note(), "sup-1")


def test_number_of_notes_is_limited() -> None:
    notes = tuple(note(f"dn-{number}") for number in range(MAX_NOTES))
    with pytest.raises(InvalidPurchase, match="at most"):
        add_note(ORDER.model_copy(update={"delivery_notes": notes}), note("one-more"), "sup-1")
