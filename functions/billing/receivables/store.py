"""Open items and received payments in DynamoDB; see rows.py for the rows."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from tillflow.errors import StoreContention, check_same
from tillflow.merges import group_of, survivors_of
from tillflow.store import (
    Action,
    AlreadyApplied,
    Item,
    key,
    marshal,
    put_new,
    put_row,
    query_rows,
    read_row,
    read_rows,
    retry_on_conflict,
    transact,
)
from tillflow.times import iso_utc

from billing.receivables import rules
from billing.receivables.models import OpenItem, ReceivedPayment, ReceivePayment
from billing.receivables.rows import (
    RECEIVABLES,
    customer_prefix,
    open_item_key,
    open_item_row,
    payment_key,
    payment_row,
    read_open_item,
    read_payment,
)
from billing.rows import invoice_key


class ReceivablesStore:
    """Receivables in the billing table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def receive(self, request: ReceivePayment, now: datetime) -> ReceivedPayment:
        """Record a payment on the invoices it pays, once per payment id.

        InvalidPayment, IdempotencyConflict for another request under the id.
        """
        return retry_on_conflict(lambda: self._receive(request, now))

    def find_payment(self, payment_id: str) -> ReceivedPayment | None:
        """Return a received payment, None if there is none."""
        row = self._row(*payment_key(payment_id))
        return read_payment(row) if row else None

    def open_items(self, prefix: str = "") -> Iterator[OpenItem]:
        """Yield the open items whose sort key begins with a prefix, by customer, currency and due date."""
        return map(read_open_item, query_rows(self._client, self._table, RECEIVABLES, prefix))

    def open_items_of(self, customer_id: str, currency: str | None = None) -> list[OpenItem]:
        """Return the open items of a customer, and of those that were merged into it, by currency and due date."""
        group = group_of(self._client, self._table, customer_id)
        prefixes = [customer_prefix(one, currency) if currency else f"{one}#" for one in group]
        items = [item for prefix in prefixes for item in self.open_items(prefix)]
        return sorted(items, key=lambda item: (item.currency, item.due_on, item.order_id))

    def survivors(self, customer_ids: Iterable[str]) -> dict[str, str]:
        """Return the customer that has what belongs to each of these customers."""
        return survivors_of(self._client, self._table, customer_ids)

    def open_item(self, invoice: Item) -> Action:
        """Return the action that writes the open item of an invoice, or deletes it when nothing is outstanding."""
        item = rules.open_item_of(invoice)
        if item.outstanding:
            return put_row(self._table, open_item_row(item))
        return Action("Delete", {"TableName": self._table, "Key": key(*open_item_key(item))})

    def _receive(self, request: ReceivePayment, now: datetime) -> ReceivedPayment:
        items = self.open_items_of(request.customer_id, request.currency)
        # Read after the open items: a payment that has paid them is there by then.
        if stored := self._row(*payment_key(request.payment_id)):
            return _same(stored, request)
        allocations = rules.allocate_payment(items, request)
        allocated = sum(one["amount"] for one in allocations)
        received: ReceivedPayment = {
            "payment_id": request.payment_id,
            "customer_id": request.customer_id,
            "currency": request.currency,
            "amount": request.amount,
            "method": request.method,
            "allocated": allocated,
            "overpayment": request.amount - allocated,
            "allocations": allocations,
        }
        outstanding = {item.order_id: item.outstanding for item in items}
        keys = [invoice_key(one["order_id"]) for one in allocations]
        invoices = read_rows(self._client, self._table, keys)
        what = f"recording payment {request.payment_id}"
        actions = [put_new(self._table, payment_row(request, received, iso_utc(now)), AlreadyApplied)]
        for one in allocations:
            invoice = invoices[invoice_key(one["order_id"])]
            actions += self._pay(invoice, outstanding[one["order_id"]], one["amount"], what)
        try:
            transact(self._client, actions, what)
        except AlreadyApplied as applied:
            return _same(applied.result, request)
        return received

    def _pay(self, invoice: Item, outstanding: int, amount: int, what: str) -> list[Action]:
        """Return the actions that pay an invoice, if it still has what was outstanding when the amount was decided."""
        changed = rules.paid_by(invoice, amount)
        update = {
            "TableName": self._table,
            "Key": key(*invoice_key(invoice["invoice_id"])),
            "UpdateExpression": "SET #status = :status, paid = :paid, outstanding = :outstanding",
            "ConditionExpression": "outstanding = :before AND paid = :paid_before",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": marshal(
                {
                    **{f":{name}": value for name, value in changed.items()},
                    ":before": outstanding,
                    ":paid_before": invoice["paid"],
                }
            ),
        }
        return [
            Action("Update", update, lambda _: StoreContention(what)),
            self.open_item({**invoice, **changed}),
        ]

    def _row(self, pk: str, sk: str) -> Item:
        return read_row(self._client, self._table, pk, sk)


def _same(stored: Item, request: ReceivePayment) -> ReceivedPayment:
    check_same(
        f"payment {request.payment_id}", json.loads(stored["request"]), request.model_dump(mode="json")
    )
    return read_payment(stored)
