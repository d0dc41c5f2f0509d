"""IssueInvoice turns the draft of a captured order into a paid invoice; CreditInvoice credits it."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse
from tillflow.times import utc_now

from billing.errors import InvalidPayment
from billing.models import (
    CreditedInvoice,
    CreditInvoice,
    CreditWithoutReceipt,
    IssuedInvoice,
    IssueInvoice,
    SeriesScope,
)
from billing.receivables.models import ReceivedPayment, ReceivePayment
from billing.receivables.store import ReceivablesStore
from billing.store import BillingStore

store = BillingStore(client("dynamodb"), os.environ["TABLE_NAME"], SeriesScope(os.environ["DOCUMENT_SERIES"]))

receivables = ReceivablesStore(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def issue_invoice(event: dict[str, Any], context: object) -> IssuedInvoice:
    """Give the draft of an order its lines, the next number of its series, and its payments."""
    request = parse(IssueInvoice, event)
    return store.issue(request.order_id, request.tenders, utc_now(), request.customer_id, request.document)


@handler
def credit_invoice(event: dict[str, Any], context: object) -> CreditedInvoice:
    """Credit the invoice of an order: a return's part of it, or all of it. Void a draft that is cancelled.

    A return without a receipt (order_id null) gets a credit note of its own.
    """
    if event.get("order_id", "") is None:
        unreceipted = parse(CreditWithoutReceipt, event)
        return store.credit_without_receipt(unreceipted.reason, unreceipted.credited, utc_now())
    request = parse(CreditInvoice, event)
    if request.credited:
        return store.credit_return(request.order_id, request.reason, request.credited, utc_now())
    return store.credit(request.order_id, request.reason, utc_now())


@handler
def receive_payment(event: dict[str, Any], context: object) -> ReceivedPayment:
    """Record a customer's payment on the invoices it pays; the first step of a customer payment."""
    return receivables.receive(parse(ReceivePayment, event, InvalidPayment), utc_now())
