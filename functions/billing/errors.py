"""Errors of billing."""

from tillflow.errors import DomainError, InvalidRequest


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


class InvalidPayment(InvalidRequest):
    """A payment of invoices that is not accepted."""

    cashier_message = "The payment is not valid. Check the named field."
    subject = "payment"


class UnknownPayment(DomainError):
    """No payment of a customer has this id, or it is not recorded yet."""

    cashier_message = "No such payment."

    def __init__(self, payment_id: str) -> None:
        super().__init__(f"payment {payment_id} is not recorded")


class CreditAboveInvoice(DomainError):
    """More would be credited than the invoice was for. Amounts are formatted with their currency."""

    cashier_message = "The operator has to check the invoice."

    def __init__(self, invoice_number: str, credited: str, total: str) -> None:
        super().__init__(f"invoice {invoice_number} of {total} would be credited {credited}")


class UnknownDocument(DomainError):
    """No invoice or credit note has this number, or the order has none."""

    cashier_message = "No such document."

    def __init__(self, number: str) -> None:
        super().__init__(f"{number} has no invoice or credit note")


class InvalidSeller(InvalidRequest):
    """A seller that is not accepted."""

    cashier_message = "The seller is not valid. Check the named field."
    subject = "seller"


class SellerNotSet(DomainError):
    """Documents cannot be printed before the shop's name and address are set."""

    status = 409
    cashier_message = "The shop's name and address are not set. Call the manager."

    def __init__(self) -> None:
        super().__init__("the seller is not set: `till invoice seller --name …` sets it")


class DocumentAltered(DomainError):
    """The stored bytes of a document do not have the hash that was stored when it was rendered."""

    cashier_message = "The document was altered. Call the operator."

    def __init__(self, number: str) -> None:
        super().__init__(f"document {number} does not have its stored hash")


class InvalidMail(InvalidRequest):
    """A mail of a document that is not accepted."""

    cashier_message = "The mail is not valid. Check the address."
    subject = "mail"


class MailNotConfigured(DomainError):
    """The shop sends no mail: it has no sender's address."""

    status = 409
    cashier_message = "This shop does not send mail."

    def __init__(self) -> None:
        super().__init__("no mail is sent: the parameter MailSender is empty")


class SenderNotVerified(DomainError):
    """Amazon SES sends nothing from the shop's address, which is not a verified identity."""

    status = 409
    cashier_message = "The shop's mail address is not verified. Call the operator."

    def __init__(self, sender: str) -> None:
        super().__init__(
            f"sender {sender} (parameter MailSender) is not a verified identity of Amazon SES in this region:"
            f" `aws sesv2 create-email-identity --email-identity {sender}` starts its verification"
        )


class MailRefused(DomainError):
    """Amazon SES has refused a mail; the message has its code, and not the address."""

    status = 409
    cashier_message = "The mail was not accepted. Check the address."

    def __init__(self, mail_id: str, code: str) -> None:
        super().__init__(f"mail {mail_id} was refused by Amazon SES: {code}")
