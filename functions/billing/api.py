"""Invoices and credit notes over HTTP."""

import os
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from tillflow import customers, references
from tillflow.api import Api, Call, PeriodQuery, Reply, accepted
from tillflow.aws import client
from tillflow.customers import CheckCustomer
from tillflow.fields import BusinessId, Identifier, PositiveAmount
from tillflow.money import Currency
from tillflow.times import utc_now

from billing.documents.buyers import invoked
from billing.documents.mails import Mails
from billing.documents.models import MEDIA_TYPES, DocumentLink, Form, MailDocument, MailedDocument, Seller
from billing.documents.operations import DocumentOperations
from billing.errors import UnknownInvoice
from billing.models import CreditNote, CreditNoteSummary, Invoice, InvoiceSummary
from billing.operations import BillingOperations, CustomerPaymentOperations, ReceivableOperations
from billing.receivables.models import MAX_INVOICES, Ageing, OpenItem, ReceivedPayment

api = Api("billing")
handle = api.handle


class PaymentBody(BaseModel):
    """A customer's payment: payment_id is its idempotency key, amount in minor units; orders: whose invoices it pays.

    Without orders it pays the oldest invoices; what is left becomes store credit.
    """

    model_config = ConfigDict(frozen=True)

    payment_id: BusinessId
    currency: Currency
    amount: PositiveAmount
    method: Literal["cash", "bank_transfer"]
    orders: Annotated[tuple[BusinessId, ...], Field(max_length=MAX_INVOICES)] = ()


class StartedPayment(BaseModel):
    """A payment that is being recorded."""

    payment_id: str
    execution_arn: str


class InvoiceQuery(PeriodQuery):
    """location: only invoices of this location."""

    location: Identifier | None = None


class InvoicePage(BaseModel):
    """A page of issued invoices, the newest first; next_cursor is null on the last page."""

    invoices: list[InvoiceSummary]
    next_cursor: str | None


class CreditNotePage(BaseModel):
    """A page of credit notes, the newest first; next_cursor is null on the last page."""

    credit_notes: list[CreditNoteSummary]
    next_cursor: str | None


class DocumentQuery(BaseModel):
    """number: of an invoice or credit note; form: an A4 page, a receipt of 80 mm, or the receipt as text."""

    model_config = ConfigDict(frozen=True)

    number: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\P{Cc}+$")]
    form: Form = "pdf"


class MailBody(MailDocument):
    """A document to mail as PDF: mail_id is its idempotency key; to: an address, by default the customer's."""

    to: Any = None


@cache
def _mails() -> Mails:
    sender = os.environ["MAIL_SENDER"]
    # Without a sender nothing is sent, and no client is needed.
    ses = client("sesv2") if sender else None
    return Mails(client("dynamodb"), ses, os.environ["TABLE_NAME"], sender)


@cache
def _documents() -> DocumentOperations:
    return DocumentOperations(
        client("dynamodb"),
        client("s3"),
        os.environ["TABLE_NAME"],
        os.environ["DOCUMENTS_BUCKET"],
        invoked(client("lambda"), os.environ["CHECK_CUSTOMER_FUNCTION"]),
    )


@cache
def _billing() -> BillingOperations:
    return BillingOperations(client("dynamodb"), os.environ["TABLE_NAME"])


@cache
def _check_customer() -> CheckCustomer:
    return customers.invoked(client("lambda"), os.environ["CHECK_CUSTOMER_FUNCTION"])


@cache
def _receivables() -> ReceivableOperations:
    return ReceivableOperations(client("dynamodb"), os.environ["TABLE_NAME"], _check_customer())


@cache
def _payments() -> CustomerPaymentOperations:
    return CustomerPaymentOperations(client("stepfunctions"), os.environ["PAYMENT_ARN"], _check_customer())


@api.route("GET /invoices", "read", query=InvoiceQuery, response=InvoicePage)
def list_invoices(call: Call) -> InvoicePage:
    """List issued invoices, the newest first, a page at a time; days and times are those of issue."""
    query: InvoiceQuery = call.query
    page = _billing().list_invoices(
        query.limit,
        call.after,
        location=query.location,
        period=query.period,
    )
    find = references.invoked(client("lambda"), os.environ["FIND_UNKNOWN_LOCATIONS_FUNCTION"])
    references.check_filters(page.rows, [("location", "location", query.location)], {"location": find})
    return InvoicePage(invoices=page.rows, next_cursor=call.cursor(page.after))


@api.route("GET /credit-notes", "read", query=PeriodQuery, response=CreditNotePage)
def list_credit_notes(call: Call) -> CreditNotePage:
    """List credit notes, the newest first, a page at a time; days and times are those of issue."""
    query: PeriodQuery = call.query
    page = _billing().list_credit_notes(query.limit, call.after, period=query.period)
    return CreditNotePage(credit_notes=page.rows, next_cursor=call.cursor(page.after))


@api.route("GET /orders/{order_id}/invoice", "read", response=Invoice)
def get_invoice(call: Call) -> Invoice:
    """Return the invoice of an order."""
    invoice = _billing().invoice(call.path["order_id"])
    if invoice is None:
        raise UnknownInvoice(call.path["order_id"])
    return invoice


@api.route("GET /orders/{order_id}/credit-note", "read", response=CreditNote)
def get_credit_note(call: Call) -> CreditNote:
    """Return the credit note of a cancelled order."""
    note = _billing().credit_note(call.path["order_id"])
    if note is None:
        raise UnknownInvoice(call.path["order_id"])
    return note


@api.route("GET /documents", "read", query=DocumentQuery, response=DocumentLink)
def get_document(call: Call) -> DocumentLink:
    """Return where the printed form of an invoice or credit note is downloaded; it is rendered once."""
    return _documents().link(call.query.number, call.query.form)


@api.route("POST /documents/mails", "sell", body=MailBody, response=MailedDocument, statuses=(201,))
def mail_document(call: Call) -> Reply:
    """Mail an invoice or credit note as PDF to its customer or to an address, once per mail id."""
    return Reply(_documents().mail(call.body.model_dump(), _mails()), 201)


@api.route("GET /orders/{order_id}/receipt", "read", response=str)
def get_receipt(call: Call) -> Reply:
    """Return the receipt of a paid order as text for a roll of 80 mm."""
    return Reply(_documents().receipt(call.path["order_id"]), headers={"content-type": MEDIA_TYPES["text"]})


@api.route("GET /settings/seller", "read", response=Seller)
def get_seller(call: Call) -> Reply:
    """Return the shop as it is printed on documents."""
    seller, version = _documents().seller()
    return Reply(seller, version=version)


@api.route("PUT /settings/seller", "manage", body=Seller, response=Seller, versioned=True)
def put_seller(call: Call) -> Reply:
    """Set the shop as it is printed on documents from now on, at the version in If-Match, or at any."""
    seller, version = _documents().put_seller(call.body.model_dump(), call.version)
    return Reply(seller, version=version)


@api.route("GET /receivables", "read", response=list[Ageing])
def get_ageing(call: Call) -> list[Ageing]:
    """Return what each customer owes by days overdue."""
    return _receivables().ageing(utc_now().date())


@api.route("GET /customers/{customer_id}/receivables", "read", response=list[OpenItem])
def list_open_items(call: Call) -> list[OpenItem]:
    """List the open invoices of a customer by currency and due date."""
    return _receivables().open_items(call.path["customer_id"])


@api.route(
    "POST /customers/{customer_id}/payments",
    "manage",
    body=PaymentBody,
    response=StartedPayment,
    statuses=(202,),
)
def receive_payment(call: Call) -> Reply:
    """Record a customer's payment of invoices, once per payment id."""
    payment_id = call.body.payment_id
    started = _payments().pay({**call.body.model_dump(mode="json"), "customer_id": call.path["customer_id"]})
    payment = StartedPayment(payment_id=payment_id, execution_arn=started.arn)
    return accepted(payment, f"/api/customer-payments/{payment_id}", replayed=started.duplicate)


@api.route("GET /customer-payments/{payment_id}", "read", response=ReceivedPayment)
def get_payment(call: Call) -> ReceivedPayment:
    """Return a customer's payment and the invoices it has paid."""
    return _receivables().find_payment(call.path["payment_id"])
