"""Errors of billing."""

from tillflow.errors import DomainError


class InvoiceNotDraft(DomainError):
    """The invoice is missing or in a status that cannot be issued."""

    cashier_message = "Paid. The operator has to check the invoice."

    def __init__(self, invoice_id: str, status: str) -> None:
        super().__init__(f"invoice {invoice_id} is {status}; only a DRAFT can be issued")


class UnknownInvoice(DomainError):
    """The order has no invoice, or no credit note."""

    cashier_message = "No such invoice."

    def __init__(self, order_id: str) -> None:
        super().__init__(f"order {order_id} has no such document")
