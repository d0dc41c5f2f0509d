"""Errors of the customers service."""

from tillflow.errors import DomainError, InvalidRequest


class InvalidCustomer(InvalidRequest):
    """A customer record that is not accepted."""

    cashier_message = "The customer is not valid. Check the named field."
    subject = "customer"


class UnknownCustomer(DomainError):
    """A customer id that does not exist."""

    cashier_message = "No such customer. Search again or create one."

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"customer {customer_id} does not exist")


class CustomerAnonymised(DomainError):
    """The customer's data was removed on request: it is not changed and not sold to any more."""

    status = 409
    cashier_message = "This customer's data was removed. Create a new customer."

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"customer {customer_id} is anonymised")
