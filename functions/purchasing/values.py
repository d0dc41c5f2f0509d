"""Values computed from a purchase document. Pure; amounts are integer minor units."""

from collections.abc import Iterable

from tillflow.fields import MAX_DOCUMENT_BYTES

from purchasing.models import Line, Purchase, Receipt, normalise_number
from purchasing.responses import GoodsLine

# Of a line in a receipt or in an invoice, besides the SKU.
_LINE_BYTES = 60


def unbooked_receipt(purchase: Purchase) -> Receipt | None:
    """Return the first receipt that stock and ledger do not have."""
    return next((receipt for receipt in purchase.receipts if not receipt.booked), None)


def is_complete(purchase: Purchase) -> bool:
    """Return True if no more goods are expected."""
    return purchase.closed_short or all(line.accepted >= line.quantity for line in purchase.lines)


def receivable(line: Line, tolerance_percent: int) -> int:
    """Return how many more units of a line may be accepted."""
    return line.quantity * (100 + tolerance_percent) // 100 - line.accepted


def accepted_lines(purchase: Purchase, receipt: Receipt) -> list[GoodsLine]:
    """Return the accepted units of a receipt with their unit cost."""
    cost = {line.sku: line.unit_cost for line in purchase.lines}
    return [
        {"sku": line.sku, "quantity": line.quantity - line.rejected, "unit_cost": cost[line.sku]}
        for line in receipt.lines
        if line.quantity > line.rejected
    ]


def has_space(purchase: Purchase, documents: int) -> bool:
    """Return whether the row of an order has space for as many more documents of every line, such as its invoice."""
    needed = sum(len(line.sku.encode()) + _LINE_BYTES for line in purchase.lines)
    return len(purchase.model_dump_json().encode()) + documents * needed <= MAX_DOCUMENT_BYTES


def order_total(lines: Iterable[Line]) -> int:
    """Return the value of the ordered units."""
    return sum(line.quantity * line.unit_cost for line in lines)


def received_value(lines: Iterable[Line]) -> int:
    """Return the value of the accepted units at the order's prices."""
    return sum(line.accepted * line.unit_cost for line in lines)


def entry_ids(purchase: Purchase) -> list[str]:
    """Return the id of every journal entry the order may have, the last first."""
    receipts = [receipt_entry(purchase.purchase_order_id, r.receipt_id) for r in purchase.receipts]
    return [f"{purchase.purchase_order_id}#invoice", *reversed(receipts)]


def receipt_entry(purchase_order_id: str, receipt_id: str) -> str:
    """Return the id of the journal entry of a receipt."""
    return f"{purchase_order_id}#receipt-{receipt_id}"


def invoice_claim(purchase: Purchase) -> str | None:
    """Return the normalised invoice number that no other order of the supplier may have, None without one."""
    if purchase.invoice is None or purchase.status == "CANCELLED":
        return None
    return normalise_number(purchase.invoice.number)
