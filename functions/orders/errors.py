"""Errors of the orders service."""

from tillflow.errors import DomainError, InvalidRequest


class InvalidCancel(InvalidRequest):
    """A cancel request that is not accepted."""

    cashier_message = "The cancel is not valid. Check the named field."
    subject = "cancel"


class UnknownOrder(DomainError):
    """An order id that does not exist."""

    cashier_message = "No such order. Check the number on the receipt."

    def __init__(self, order_id: str) -> None:
        super().__init__(f"order {order_id} does not exist")


class CardRefused(DomainError):
    """The payments service refused the token of a card."""

    status = 400
    cashier_message = "The card was not read. Try again."


class CardConflict(DomainError):
    """The order was sent before with another card."""

    status = 409
    cashier_message = "This order was sent with another card. Start a new one."


class LocationNotAllowed(DomainError):
    """A cashier sells at another location than the one of the account."""

    status = 403
    cashier_message = "You may not sell at this location. Ask a manager."

    def __init__(self, location: str, own: str) -> None:
        super().__init__(f"location is {location!r}; expected {own!r}, the location of the cashier")
