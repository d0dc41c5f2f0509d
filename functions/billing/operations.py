"""Operations of billing. The command line and the HTTP API call them."""

from typing import Any

from billing.models import CreditNote, Invoice
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
