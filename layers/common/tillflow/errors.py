"""Domain errors by name, and the one table that says what becomes of each.

Step Functions matches `Retry` and `Catch` on the class name, so a name here is a name in the workflows.
`str(error)` is one sentence for the operator; `HANDLING[name].cashier` is what the till shows.
"""

from dataclasses import dataclass


class DomainError(Exception):
    """A refusal the shop understands, as opposed to a crash."""


class InvalidRequest(DomainError):
    """A field is not what it must be.

    field: path in the request, e.g. ``lines[2].quantity``; value: what was sent; expected: what would do.
    """

    subject = "request"

    def __init__(self, field: str, value: object, expected: str, more: int = 0) -> None:
        rest = f" ({more} more fields are wrong)" if more > 1 else " (1 more field is wrong)" if more else ""
        super().__init__(f"{self.subject}: {field} is {_shown(value)}; expected {expected}{rest}")
        self.field, self.value, self.expected = field, value, expected


class InvalidOrder(InvalidRequest):
    """An order that cannot be priced as it was sent."""

    subject = "order"


class InvalidProduct(InvalidRequest):
    """A product the catalog does not accept."""

    subject = "product"


class InvalidCustomer(InvalidRequest):
    """A customer record that is not accepted."""

    subject = "customer"


class UnknownProduct(DomainError):
    """SKUs (or a barcode) the catalog does not have."""

    def __init__(self, *skus: str) -> None:
        named = ", ".join(skus[:5]) + (f" and {len(skus) - 5} more" if len(skus) > 5 else "")
        super().__init__(f"sku {named} is not in the catalog; expected the SKU of a product")
        self.skus = skus


class UnknownCustomer(DomainError):
    """A customer id nobody has."""

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"customer_id {customer_id} is not known; expected the id of a customer")


class RecordChanged(DomainError):
    """Someone else wrote the record since it was read: read it again, then change it."""

    def __init__(self, record: str, expected: str) -> None:
        super().__init__(f"{record} was changed meanwhile; expected {expected}")


class TendersDoNotMatchTotal(DomainError):
    """The tenders do not add up to the total. Amounts are formatted with their currency."""

    def __init__(self, tendered: str, total: str) -> None:
        super().__init__(f"tenders add up to {tendered}; expected the total, {total}")


class InsufficientStock(DomainError):
    """Fewer units available than wanted; quantities are whole units."""

    def __init__(self, sku: str, location: str, wanted: int, available: int) -> None:
        super().__init__(
            f"sku {sku} at {location}: {wanted} wanted; expected at most {available}, the available"
        )
        self.sku, self.location, self.wanted, self.available = sku, location, wanted, available


class PaymentDeclined(DomainError):
    """The provider refused to authorise; reason is the provider's code, e.g. ``insufficient_funds``."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"payment declined: {reason}; expected an approval from the provider")
        self.reason = reason


class CaptureRefused(DomainError):
    """The provider refused to capture what it had authorised."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"capture refused: {reason}; expected the provider to capture what it authorised")
        self.reason = reason


class ReversalRefused(DomainError):
    """The provider refused to void or refund; a person has to settle it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"reversal refused: {reason}; expected the provider to void or refund")
        self.reason = reason


class PaymentOutcomeUnknown(DomainError):
    """The provider's answer was lost or it cannot say yet: ask again, decide nothing."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: the outcome is unknown; expected the provider to say what happened")


class ProviderUnavailable(DomainError):
    """The provider could not be reached and nothing was done."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: the provider is unavailable; expected an answer")


class OrderClosed(DomainError):
    """A step was delivered after its compensation: the order is closed to it."""

    def __init__(self, order_id: str, step: str) -> None:
        super().__init__(f"order_id {order_id} is closed to {step}; expected an order not yet compensated")


class StoreContention(DomainError):
    """Others kept writing the same rows; nothing was written. Passes by trying again later."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: rows stayed contended; expected to write them after a few tries")


class JournalUnbalanced(DomainError):
    """Debits differ from credits; totals are in minor units of the currency."""

    def __init__(self, entry_id: str, debits: int, credits: int, currency: str) -> None:
        super().__init__(
            f"entry_id {entry_id} debits {debits} {currency}; expected its credits, {credits} (minor units)"
        )


class JournalConflict(DomainError):
    """A posted entry was delivered again with other content; the posted one stays."""

    def __init__(self, entry_id: str) -> None:
        super().__init__(f"entry_id {entry_id} is posted with other content; expected the posted entry again")


class InvoiceNotDraft(DomainError):
    """The invoice is missing or in a status that cannot be issued."""

    def __init__(self, invoice_id: str, status: str) -> None:
        super().__init__(f"invoice {invoice_id} is {status}; expected DRAFT")


class ImageSuperseded(DomainError):
    """A newer version of the object, or another delivery of its event, has decided its image."""

    def __init__(self, key: str) -> None:
        super().__init__(f"image {key} is decided by a newer event; expected to be the newest")


class StoreUnavailable(DomainError):
    """A store did not do it now: throttled, timed out, or failed of itself."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: the store did not do it; expected it to, after a while")


class InvalidSupplier(InvalidRequest):
    """A supplier or a price of its list that is not accepted."""

    subject = "supplier"


class InvalidPurchase(InvalidRequest):
    """A purchase order, receipt or purchase invoice that is not accepted as it was sent."""

    subject = "purchase order"


class UnknownSupplier(DomainError):
    """A supplier id nobody has."""

    def __init__(self, supplier_id: str) -> None:
        super().__init__(f"supplier_id {supplier_id} is not known; expected the id of a supplier")


class SupplierInUse(DomainError):
    """A supplier with open orders or unpaid invoices (`owed`, minor units) stays."""

    def __init__(self, supplier_id: str, orders: int, owed: int) -> None:
        super().__init__(
            f"supplier_id {supplier_id} has {orders} open orders and is owed {owed} (minor units); "
            f"expected none of either"
        )


class UnknownPurchase(DomainError):
    """A purchase order nobody opened."""

    def __init__(self, purchase_order_id: str) -> None:
        super().__init__(
            f"purchase_order_id {purchase_order_id} is not known; expected the id of a purchase order"
        )


class PurchaseMoved(DomainError):
    """There is something to do instead of waiting."""

    def __init__(self, purchase_order_id: str, step: str) -> None:
        super().__init__(f"purchase_order_id {purchase_order_id} is to {step}; expected nothing but to wait")


class SupplierRefused(DomainError):
    """The supplier will not take the order; how its answer wakes the workflow."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the supplier refused: {reason}; expected an acknowledgement")


class NoSupplierLeft(DomainError):
    """Every supplier of the order refused it or stayed silent."""

    def __init__(self, purchase_order_id: str, asked: int) -> None:
        super().__init__(
            f"purchase_order_id {purchase_order_id}: none of {asked} suppliers took it; expected one to"
        )


class DuplicatePurchase(DomainError):
    """A purchase order of this id is another execution's; nothing of it was touched."""

    def __init__(self, purchase_order_id: str) -> None:
        super().__init__(f"purchase_order_id {purchase_order_id}: in use; expected an id not used before")


class InvalidTransfer(InvalidRequest):
    """A transfer, or what is said of one, that is not accepted."""

    subject = "transfer"


class UnknownTransfer(DomainError):
    """No transfer has this id."""

    def __init__(self, transfer_id: str) -> None:
        super().__init__(f"transfer_id {transfer_id} is not known; expected the id of a transfer")


class TransferMoved(DomainError):
    """There is something to do now, instead of waiting."""

    def __init__(self, transfer_id: str, waiting_for: str) -> None:
        super().__init__(f"transfer {transfer_id} has its {waiting_for}; expected to wait for it")


class TransferCancelled(DomainError):
    """The goods do not leave their source."""

    def __init__(self, transfer_id: str, reason: str) -> None:
        super().__init__(f"transfer {transfer_id} is cancelled: {reason}")


class OverReceipt(DomainError):
    """More came than was ordered and is tolerated; quantities are whole units."""

    def __init__(self, sku: str, quantity: int, most: int) -> None:
        super().__init__(f"sku {sku}: {quantity} received; expected at most {most} more of the order")


class InvoiceMismatch(DomainError):
    """A purchase invoice differs from its order or receipts beyond tolerance."""

    def __init__(self, number: str, first: str, more: int) -> None:
        rest = f" (and {more} more)" if more else ""
        super().__init__(f"invoice {number} does not match: {first}{rest}")


class SupplierPaymentRefused(DomainError):
    """The bank will not pay the supplier."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"payment to the supplier refused: {reason}; expected the bank to pay it")


@dataclass(frozen=True, slots=True)
class Handling:
    """What becomes of an error: `retried` by the workflow's Retry, `caught` where, and the cashier's text."""

    retried: bool
    caught: str
    cashier: str


_COMPENSATED = "before the pivot: compensated, the order is rejected"
_CASE = "after the pivot: a case for the operator"
_EITHER = "before the pivot: compensated; after it: a case for the operator"
_CALLER = "not in a workflow: answered to the caller"

HANDLING: dict[type[DomainError], Handling] = {
    InvalidRequest: Handling(False, _EITHER, "The request is not valid. Tell the operator."),
    InvalidOrder: Handling(False, _COMPENSATED, "The order is not valid. Check the lines and discounts."),
    InvalidProduct: Handling(False, _CALLER, "The product is not valid. Check the named field."),
    InvalidCustomer: Handling(False, _CALLER, "The customer is not valid. Check the named field."),
    UnknownProduct: Handling(False, _COMPENSATED, "A product is not in the catalog. Scan it again."),
    UnknownCustomer: Handling(False, _CALLER, "No such customer. Search again or create one."),
    RecordChanged: Handling(False, _CALLER, "Someone changed this meanwhile. Look again, then save."),
    TendersDoNotMatchTotal: Handling(False, _EITHER, "The payments do not add up to the total."),
    InsufficientStock: Handling(False, _COMPENSATED, "Not enough in stock. Lower the quantity or remove it."),
    PaymentDeclined: Handling(False, _COMPENSATED, "Payment declined. Ask for another way to pay."),
    CaptureRefused: Handling(False, "at the pivot: compensated", "Payment failed. Nothing was charged."),
    ReversalRefused: Handling(False, "in a compensation: a case", "A manager will settle the payment."),
    PaymentOutcomeUnknown: Handling(
        True, "at the pivot: ResolveCapture asks the provider", "Waiting for the bank. Do not charge again."
    ),
    ProviderUnavailable: Handling(True, _EITHER, "The payment provider does not answer. Try again."),
    OrderClosed: Handling(False, _EITHER, "This order is closed. Start a new one."),
    StoreContention: Handling(True, _EITHER, "Busy. Trying again."),
    JournalUnbalanced: Handling(False, _CASE, "Paid. The books need a look by the operator."),
    JournalConflict: Handling(False, _CASE, "Paid. The books need a look by the operator."),
    ImageSuperseded: Handling(
        False, "image ingest: its thumbnails are discarded", "A newer picture is shown."
    ),
    StoreUnavailable: Handling(True, _EITHER, "Busy. Trying again."),
    InvoiceNotDraft: Handling(False, _CASE, "Paid. The invoice needs a look by the operator."),
    InvalidSupplier: Handling(False, _CALLER, "The supplier is not valid. Check the named field."),
    InvalidPurchase: Handling(False, _EITHER, "Not accepted. Check the named field."),
    DuplicatePurchase: Handling(
        False, "purchase order: ends, the other goes on", "That order is there already."
    ),
    UnknownSupplier: Handling(False, _EITHER, "No such supplier. Search again or create one."),
    SupplierInUse: Handling(False, _CALLER, "The supplier has open orders or invoices."),
    UnknownPurchase: Handling(False, _EITHER, "No such purchase order."),
    PurchaseMoved: Handling(False, "purchase order: does what came in between", "Something came in. Go on."),
    SupplierRefused: Handling(False, "purchase order: the next supplier is asked", "The supplier refused."),
    NoSupplierLeft: Handling(False, _COMPENSATED, "No supplier took the order."),
    InvalidTransfer: Handling(False, _EITHER, "Not accepted. Check the named field."),
    UnknownTransfer: Handling(False, _EITHER, "No such transfer."),
    TransferMoved: Handling(False, "stock transfer: does what came in between", "Something came in. Go on."),
    TransferCancelled: Handling(False, "at the pivot: compensated", "The transfer is cancelled."),
    OverReceipt: Handling(False, _CALLER, "More than ordered. Send the rest back."),
    InvoiceMismatch: Handling(False, "purchase order: a case", "The invoice needs a look by the buyer."),
    SupplierPaymentRefused: Handling(False, "at the pivot: a case", "The bank refused. Tell the buyer."),
}


def _shown(value: object) -> str:
    text = "missing" if value is None else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
