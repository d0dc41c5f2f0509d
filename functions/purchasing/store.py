"""Purchase orders on the purchasing table: each verb is one conditional write, keyed by order and step.

PO#<order>     PURCHASE       the order's document, its status, supplier and version
ORDER#<order>  STEP#<step>#0  this step happened, and its answer
SUPPLIER#<id>  …              suppliers.py; the counters change with the order's document
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from tillflow.documents import Documents, DocumentType
from tillflow.errors import DuplicatePurchase, InvalidPurchase, OrderClosed, StoreContention, UnknownPurchase
from tillflow.store import Action, Item, key, marshal
from tillflow.times import iso_utc

from purchasing import rules
from purchasing.models import Attempt, Invoice, OpenOrder, Purchase, Receipt
from purchasing.suppliers import SUPPLIER, SuppliersStore, supplier_pk

PURCHASES = DocumentType(
    model=Purchase,
    prefix="PO#",
    sort_key="PURCHASE",
    id_name="purchase_order_id",
    columns=lambda purchase: {
        "status": purchase.status,
        "supplier_id": purchase.supplier_id,
        "opened_at": iso_utc(purchase.opened_at),
    },
    not_found=UnknownPurchase,
)

type Change = Callable[[Purchase], Purchase]
type Also = Callable[[Purchase, Purchase], list[Action]]


class PurchasesStore:
    """Purchase orders on one DynamoDB table. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._documents = Documents(client, table, PURCHASES)
        self.suppliers = SuppliersStore(client, table)

    def open(self, request: OpenOrder) -> Purchase:
        """Open the order; the one there is when this execution opened it. OrderClosed after a cancel,
        DuplicatePurchase when the id is another's, UnknownSupplier."""
        for candidate in request.suppliers:
            self.suppliers.row(candidate.supplier_id)
        first = self._documents.create(rules.opened(request, _now()))
        if first.status == "CANCELLED":
            raise OrderClosed(request.purchase_order_id, "open")
        if first.execution != request.execution:
            raise DuplicatePurchase(request.purchase_order_id)
        return first

    def get(self, purchase_order_id: str) -> Purchase:
        """The order; UnknownPurchase."""
        return self._documents.get(purchase_order_id)

    def many(self, purchase_order_ids: list[str]) -> list[Purchase]:
        """The orders of these ids that there are."""
        return self._documents.get_many(purchase_order_ids)

    def every(self) -> Iterator[Purchase]:
        """Every order. Reads the whole table: for people, not for workflows."""
        return self._documents.list_all()

    def send(self, purchase_order_id: str) -> Purchase:
        """Ask the next supplier, unless one is being asked. NoSupplierLeft, OrderClosed."""

        def change(purchase: Purchase) -> Purchase:
            if purchase.attempt:
                return purchase
            supplier = self.suppliers.get(rules.next_supplier(purchase))
            prices = self.suppliers.prices(supplier.supplier_id, [line.sku for line in purchase.lines])
            return rules.sent(purchase, supplier, prices, _now())

        return self.change(purchase_order_id, change)

    def receive(self, purchase_order_id: str, receipt: Receipt) -> Purchase:
        """Note goods that came, once per receipt id."""
        step = f"receipt-{receipt.receipt_id}"
        return self.change(purchase_order_id, lambda purchase: rules.received(purchase, receipt), step=step)

    def bill(self, purchase_order_id: str, invoice: Invoice) -> Purchase:
        """Note the supplier's invoice; InvalidPurchase when another order has its number."""
        step = f"invoice-{invoice.number}"
        return self.change(
            purchase_order_id,
            lambda purchase: rules.billed(purchase, invoice),
            lambda _, after: [self._take_number(after, invoice.number)],
            step,
        )

    def match(self, purchase_order_id: str, accept: bool) -> Purchase:
        """Match the invoice; a matched one is as it is."""

        def change(purchase: Purchase) -> Purchase:
            if purchase.status in ("MATCHED", "PAID", "CLOSED"):
                return purchase
            return rules.matched(purchase, self.suppliers.get(str(purchase.supplier_id)), accept)

        return self.change(purchase_order_id, change)

    def close(self, purchase_order_id: str) -> Purchase:
        """End a paid order; a closed one is as it is."""

        def change(purchase: Purchase) -> Purchase:
            return purchase if purchase.status == "CLOSED" else rules.closed(purchase, _now())

        return self.change(purchase_order_id, change)

    def cancelled(self, purchase_order_id: str, reason: str) -> Purchase:
        """End the order as cancelled; one nobody opened gets a tombstone that refuses its opening."""
        try:
            return self.change(
                purchase_order_id,
                lambda purchase: (
                    purchase
                    if purchase.status == "CANCELLED"
                    else rules.ended_cancelled(purchase, reason, _now())
                ),
            )
        except UnknownPurchase:
            self._documents.write_tombstone(
                purchase_order_id, {"status": "CANCELLED", "cancel_reason": reason}
            )
            return Purchase.model_construct(
                purchase_order_id=purchase_order_id, status="CANCELLED", cancel_reason=reason
            )

    def change(
        self,
        purchase_order_id: str,
        rule: Change,
        also: Also = lambda before, after: [],
        step: str = "",
    ) -> Purchase:
        """The order after a rule changed it, written with what belongs to the change; with a `step` once."""

        def written_too(before: Purchase, after: Purchase) -> list[Action]:
            return [*self._counters(before, after), *also(before, after)]

        return self._documents.update(purchase_order_id, rule, written_too, step)

    def _counters(self, before: Purchase, after: Purchase) -> Iterator[Action]:
        """What a supplier has open and is owed, and which orders it was asked for."""
        for supplier_id in sorted(_suppliers(before) | _suppliers(after)):
            orders = _holds(after, supplier_id) - _holds(before, supplier_id)
            owed = _owed(after, supplier_id) - _owed(before, supplier_id)
            if orders or owed:
                request = {
                    "TableName": self._table,
                    "Key": key(supplier_pk(supplier_id), SUPPLIER),
                    "UpdateExpression": "ADD open_orders :orders, owed :owed",
                    "ConditionExpression": "attribute_exists(pk)",
                    "ExpressionAttributeValues": marshal({":orders": orders, ":owed": owed}),
                }
                yield Action("Update", request, _contended(f"supplier {supplier_id}"))
        for attempt in after.attempts[len(before.attempts) :]:
            yield self._asked(after, attempt)

    def _asked(self, purchase: Purchase, attempt: Attempt) -> Action:
        row = {
            "pk": supplier_pk(attempt.supplier_id),
            "sk": f"PO#{purchase.purchase_order_id}",
            "purchase_order_id": purchase.purchase_order_id,
        }
        return Action("Put", {"TableName": self._table, "Item": marshal(row)})

    def _take_number(self, purchase: Purchase, number: str) -> Action:
        row = {
            "pk": supplier_pk(str(purchase.supplier_id)),
            "sk": f"INVOICE#{number}",
            "purchase_order_id": purchase.purchase_order_id,
        }
        request = {
            "TableName": self._table,
            "Item": marshal(row),
            "ConditionExpression": "attribute_not_exists(pk) OR purchase_order_id = :order",
            "ExpressionAttributeValues": marshal({":order": purchase.purchase_order_id}),
        }

        def taken(first: Item) -> Exception:
            return InvalidPurchase(
                "number", number, f"one not billed for {first['purchase_order_id']} before"
            )

        return Action("Put", request, taken)


def _contended(what: str) -> Callable[[Item], Exception]:
    return lambda _: StoreContention(what)


def _suppliers(purchase: Purchase) -> set[str]:
    return {attempt.supplier_id for attempt in purchase.attempts}


def _holds(purchase: Purchase, supplier_id: str) -> int:
    """1 while the supplier's part in the order is not over."""
    over = purchase.status in ("CLOSED", "CANCELLED") or purchase.attempt is None
    return int(not over and purchase.supplier_id == supplier_id)


def _owed(purchase: Purchase, supplier_id: str) -> int:
    if purchase.supplier_id != supplier_id or purchase.status != "MATCHED" or purchase.invoice is None:
        return 0
    return purchase.invoice.total


def _now() -> datetime:
    return datetime.now(UTC)
