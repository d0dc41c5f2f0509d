"""Errors of the customers service."""

from tillflow.errors import DomainError, InvalidRequest


class InvalidCustomer(InvalidRequest):
    """A customer record that is not accepted."""

    cashier_message = "The customer is not valid. Check the named field."
    subject = "customer"


class InvalidMerge(InvalidRequest):
    """A merge of customers that is not accepted."""

    cashier_message = "These customers cannot be merged. Check the named field."
    subject = "merge"


class UnknownMerge(DomainError):
    """No merge of customers has this id, or it is not recorded yet."""

    cashier_message = "No such merge of customers."

    def __init__(self, merge_id: str) -> None:
        super().__init__(f"merge {merge_id} is not recorded")
