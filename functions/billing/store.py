"""Invoices and credit notes in DynamoDB; see rows.py for the table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tillflow.errors import StoreContention
from tillflow.listing import Page
from tillflow.store import (
    Action,
    Item,
    key,
    marshal,
    put_new,
    put_row,
    read_row,
    retry_on_conflict,
    transact,
    unmarshal,
    write,
)
from tillflow.times import iso_utc

from billing import rules
from billing.errors import InvoiceNotDraft
from billing.models import (
    CapturedTender,
    CreditedInvoice,
    CreditedReturn,
    CreditedWithoutReceipt,
    CreditNote,
    Invoice,
    InvoiceDocument,
    IssuedInvoice,
    SeriesScope,
)
from billing.receivables import rules as on_account
from billing.receivables.store import ReceivablesStore
from billing.rows import (
    CREDIT_NOTES,
    INVOICES,
    counter_key,
    credit_note_key,
    invoice_key,
    issued_documents,
    read_credit_note,
    read_invoice,
)

# All registers of a series write the row of its counter, so that it is retried longer than most: up to 2.5 s in all.
_TRIES = 8


class BillingStore:
    """Invoices in one table. client: a DynamoDB client; table: its name; scope: what shares a number series."""

    def __init__(self, client: Any, table: str, scope: SeriesScope = SeriesScope.LOCATION) -> None:
        self._client = client
        self._table = table
        self._scope = scope
        self._receivables = ReceivablesStore(client, table)

    def find_invoice(self, order_id: str) -> Invoice | None:
        """Return the invoice of an order, None if it was never drafted."""
        row = self._row(*invoice_key(order_id))
        return read_invoice(row) if row else None

    def find_credit_note(self, order_id: str) -> CreditNote | None:
        """Return the credit note of an order, None if it has none."""
        row = self._row(*credit_note_key(order_id))
        return read_credit_note(row) if row else None

    def list_documents(
        self,
        name: str,
        limit: int,
        after: str,
        *,
        location: str | None = None,
        between: tuple[str, str] | None = None,
    ) -> Page[Item]:
        """Return a page of the list of invoices or credit notes, the newest first. between: bounds of issued_at."""
        index = issued_documents(self._client, self._table)
        return index.page(
            name, limit, after, newest_first=True, between=between, where={"location": location}
        )

    def issue(
        self,
        order_id: str,
        tenders: Sequence[CapturedTender],
        now: datetime,
        customer_id: str | None = None,
        document: InvoiceDocument | None = None,
    ) -> IssuedInvoice:
        """Give the order's draft its lines, the next number of its series and its payments, in one transaction.

        A number is only taken together with the invoice that has it, so that none is lost; a second delivery returns
        the first number. Raises InvoiceNotDraft, TendersDoNotMatchTotal, InvalidRequest for lines with another total,
        IdempotencyConflict for an invoice of other lines, tenders or another customer, and StoreContention if others
        kept changing the counter.
        """
        return retry_on_conflict(
            lambda: self._issue(order_id, tenders, customer_id, document, now), tries=_TRIES
        )

    def credit(self, order_id: str, reason: str, now: datetime) -> CreditedInvoice:
        """Credit the order's whole invoice under the next number of the credit series, in one transaction.

        A second delivery returns the first number. An invoice that was not issued needs no credit note: a draft is
        voided, and the number is None.
        """
        return retry_on_conflict(lambda: self._credit(order_id, reason, now), tries=_TRIES)

    def credit_return(
        self, order_id: str, reason: str, credited: CreditedReturn, now: datetime
    ) -> CreditedInvoice:
        """Credit a return's part of the order's invoice under the next number of the credit series.

        A second delivery returns the first number. The number is None if the invoice has none itself. Raises
        CreditAboveInvoice, IdempotencyConflict for a return that was credited with other lines.
        """
        return retry_on_conflict(lambda: self._credit_return(order_id, reason, credited, now), tries=_TRIES)

    def credit_without_receipt(
        self, reason: str, credited: CreditedWithoutReceipt, now: datetime
    ) -> CreditedInvoice:
        """Give a return without a receipt a credit note under the next number of the credit series.

        A second delivery returns the first number; IdempotencyConflict for a return with other lines.
        """
        return retry_on_conflict(lambda: self._credit_without_receipt(reason, credited, now), tries=_TRIES)

    def credit_notes(self, order_id: str) -> list[CreditNote]:
        """Return the credit notes of an order's invoice, in the order of their numbers."""
        page = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=marshal({":pk": credit_note_key(order_id)[0]}),
            ConsistentRead=True,
        )
        notes = [read_credit_note(unmarshal(row)) for row in page["Items"]]
        return sorted(notes, key=lambda note: note.number)

    def _credit_return(
        self, order_id: str, reason: str, credited: CreditedReturn, now: datetime
    ) -> CreditedInvoice:
        invoice = self._row(*invoice_key(order_id))
        place = credit_note_key(order_id, credited.return_id)
        # Read after the invoice: a credit that it includes has its note by then.
        if note := self._row(*place):
            rules.check_same_return(note, credited, reason)
            return {"order_id": order_id, "credit_note_number": note["credit_note_number"]}
        if "invoice_number" not in invoice:
            return {"order_id": order_id, "credit_note_number": None}
        rules.check_credited_at_most(invoice, credited)
        series, before = self._series("CN", invoice), invoice.get("credited")
        last = self._last(series)
        note = rules.return_note_of(invoice, series, last + 1, reason, credited)
        what = f"crediting return {credited.return_id}"
        unchanged = "attribute_not_exists(#credited)" if before is None else "#credited = :before"
        values = {} if before is None else {":before": before}
        changed: Item = {"credited": (before or 0) + credited.totals.total}
        if "on_account" in invoice:
            changed |= on_account.owed_less(invoice, credited.receivable)
            unchanged += " AND #outstanding = :outstanding_before"
            values[":outstanding_before"] = invoice["outstanding"]
        actions = [
            self._put_note(place, note, now, what),
            self._set(invoice_key(order_id), changed, unchanged, values, what),
            *self._open_item({**invoice, **changed}),
            self._advance(series, last, what),
        ]
        transact(self._client, actions, what)
        return {"order_id": order_id, "credit_note_number": note["credit_note_number"]}

    def _credit_without_receipt(
        self, reason: str, credited: CreditedWithoutReceipt, now: datetime
    ) -> CreditedInvoice:
        place = credit_note_key(credited.return_id, credited.return_id)
        if note := self._row(*place):
            rules.check_same_return(note, credited, reason)
            return {"order_id": None, "credit_note_number": note["credit_note_number"]}
        series = rules.series_of("CN", self._scope, credited.location, credited.till)
        last = self._last(series)
        note = rules.note_without_receipt(credited, series, last + 1, reason)
        what = f"crediting return {credited.return_id}"
        actions = [self._put_note(place, note, now, what), self._advance(series, last, what)]
        transact(self._client, actions, what)
        return {"order_id": None, "credit_note_number": note["credit_note_number"]}

    def _put_note(self, place: tuple[str, str], note: Item, now: datetime, what: str) -> Action:
        pk, sk = place
        row = {"pk": pk, "sk": sk, **note, "document_number": note["credit_note_number"]}
        return put_new(self._table, {**row, "issued_at": iso_utc(now)}, lambda _: StoreContention(what))

    def _credit(self, order_id: str, reason: str, now: datetime) -> CreditedInvoice:
        invoice = self._row(*invoice_key(order_id))
        what = f"crediting the invoice of {order_id}"
        if invoice.get("status") == "DRAFT":
            void = self._set(
                invoice_key(order_id),
                {"status": "VOID"},
                "#status = :draft",
                {":draft": "DRAFT"},
                what,
            )
            write(self._client, void, what)
        elif "number" in invoice and "credit_note_number" not in invoice:
            return self._give_credit(invoice, reason, now, what)
        return {"order_id": order_id, "credit_note_number": invoice.get("credit_note_number")}

    def _give_credit(self, invoice: Item, reason: str, now: datetime, what: str) -> CreditedInvoice:
        order_id = invoice["invoice_id"]
        series = self._series("CN", invoice)
        last = self._last(series)
        note = rules.credit_note_of(invoice, series, last + 1, reason)
        pk, sk = credit_note_key(order_id)
        listed = {"list": CREDIT_NOTES, "document_number": note["credit_note_number"]}
        credited = {"credited": invoice["total"], "credit_note_number": note["credit_note_number"]}
        condition, before = "attribute_not_exists(#credit_note_number)", {}
        if "on_account" in invoice:
            credited["outstanding"] = invoice["outstanding"] - invoice["on_account"]
            condition += " AND #outstanding = :before"
            before = {":before": invoice["outstanding"]}
        actions = [
            self._set(invoice_key(order_id), credited, condition, before, what),
            *self._open_item({**invoice, **credited}),
            put_row(self._table, {"pk": pk, "sk": sk, **note, **listed, "issued_at": iso_utc(now)}),
            self._advance(series, last, what),
        ]
        transact(self._client, actions, what)
        return {"order_id": order_id, "credit_note_number": note["credit_note_number"]}

    def _issue(
        self,
        order_id: str,
        tenders: Sequence[CapturedTender],
        customer_id: str | None,
        document: InvoiceDocument | None,
        now: datetime,
    ) -> IssuedInvoice:
        invoice = self._row(*invoice_key(order_id))
        if "number" in invoice:
            rules.check_same_invoice(invoice, tenders, customer_id, document)
            return _issued(order_id, invoice)
        if invoice.get("status") != "DRAFT":
            raise InvoiceNotDraft(order_id, invoice.get("status", "missing"))
        payments = rules.payments_of(invoice, tenders)
        series = self._series("INV", invoice)
        last = self._last(series)
        issued = {
            **on_account.issued_on_account(customer_id, tenders, invoice["total"], now),
            "document": rules.document_of(invoice, document),
            "list": INVOICES,
            "series": series,
            "number": last + 1,
            "invoice_number": rules.invoice_number(series, last + 1),
            "document_number": rules.invoice_number(series, last + 1),
            "issued_at": iso_utc(now),
            "payments": payments,
        }
        what = f"issuing the invoice of {order_id}"
        is_draft = ("#status = :draft", {":draft": "DRAFT"})
        actions = [
            self._set(invoice_key(order_id), issued, *is_draft, what),
            *self._open_item({**invoice, **issued}),
            self._advance(series, last, what),
        ]
        transact(self._client, actions, what)
        return _issued(order_id, {**invoice, **issued})

    def _open_item(self, invoice: Item) -> list[Action]:
        return [self._receivables.open_item(invoice)] if "on_account" in invoice else []

    def _series(self, kind: rules.DocumentKind, invoice: Item) -> str:
        return rules.series_of(kind, self._scope, invoice.get("location"), invoice.get("register_id"))

    def _last(self, series: str) -> int:
        last: int = self._row(*counter_key(series)).get("last", 0)
        return last

    def _advance(self, series: str, last: int, what: str) -> Action:
        condition = "#last = :before" if last else "attribute_not_exists(pk)"
        before = {":before": last} if last else {}
        return self._set(counter_key(series), {"last": last + 1}, condition, before, what)

    def _set(
        self, place: tuple[str, str], values: Item, condition: str, condition_values: Item, what: str
    ) -> Action:
        """Return an update that is retried from the read when another writer changed the row first."""
        request = {
            "TableName": self._table,
            "Key": key(*place),
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in values},
            "ExpressionAttributeValues": marshal(
                {**{f":{name}": value for name, value in values.items()}, **condition_values}
            ),
        }
        return Action("Update", request, lambda _: StoreContention(what))

    def _row(self, pk: str, sk: str) -> Item:
        return read_row(self._client, self._table, pk, sk)


def _issued(order_id: str, invoice: Item) -> IssuedInvoice:
    return {
        "order_id": order_id,
        "invoice_number": invoice["invoice_number"],
        "series": invoice["series"],
        "number": invoice["number"],
    }
