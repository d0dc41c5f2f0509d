"""Suppliers and purchase orders, by the purchasing service's API function."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from purchasing import errors  # noqa: F401 - its errors are raised by their names
from purchasing.errors import UnknownPurchase
from purchasing.models import (
    Invoice,
    NewPurchase,
    OpenOrder,
    Purchase,
    PurchaseInvoice,
    PurchaseSummary,
    PurchaseView,
    Receipt,
)
from purchasing.supplier_models import Entry, Price, Supplier, SupplierAccount, SupplierReport
from tillflow.executions import Started
from tillflow.listing import Page

from till.services.client import Service
from till.stack import Stack

_FUNCTION = "PurchasingApiFunction"


class Purchases:
    """Purchase orders. Each change returns the changed order."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, _FUNCTION)

    def create(self, order: OpenOrder) -> Started:
        """Start an order, once per id. UnknownReferences, InvalidPurchase, IdempotencyConflict."""
        request = order.model_dump(mode="json", include=set(NewPurchase.model_fields))
        return self._service.call("POST /purchase-orders", "manage", body=request).started

    def get(self, purchase_order_id: str) -> PurchaseView:
        """Return an order with its next step; UnknownPurchase, InvalidPurchase."""
        route = "GET /purchase-orders/{purchase_order_id}"
        return self._service.call(route, "manage", path=_order(purchase_order_id)).read(PurchaseView)

    def find(self, purchase_order_id: str) -> PurchaseView | None:
        """Return an order, None if there is none."""
        try:
            return self.get(purchase_order_id)
        except UnknownPurchase:
            return None

    def list_purchases(
        self, limit: int = 50, after: str = "", *, status: str | None = None
    ) -> Page[PurchaseSummary]:
        """Return a page of the orders, the newest first. InvalidRequest for an unknown status."""
        route = "GET /purchase-orders"
        return self._service.pages(
            route, "manage", "purchase_orders", PurchaseSummary, limit, after, status=status
        )

    def list_invoices(self, limit: int = 50, after: str = "") -> Page[PurchaseInvoice]:
        """Return the invoices of a page of orders."""
        route = "GET /purchase-invoices"
        return self._service.pages(route, "manage", "invoices", PurchaseInvoice, limit, after)

    def acknowledge(self, purchase_order_id: str, promised_on: date, supplier_id: str = "") -> Purchase:
        """Accept the order for its supplier, with the promised delivery date."""
        body = {"promised_on": promised_on.isoformat(), "supplier_id": supplier_id or None}
        return self._change("acknowledgement", purchase_order_id, body)

    def refuse(self, purchase_order_id: str, note: str, supplier_id: str = "") -> Purchase:
        """Refuse the order for its supplier: the workflow sends it to the next one."""
        return self._change("refusal", purchase_order_id, {"note": note, "supplier_id": supplier_id or None})

    def heartbeat(self, purchase_order_id: str) -> Purchase:
        """Restart the supplier's heartbeat timeout."""
        return self._change("heartbeat", purchase_order_id)

    def receive(self, purchase_order_id: str, receipt: Receipt) -> Purchase:
        """Record a delivery, once per receipt id."""
        body = receipt.model_dump(mode="json", include={"receipt_id", "received_at", "lines"})
        return self._change("receipts", purchase_order_id, body)

    def bill(self, purchase_order_id: str, invoice: Invoice) -> Purchase:
        """Record the supplier's invoice, in place of one that is not matched."""
        return self._change("invoice", purchase_order_id, invoice.model_dump(mode="json"))

    def close_short(self, purchase_order_id: str) -> Purchase:
        """Expect no more goods for the order."""
        return self._change("close", purchase_order_id)

    def cancel(self, purchase_order_id: str, reason: str) -> Purchase:
        """Request the cancellation of the order."""
        return self._change("cancel", purchase_order_id, {"reason": reason})

    def _change(self, change: str, purchase_order_id: str, body: object = None) -> Purchase:
        route = f"POST /purchase-orders/{{purchase_order_id}}/{change}"
        return self._service.call(route, "manage", path=_order(purchase_order_id), body=body).read(Purchase)


class Suppliers:
    """Suppliers, their price lists, statements and performance."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, _FUNCTION)

    def create(self, supplier: Supplier, prices: Iterable[Price] = ()) -> SupplierAccount:
        """Create a supplier with its prices; the same again changes nothing. IdempotencyConflict."""
        return self._service.call("POST /suppliers", "manage", body=_body(supplier, prices)).read(
            SupplierAccount
        )

    def update(self, supplier: Supplier, prices: Iterable[Price], version: int | None) -> SupplierAccount:
        """Replace a supplier and add prices; RecordChanged if it is not at `version`."""
        path, body = _supplier(supplier.supplier_id), _body(supplier, prices)
        response = self._service.call(
            "PUT /suppliers/{supplier_id}", "manage", path=path, body=body, version=version
        )
        return response.read(SupplierAccount)

    def delete(self, supplier_id: str) -> None:
        """Delete a supplier; SupplierInUse."""
        self._service.call("DELETE /suppliers/{supplier_id}", "manage", path=_supplier(supplier_id))

    def get(self, supplier_id: str) -> SupplierAccount:
        """Return a supplier; UnknownSupplier."""
        route = "GET /suppliers/{supplier_id}"
        return self._service.call(route, "manage", path=_supplier(supplier_id)).read(SupplierAccount)

    def list_suppliers(self, limit: int = 50, after: str = "") -> Page[SupplierAccount]:
        """Return a page of the suppliers by id."""
        return self._service.pages("GET /suppliers", "manage", "suppliers", SupplierAccount, limit, after)

    def report(self, supplier_id: str) -> SupplierReport:
        """Return a supplier with its prices and performance; UnknownSupplier."""
        route = "GET /suppliers/{supplier_id}/report"
        return self._service.call(route, "manage", path=_supplier(supplier_id)).read(SupplierReport)

    def statement(self, supplier_id: str) -> list[Entry]:
        """Return what was billed and paid; UnknownSupplier."""
        route = "GET /suppliers/{supplier_id}/statement"
        return self._service.call(route, "manage", path=_supplier(supplier_id)).read(list[Entry])

    def terms(self, sources: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        """Return the known terms of each (supplier_id, sku), at most 100. UnknownSupplier."""
        body = {"sources": [{"supplier_id": supplier_id, "sku": sku} for supplier_id, sku in sources]}
        terms: list[dict[str, Any]] = self._service.call("POST /suppliers/terms", "manage", body=body).body
        return terms


def _body(supplier: Supplier, prices: Iterable[Price]) -> dict[str, Any]:
    return {
        "supplier": supplier.model_dump(mode="json"),
        "prices": [price.model_dump(mode="json") for price in prices],
    }


def _order(purchase_order_id: str) -> dict[str, str]:
    return {"purchase_order_id": purchase_order_id}


def _supplier(supplier_id: str) -> dict[str, str]:
    return {"supplier_id": supplier_id}
