"""IssueInvoice turns the draft of a captured order into a paid invoice; CreditInvoice credits it."""

import os
from datetime import UTC, datetime
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse

from billing.models import CreditedInvoice, CreditInvoice, IssuedInvoice, IssueInvoice, SeriesScope
from billing.store import BillingStore

store = BillingStore(client("dynamodb"), os.environ["TABLE_NAME"], SeriesScope(os.environ["DOCUMENT_SERIES"]))


@handler
def issue_invoice(event: dict[str, Any], context: object) -> IssuedInvoice:
    """Give the draft of an order the next number of its series, and its payments."""
    request = parse(IssueInvoice, event)
    return store.issue(request.order_id, request.tenders, datetime.now(UTC))


@handler
def credit_invoice(event: dict[str, Any], context: object) -> CreditedInvoice:
    """Credit the whole invoice of an order; void a draft."""
    request = parse(CreditInvoice, event)
    return store.credit(request.order_id, request.reason, datetime.now(UTC))
