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


class ApprovalChanged(DomainError):
    """The order costs something else than the person has seen. Amounts are formatted with their currency."""

    status = 409
    cashier_message = "The order costs something else now. Load the approvals again."

    def __init__(self, purchase_order_id: str, total: str, decided: str) -> None:
        super().__init__(f"order {purchase_order_id} costs {total}; the decision is on {decided}")


class ApprovalNotPending(DomainError):
    """The order does not wait for an approval: it was never requested, is decided, or was withdrawn."""

    status = 409
    cashier_message = "This order does not wait for an approval."

    def __init__(self, purchase_order_id: str, status: str) -> None:
        super().__init__(f"order {purchase_order_id} does not wait for an approval; its status is {status}")
