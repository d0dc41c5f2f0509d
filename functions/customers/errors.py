"""Errors of the customers service."""

from tillflow.errors import InvalidRequest


class InvalidCustomer(InvalidRequest):
    """A customer record that is not accepted."""

    cashier_message = "The customer is not valid. Check the named field."
    subject = "customer"
