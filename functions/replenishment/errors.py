"""Errors of replenishment."""

from tillflow.errors import DomainError, InvalidRequest


class InvalidPolicy(InvalidRequest):
    """A reorder policy that is not accepted."""

    cashier_message = "The reorder policy is not valid. Check the named field."
    subject = "reorder policy"


class UnknownPolicy(DomainError):
    """A SKU has no reorder policy at a location."""

    cashier_message = "No such reorder policy."

    def __init__(self, location: str, sku: str) -> None:
        super().__init__(f"{sku} has no reorder policy at {location}")


class UnknownRun(DomainError):
    """There is no reorder run of this id."""

    cashier_message = "No such reorder run."

    def __init__(self, run_id: str) -> None:
        super().__init__(f"reorder run {run_id} does not exist")


class UnknownPlannedOrder(DomainError):
    """The reorder run planned no order of this number."""

    cashier_message = "No such planned order."

    def __init__(self, run_id: str, number: int) -> None:
        super().__init__(f"reorder run {run_id} has no order {number}")


class ApprovalNotPending(DomainError):
    """The order does not wait for an approval: it was never requested, is decided, or was withdrawn."""

    cashier_message = "This order does not wait for an approval."

    def __init__(self, purchase_order_id: str, status: str) -> None:
        super().__init__(f"order {purchase_order_id} does not wait for an approval; its status is {status}")
