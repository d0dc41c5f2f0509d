"""The states of a purchase order that accept a change."""

from tillflow.errors import OrderClosed

from purchasing.errors import PurchaseConflict
from purchasing.models import Purchase

RUNNING = ("OPEN", "SENT", "ACKNOWLEDGED")


def check_running(purchase: Purchase, step: str) -> None:
    """Raise OrderClosed for an order that is matched, ended or to be cancelled."""
    if purchase.status not in RUNNING or purchase.cancel_reason is not None:
        raise OrderClosed(purchase.purchase_order_id, step, shown_status(purchase))


def shown_status(purchase: Purchase) -> str:
    """Return the status of an order that does not accept a step, as an error shows it."""
    if purchase.cancel_reason is not None and purchase.status != "CANCELLED":
        return "being cancelled"
    if purchase.closed_short and purchase.status == "ACKNOWLEDGED":
        return "closed for deliveries"
    return purchase.status


def check_delivering(purchase: Purchase, step: str) -> None:
    """Raise OrderClosed, or PurchaseConflict for an order that no supplier has accepted."""
    check_running(purchase, step)
    if purchase.status != "ACKNOWLEDGED":
        raise PurchaseConflict("status", purchase.status, "ACKNOWLEDGED, an order its supplier accepted")
