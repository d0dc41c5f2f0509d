"""Purchase orders on the purchasing table. Every method is one conditional write; rows.py lists the rows."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from tillflow.documents import Documents
from tillflow.errors import OrderClosed
from tillflow.listing import Page
from tillflow.store import Action, Item, key, marshal, put_row
from tillflow.times import utc_now

from purchasing import invoices, rules, values
from purchasing.approvals import Limits
from purchasing.delivery_notes import add_note
from purchasing.errors import DuplicatePurchase, PurchaseConflict, UnknownPurchase, UnknownSupplier
from purchasing.models import Acceptance, DeliveryNote, Invoice, OpenOrder, Purchase, Receipt
from purchasing.rows import (
    ORDER_PREFIX,
    ORDERS_LIST,
    PURCHASES,
    SUPPLIER,
    invoice_number_row,
    lists,
    sent_order_row,
    supplier_pk,
)
from purchasing.supplier_store import SupplierStore

type Change = Callable[[Purchase], Purchase]


class PurchaseStore:
    """Purchase orders on one DynamoDB table. `client` is a low-level DynamoDB client."""

    def __init__(
        self, client: Any, table: str, now: Callable[[], datetime] = utc_now, limits: Limits | None = None
    ) -> None:
        self._client = client
        self._table = table
        self._now = now
        self._limits = limits or {}
        self._documents = Documents(client, table, PURCHASES)
        self.suppliers = SupplierStore(client, table)

    def open(self, request: OpenOrder) -> Purchase:
        """Open the order; a second delivery of the same execution returns the opened one.

        OrderClosed after a cancel, DuplicatePurchase if another execution opened it, UnknownSupplier, InvalidPurchase
        if a supplier has another currency.
        """
        self.check_suppliers(request)
        opened = self._documents.create(rules.new_purchase(request, self._now(), self._limits))
        if opened.status == "CANCELLED":
            raise OrderClosed(request.purchase_order_id, "open")
        if opened.execution != request.execution:
            raise DuplicatePurchase(request.purchase_order_id)
        return opened

    def check_suppliers(self, request: OpenOrder) -> None:
        """Raise UnknownSupplier, or InvalidPurchase.

        A supplier has the currency of the order, and all of them together answer in time.
        """
        ids = dict.fromkeys(candidate.supplier_id for candidate in request.suppliers)
        suppliers = [self.suppliers.get(supplier_id) for supplier_id in ids]
        for supplier in suppliers:
            rules.check_currency(request.currency, supplier)
        rules.check_answer_time(suppliers)

    def get(self, purchase_order_id: str) -> Purchase:
        """Return the order; UnknownPurchase."""
        return self._documents.get(purchase_order_id)

    def get_many(self, purchase_order_ids: Iterable[str]) -> list[Purchase]:
        """Return the orders of these ids that exist."""
        return self._documents.get_many(purchase_order_ids)

    def list_purchases(
        self, limit: int, after: str, status: str | None, supplier_id: str | None, location: str | None
    ) -> Page[Purchase]:
        """Return a page of the orders, the newest first."""
        where = {"status": status, "supplier_id": supplier_id, "location": location}
        page = lists(self._client, self._table).page(
            ORDERS_LIST, limit, after, newest_first=True, where=where
        )
        ids = [row["pk"].removeprefix(ORDER_PREFIX) for row in page.rows]
        orders = {order.purchase_order_id: order for order in self._documents.get_many(ids)}
        return Page([orders[order_id] for order_id in ids if order_id in orders], page.after)

    def send(self, purchase_order_id: str, approval: int = 0) -> Purchase:
        """Send the order to the next supplier, unless it is sent to one or waits for an approval.

        NoSupplierLeft, OrderClosed.
        """

        def change(purchase: Purchase) -> Purchase:
            if purchase.attempt:
                return purchase
            supplier = self.suppliers.get(rules.next_supplier(purchase))
            prices = self.suppliers.prices(supplier.supplier_id, [line.sku for line in purchase.lines])
            return rules.send(purchase, supplier, prices, self._now(), approval)

        return self.change(purchase_order_id, change)

    def receive(self, purchase_order_id: str, receipt: Receipt) -> Purchase:
        """Record a delivery, once per receipt id."""
        return self.change(purchase_order_id, lambda purchase: rules.receive(purchase, receipt))

    def add_delivery_note(self, purchase_order_id: str, note: DeliveryNote, supplier_id: str) -> Purchase:
        """Add a delivery note of the order's supplier, once per note id."""
        return self.change(purchase_order_id, lambda purchase: add_note(purchase, note, supplier_id))

    def bill(self, purchase_order_id: str, invoice: Invoice) -> Purchase:
        """Record the supplier's invoice; PurchaseConflict if another order has its number."""
        return self.change(purchase_order_id, lambda purchase: invoices.bill(purchase, invoice))

    def match(self, purchase_order_id: str, accept: Acceptance = 0) -> Purchase:
        """Match the invoice; a matched one is returned unchanged. PendingWork, InvoiceMismatch.

        accept: how many times persons have accepted a disputed invoice.
        """

        def change(purchase: Purchase) -> Purchase:
            if purchase.status in ("MATCHED", "PAID", "CLOSED"):
                return purchase
            rules.check_match_is_next(purchase)
            return invoices.match_invoice(purchase, self.suppliers.get(str(purchase.supplier_id)), accept)

        matched = self.change(purchase_order_id, change)
        invoices.check_matched(matched, self.suppliers.get(str(matched.supplier_id)))
        return matched

    def close(self, purchase_order_id: str) -> Purchase:
        """Close the paid order."""
        return self.change(purchase_order_id, lambda purchase: rules.close(purchase, self._now()))

    def cancel(self, purchase_order_id: str, reason: str) -> None:
        """End the order as cancelled; without an order write a tombstone that refuses its opening."""
        try:
            self.change(purchase_order_id, lambda purchase: rules.cancel(purchase, reason, self._now()))
        except UnknownPurchase:
            self._documents.write_tombstone(
                purchase_order_id, {"status": "CANCELLED", "cancel_reason": reason}
            )

    def change(self, purchase_order_id: str, rule: Change) -> Purchase:
        """Apply a rule and return the order. The supplier's totals and invoice numbers change with it."""

        def effects(before: Purchase, after: Purchase) -> list[Action]:
            return [*self._totals(before, after), *self._claims(before, after)]

        return self._documents.update(purchase_order_id, rule, effects)

    def _totals(self, before: Purchase, after: Purchase) -> Iterator[Action]:
        """Change each supplier's open orders and what is owed to it, and note new attempts."""
        for supplier_id in sorted(_suppliers(before) | _suppliers(after)):
            orders = _open_orders(after, supplier_id) - _open_orders(before, supplier_id)
            owed = _owed(after, supplier_id) - _owed(before, supplier_id)
            if orders or owed:
                request = {
                    "TableName": self._table,
                    "Key": key(supplier_pk(supplier_id), SUPPLIER),
                    "UpdateExpression": "ADD open_orders :orders, owed :owed",
                    "ConditionExpression": "attribute_exists(pk)",
                    "ExpressionAttributeValues": marshal({":orders": orders, ":owed": owed}),
                }
                yield Action("Update", request, _unknown_supplier(supplier_id))
        for attempt in after.attempts[len(before.attempts) :]:
            row = sent_order_row(attempt.supplier_id, after.purchase_order_id)
            yield put_row(self._table, row)

    def _claims(self, before: Purchase, after: Purchase) -> Iterator[Action]:
        """Claim the number of a new invoice, and release that of a replaced or cancelled one."""
        old, new = values.invoice_claim(before), values.invoice_claim(after)
        if new and new != old:
            yield self._claim_number(after, new)
        if old and old != new:
            row = invoice_number_row(str(before.supplier_id), old, before.purchase_order_id)
            yield Action("Delete", {"TableName": self._table, "Key": key(row["pk"], row["sk"])})

    def _claim_number(self, purchase: Purchase, number: str) -> Action:
        row = invoice_number_row(str(purchase.supplier_id), number, purchase.purchase_order_id)

        def claimed(row: Item) -> Exception:
            return PurchaseConflict(
                "number", number, f"a number that is not used; order {row['purchase_order_id']} has it"
            )

        return put_row(
            self._table,
            row,
            claimed,
            ConditionExpression="attribute_not_exists(pk) OR purchase_order_id = :order",
            ExpressionAttributeValues=marshal({":order": purchase.purchase_order_id}),
        )


def _unknown_supplier(supplier_id: str) -> Callable[[Item], Exception]:
    return lambda _: UnknownSupplier(supplier_id)


def _suppliers(purchase: Purchase) -> set[str]:
    return {attempt.supplier_id for attempt in purchase.attempts}


def _open_orders(purchase: Purchase, supplier_id: str) -> int:
    """Return 1 while the order is open with the supplier."""
    ended = purchase.status in ("CLOSED", "CANCELLED") or purchase.attempt is None
    return int(not ended and purchase.supplier_id == supplier_id)


def _owed(purchase: Purchase, supplier_id: str) -> int:
    if purchase.supplier_id != supplier_id or purchase.status != "MATCHED" or purchase.invoice is None:
        return 0
    return purchase.invoice.total
