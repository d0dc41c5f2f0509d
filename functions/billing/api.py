"""Invoices and credit notes over HTTP."""

import os
from functools import cache

from tillflow.api import Api, Call
from tillflow.aws import client

from billing.errors import UnknownInvoice
from billing.models import CreditNote, Invoice
from billing.operations import BillingOperations

api = Api("billing")
handle = api.handle


@cache
def _billing() -> BillingOperations:
    return BillingOperations(client("dynamodb"), os.environ["TABLE_NAME"])


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
