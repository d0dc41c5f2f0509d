"""Operations of billing. The command line and the HTTP API call them."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any

from tillflow.customers import CheckCustomer, CustomerAnonymised, check_known
from tillflow.executions import Started, start_once
from tillflow.listing import ALL_TIMES, Page, Period
from tillflow.parsing import parse

from billing.errors import InvalidPayment, UnknownPayment
from billing.models import CreditNote, CreditNoteSummary, Invoice, InvoiceSummary
from billing.receivables import rules
from billing.receivables.models import Ageing, OpenItem, ReceivedPayment, ReceivePayment
from billing.receivables.store import ReceivablesStore
from billing.rows import CREDIT_NOTES, INVOICES
from billing.store import BillingStore


class BillingOperations:
    """Invoices and credit notes of orders. dynamodb: a client; table: the billing table."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._store = BillingStore(dynamodb, table)

    def invoice(self, order_id: str) -> Invoice | None:
        """Return the invoice of an order, None if it was never drafted."""
        return self._store.find_invoice(order_id)

    def credit_note(self, order_id: str) -> CreditNote | None:
        """Return the credit note of an order, None if it has none."""
        return self._store.find_credit_note(order_id)

    def list_invoices(
        self,
        limit: int = 50,
        after: str = "",
        *,
        location: str | None = None,
        period: Period = ALL_TIMES,
    ) -> Page[InvoiceSummary]:
        """Return a page of the issued invoices, the newest first. InvalidRequest."""
        between = period.bounds()
        page = self._store.list_documents(INVOICES, limit, after, location=location, between=between)
        return page.convert(lambda rows: map(InvoiceSummary.model_validate, rows))

    def list_credit_notes(
        self,
        limit: int = 50,
        after: str = "",
        *,
        period: Period = ALL_TIMES,
    ) -> Page[CreditNoteSummary]:
        """Return a page of the credit notes, the newest first. InvalidRequest."""
        page = self._store.list_documents(CREDIT_NOTES, limit, after, between=period.bounds())
        return page.convert(lambda rows: map(CreditNoteSummary.model_validate, rows))


class ReceivableOperations:
    """What customers owe. dynamodb: a client; table: the billing table; check: of a customer."""

    def __init__(self, dynamodb: Any, table: str, check: CheckCustomer) -> None:
        self._store = ReceivablesStore(dynamodb, table)
        self._check = check

    def open_items(self, customer_id: str) -> list[OpenItem]:
        """Return the open invoices of a customer by currency and due date. UnknownCustomer."""
        items = self._store.open_items_of(customer_id)
        if not items:
            check_known(self._check, customer_id)
        return items

    def ageing(self, today: date) -> list[Ageing]:
        """Return what each customer owes by days overdue."""
        items = list(self._store.open_items())
        survivors = self._store.survivors(item.customer_id for item in items)
        return rules.ageing((replace(item, customer_id=survivors[item.customer_id]) for item in items), today)

    def find_payment(self, payment_id: str) -> ReceivedPayment:
        """Return a payment that was recorded; UnknownPayment."""
        payment = self._store.find_payment(payment_id)
        if payment is None:
            raise UnknownPayment(payment_id)
        return payment


class CustomerPaymentOperations:
    """Payments of customers. states: a client; workflow: the ARN of the state machine; check: of a customer."""

    def __init__(self, states: Any, workflow: str, check: CheckCustomer) -> None:
        self._states = states
        self._workflow = workflow
        self._check = check

    def pay(self, request: Mapping[str, Any]) -> Started:
        """Start recording a payment; the same payment again starts nothing.

        InvalidPayment, UnknownCustomer, IdempotencyConflict.
        """
        payment = parse(ReceivePayment, request, InvalidPayment)
        # Who owes may pay, also if the customer's data was removed.
        with suppress(CustomerAnonymised):
            self._check(payment.customer_id)
        sent = payment.model_dump(mode="json")
        return start_once(
            self._states, self._workflow, payment.payment_id, sent, f"payment {payment.payment_id}"
        )
