"""Invoices, their documents, payments and journal entries, by the API functions of billing, payments and the ledger."""

from collections.abc import Mapping
from typing import Any

from billing.documents.models import DocumentLink, Form, MailedDocument, Seller
from billing.errors import SellerNotSet, UnknownInvoice
from billing.models import CreditNote, Invoice
from billing.receivables.models import Ageing, OpenItem, ReceivedPayment
from ledger.models import Entry
from payments.models import Tender
from tillflow.executions import Started

from till.services.client import Service
from till.services.download import download
from till.stack import Stack

_FUNCTION = "BillingApiFunction"


class Billing:
    """The invoice, the tenders and the journal entries of an order."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, _FUNCTION)
        self._payments = Service(stack, "PaymentsApiFunction")
        self._ledger = Service(stack, "LedgerApiFunction")

    def invoice(self, order_id: str) -> Invoice | None:
        """Return the invoice of an order, None if it was never drafted."""
        try:
            return self._service.call("GET /orders/{order_id}/invoice", "read", path=_path(order_id)).read(
                Invoice
            )
        except UnknownInvoice:
            return None

    def credit_note(self, order_id: str) -> CreditNote | None:
        """Return the credit note of an order, None if it has none."""
        route = "GET /orders/{order_id}/credit-note"
        try:
            return self._service.call(route, "read", path=_path(order_id)).read(CreditNote)
        except UnknownInvoice:
            return None

    def tenders(self, order_id: str) -> list[Tender]:
        """Return the tenders of an order by number."""
        route = "GET /orders/{order_id}/tenders"
        return self._payments.call(route, "read", path=_path(order_id)).read(list[Tender])

    def entries(self, order_id: str) -> list[Entry]:
        """Return the journal entries of an order: its sale and the reversal."""
        route = "GET /orders/{order_id}/entries"
        return self._ledger.call(route, "read", path=_path(order_id)).read(list[Entry])


class Documents:
    """Printed invoices and credit notes, and the shop as they show it."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, _FUNCTION)

    def read(self, number: str, form: Form) -> bytes:
        """Return a document as a file. UnknownDocument, SellerNotSet."""
        response = self._service.call("GET /documents", "read", query={"number": number, "form": form})
        return download(response.read(DocumentLink).url)

    def mail(self, request: Mapping[str, Any]) -> MailedDocument:
        """Mail a document, once per mail id.

        MailNotConfigured, InvalidMail, UnknownDocument, SellerNotSet, IdempotencyConflict,
        SenderNotVerified, MailRefused.
        """
        return self._service.call("POST /documents/mails", "sell", body=dict(request)).read(MailedDocument)

    def receipt(self, order_id: str) -> str:
        """Return the receipt of a paid order as text. UnknownDocument, SellerNotSet."""
        return str(self._service.call("GET /orders/{order_id}/receipt", "read", path=_path(order_id)).body)

    def seller(self) -> Seller:
        """Return the shop as it is printed on documents. SellerNotSet."""
        return self._service.call("GET /settings/seller", "read").read(Seller)

    def update_seller(self, changes: Mapping[str, Any]) -> Seller:
        """Change fields of the seller; those left out stay. InvalidRequest."""
        try:
            stored = self._service.call("GET /settings/seller", "read")
            fields, version = stored.read(Seller).model_dump(mode="json"), stored.version
        except SellerNotSet:
            fields, version = {}, 0
        response = self._service.call(
            "PUT /settings/seller", "manage", body={**fields, **changes}, version=version
        )
        return response.read(Seller)


class Receivables:
    """What customers owe, and their payments."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, _FUNCTION)

    def open_items(self, customer_id: str) -> list[OpenItem]:
        """Return the open invoices of a customer by currency and due date."""
        route, path = "GET /customers/{customer_id}/receivables", {"customer_id": customer_id}
        return self._service.call(route, "read", path=path).read(list[OpenItem])

    def ageing(self) -> list[Ageing]:
        """Return what each customer owes by days overdue."""
        return self._service.call("GET /receivables", "read").read(list[Ageing])

    def pay(self, request: Mapping[str, Any]) -> Started:
        """Start recording a payment; the same payment again starts nothing. InvalidRequest, IdempotencyConflict."""
        body = dict(request)
        path = {"customer_id": str(body.pop("customer_id"))}
        return self._service.call(
            "POST /customers/{customer_id}/payments", "manage", path=path, body=body
        ).started

    def find_payment(self, payment_id: str) -> ReceivedPayment:
        """Return a payment and the invoices it has paid. UnknownPayment."""
        route, path = "GET /customer-payments/{payment_id}", {"payment_id": payment_id}
        return self._service.call(route, "read", path=path).read(ReceivedPayment)


def _path(order_id: str) -> dict[str, str]:
    return {"order_id": order_id}
