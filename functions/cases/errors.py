"""Errors of cases."""

from tillflow.errors import DomainError, InvalidRequest


class InvalidDecision(InvalidRequest):
    """A decision that is not accepted."""

    cashier_message = "The decision is not valid. Check the named field."
    subject = "decision"


class UnknownCase(DomainError):
    """No case has this id."""

    cashier_message = "No such case."

    def __init__(self, case_id: str) -> None:
        super().__init__(f"case {case_id} does not exist")


class CaseAlreadyResolved(DomainError):
    """The case was resolved with another decision or note."""

    cashier_message = "This case is already resolved."

    def __init__(self, case_id: str, decision: str, note: str, resolved_at: str) -> None:
        reason = f" ({note})" if note else ""
        super().__init__(
            f"case {case_id} was resolved as {decision}{reason} at {resolved_at}; expected an open case"
        )


class CaseReopened(DomainError):
    """The workflow opened the case again while it was resolved; the new opening needs a decision of its own."""

    cashier_message = "The case was opened again. Look at it, then decide."

    def __init__(self, case_id: str) -> None:
        super().__init__(f"case {case_id} was opened again meanwhile; nothing was resolved")
