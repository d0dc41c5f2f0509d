"""Errors of the reconciliation."""

from tillflow.errors import DomainError


class UnknownReconciliation(DomainError):
    """No reconciliation has this id."""

    cashier_message = "No such reconciliation."

    def __init__(self, run_id: str) -> None:
        super().__init__(f"reconciliation {run_id} does not exist")
