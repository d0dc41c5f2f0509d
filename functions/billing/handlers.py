"""IssueInvoice: the draft of a captured order becomes a paid invoice. CreditInvoice: a credit note takes it back."""

import os
from datetime import UTC, datetime
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse

from billing.models import CreditInvoice, IssueInvoice
from billing.store import BillingStore

store = BillingStore(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def issue_invoice(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{order_id, tenders} -> {order_id, invoice_number, series, number}."""
    request = parse(IssueInvoice, event)
    return store.issue(request.order_id, request.tenders, datetime.now(UTC))


@handler
def credit_invoice(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{order_id, reason} -> {order_id, credit_note_number}; the number is null when nothing was issued."""
    request = parse(CreditInvoice, event)
    return store.credit(request.order_id, request.reason, datetime.now(UTC))
