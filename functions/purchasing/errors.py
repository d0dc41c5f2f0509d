"""Errors of purchasing."""

from collections.abc import Sequence

from tillflow.errors import DomainError, InvalidRequest


class InvalidSupplier(InvalidRequest):
    """A supplier, or a price of its list, that is not accepted."""

    cashier_message = "The supplier is not valid. Check the named field."
    subject = "supplier"


class InvalidPurchase(InvalidRequest):
    """A purchase order, receipt or purchase invoice that is not accepted."""

    cashier_message = "Not accepted. Check the named field."
    subject = "purchase order"


class PurchaseConflict(InvalidPurchase):
    """A request that the purchase order would accept in another state, or of another supplier."""

    status = 409
    cashier_message = "The order is not in a state for this. Load it again."


class UnknownSupplier(DomainError):
    """No supplier has this id."""

    cashier_message = "No such supplier. Search again or create one."

    def __init__(self, supplier_id: str) -> None:
        super().__init__(f"supplier {supplier_id} does not exist")


class SupplierInUse(DomainError):
    """A supplier with open orders or unpaid invoices cannot be deleted. `owed` is formatted with its currency."""

    cashier_message = "The supplier has open orders or invoices."

    def __init__(self, supplier_id: str, orders: int, owed: str) -> None:
        super().__init__(f"supplier {supplier_id} is in use: {orders} open orders, {owed} owed to it")


class UnknownPurchase(DomainError):
    """No purchase order has this id."""

    cashier_message = "No such purchase order."

    def __init__(self, purchase_order_id: str) -> None:
        super().__init__(f"purchase order {purchase_order_id} does not exist")


class SupplierRefused(DomainError):
    """The supplier refused the order; fails the workflow's wait for the acknowledgement."""

    cashier_message = "The supplier refused."

    def __init__(self, reason: str) -> None:
        super().__init__(f"the supplier refused the order: {reason}")


class NoSupplierLeft(DomainError):
    """Every supplier of the order refused it or did not respond. `attempts`: supplier id and reason of each."""

    cashier_message = "No supplier accepted the order."

    def __init__(self, purchase_order_id: str, attempts: Sequence[tuple[str, str]]) -> None:
        reasons = "; ".join(f"{supplier_id}: {note or 'no reason given'}" for supplier_id, note in attempts)
        super().__init__(
            f"purchase {purchase_order_id}: rejected by all {len(attempts)} suppliers: {reasons}"
        )


class DuplicatePurchase(DomainError):
    """Another execution opened a purchase order of this id; nothing of it was changed."""

    cashier_message = "A purchase order of this id exists."

    def __init__(self, purchase_order_id: str) -> None:
        super().__init__(f"purchase order {purchase_order_id} exists; expected a new id")


class ApprovalRequired(DomainError):
    """The order costs more at this supplier than is approved. Amounts are formatted with their currency."""

    cashier_message = "The order needs an approval."

    def __init__(self, purchase_order_id: str, supplier_id: str, total: str, approved: str) -> None:
        super().__init__(
            f"purchase {purchase_order_id} needs approval: {supplier_id} charges {total}; approved is {approved}"
        )


class OverReceipt(DomainError):
    """More units received than ordered and tolerated. `excess`: SKU, accepted units and how many more are allowed."""

    cashier_message = "More than ordered. Send the rest back."

    def __init__(self, excess: Sequence[tuple[str, int, int]]) -> None:
        details = "; ".join(
            f"sku {sku}: {accepted} received; expected at most {most} more" for sku, accepted, most in excess
        )
        super().__init__(details)


class ReceiptAboveApproval(DomainError):
    """The accepted goods would be worth more than is approved. Amounts are formatted with their currency."""

    cashier_message = "More than approved. Send the rest back."

    def __init__(self, purchase_order_id: str, value: str, approved: str) -> None:
        super().__init__(
            f"purchase {purchase_order_id}: accepted goods would be worth {value}; approved is {approved}: "
            "reject what is above it"
        )


class InvoiceMismatch(DomainError):
    """A purchase invoice differs from its order or receipts beyond the tolerance. The message has every difference."""

    cashier_message = "The invoice differs from the order. Call the buyer."

    def __init__(self, number: str, differences: Sequence[str]) -> None:
        super().__init__(f"invoice {number} does not match: {'; '.join(differences)}")


class SupplierPaymentRefused(DomainError):
    """The bank refused to pay the supplier."""

    cashier_message = "The bank refused. Call the buyer."

    def __init__(self, reason: str) -> None:
        super().__init__(f"the bank refused to pay the supplier: {reason}")


class SignatureRefused(DomainError):
    """A webhook that its supplier did not sign, or not within the last minutes."""

    status = 401
    cashier_message = "The sender is not known."

    def __init__(self) -> None:
        super().__init__("the webhook is not signed by this supplier, or its timestamp is not of now")
