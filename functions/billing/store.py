"""Billing's table.

INVOICE#<order id>   INVOICE   DRAFT (written by the checkout) -> PAID with its number, or VOID; then credited
CREDIT#<order id>    CREDIT    the credit note of an order's whole invoice
SERIES#<series>      COUNTER   last: the last number given
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tillflow.errors import StoreContention
from tillflow.store import Action, Item, key, marshal, retry_on_conflict, transact, unmarshal
from tillflow.times import iso_utc

from billing import rules
from billing.errors import InvoiceNotDraft
from billing.models import CapturedTender

# A series is one row all tills write, so this one waits longer than most: 2.5 s at the very worst.
_TRIES = 8


class BillingStore:
    """Invoices in one table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def issue(self, order_id: str, tenders: Sequence[CapturedTender], now: datetime) -> dict[str, Any]:
        """Give the order's draft the next number of its series and its payments, both or neither.

        Returns {order_id, invoice_number, series, number}; a second delivery returns the first answer.
        Raises InvoiceNotDraft, TendersDoNotMatchTotal, and StoreContention when others kept winning the
        counter. A number is only ever taken together with the invoice that carries it, so none is lost.
        """
        return retry_on_conflict(lambda: self._issue(order_id, tenders, now), tries=_TRIES)

    def credit(self, order_id: str, reason: str, now: datetime) -> dict[str, Any]:
        """Credit the order's whole invoice with the next number of the credit series, both or neither.

        Returns {order_id, credit_note_number}; a second delivery returns the first answer. What was never
        issued needs no credit: a draft is void from now on, and the number is null.
        """
        return retry_on_conflict(lambda: self._credit(order_id, reason, now), tries=_TRIES)

    def _credit(self, order_id: str, reason: str, now: datetime) -> dict[str, Any]:
        invoice = self._row(f"INVOICE#{order_id}", "INVOICE")
        what = f"crediting the invoice of {order_id}"
        if invoice.get("status") == "DRAFT":
            void = self._set(
                f"INVOICE#{order_id}",
                "INVOICE",
                {"status": "VOID"},
                "#status = :draft",
                {":draft": "DRAFT"},
                what,
            )
            transact(self._client, [void], what)
        elif invoice.get("status") == "PAID" and "credit_note_number" not in invoice:
            return self._give_credit(invoice, reason, now, what)
        return {"order_id": order_id, "credit_note_number": invoice.get("credit_note_number")}

    def _give_credit(self, invoice: Item, reason: str, now: datetime, what: str) -> dict[str, Any]:
        order_id, series = invoice["invoice_id"], rules.CREDIT_SERIES
        last = self._row(f"SERIES#{series}", "COUNTER").get("last", 0)
        note = rules.credit_note_of(invoice, last + 1, reason)
        row = {"pk": f"CREDIT#{order_id}", "sk": "CREDIT", **note, "issued_at": iso_utc(now)}
        credited = {"credited": invoice["total"], "credit_note_number": note["credit_note_number"]}
        actions = [
            self._set(
                f"INVOICE#{order_id}",
                "INVOICE",
                credited,
                "attribute_not_exists(#credit_note_number)",
                {},
                what,
            ),
            Action("Put", {"TableName": self._table, "Item": marshal(row)}),
            self._advance(series, last, what),
        ]
        transact(self._client, actions, what)
        return {"order_id": order_id, "credit_note_number": note["credit_note_number"]}

    def _issue(self, order_id: str, tenders: Sequence[CapturedTender], now: datetime) -> dict[str, Any]:
        invoice = self._row(f"INVOICE#{order_id}", "INVOICE")
        if invoice.get("status") == "PAID":
            return _answer(order_id, invoice)
        if invoice.get("status") != "DRAFT":
            raise InvoiceNotDraft(order_id, invoice.get("status", "missing"))
        payments = rules.payments_of(invoice, tenders)
        series = invoice["series"]
        last = self._row(f"SERIES#{series}", "COUNTER").get("last", 0)
        issued = {
            "status": "PAID",
            "number": last + 1,
            "invoice_number": rules.invoice_number(series, last + 1),
            "issued_at": iso_utc(now),
            "paid": invoice["total"],
            "payments": payments,
        }
        what = f"issuing the invoice of {order_id}"
        is_draft = ("#status = :draft", {":draft": "DRAFT"})
        actions = [
            self._set(f"INVOICE#{order_id}", "INVOICE", issued, *is_draft, what),
            self._advance(series, last, what),
        ]
        transact(self._client, actions, what)
        return _answer(order_id, {**invoice, **issued})

    def _advance(self, series: str, last: int, what: str) -> Action:
        condition = "#last = :before" if last else "attribute_not_exists(pk)"
        before = {":before": last} if last else {}
        return self._set(f"SERIES#{series}", "COUNTER", {"last": last + 1}, condition, before, what)

    def _set(
        self, pk: str, sk: str, values: Item, condition: str, condition_values: Item, what: str
    ) -> Action:
        """An update whose refusal means someone was faster: read again, and the row says what holds."""
        request = {
            "TableName": self._table,
            "Key": key(pk, sk),
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in values},
            "ExpressionAttributeValues": marshal(
                {**{f":{name}": value for name, value in values.items()}, **condition_values}
            ),
        }
        return Action("Update", request, lambda _: StoreContention(what))

    def _row(self, pk: str, sk: str) -> Item:
        answer = self._client.get_item(TableName=self._table, Key=key(pk, sk), ConsistentRead=True)
        return unmarshal(answer.get("Item"))


def _answer(order_id: str, invoice: Item) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "invoice_number": invoice["invoice_number"],
        "series": invoice["series"],
        "number": invoice["number"],
    }
