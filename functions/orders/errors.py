"""Errors of the orders service."""

from collections.abc import Sequence

from tillflow.errors import DomainError, InvalidRequest, Problem
from tillflow.plurals import counted


class InvalidCancel(InvalidRequest):
    """A cancel request that is not accepted."""

    cashier_message = "The cancel is not valid. Check the named field."
    subject = "cancel"


class CardRefused(DomainError):
    """The payments service refused the token of a card."""

    status = 400
    cashier_message = "The card was not read. Try again."

    def __init__(self, message: str, tokens: Sequence[str]) -> None:
        super().__init__(message)
        self.problems = [Problem(field, "(hidden)", "the provider's token for the card") for field in tokens]


class CardConflict(DomainError):
    """The order was sent before with another card."""

    status = 409
    cashier_message = "This order was sent with another card. Start a new one."

    def __init__(self, message: str, tokens: Sequence[str]) -> None:
        super().__init__(message)
        self.problems = [Problem(field, "(hidden)", "the token that is stored") for field in tokens]


class LocationNotAllowed(DomainError):
    """A cashier sells, cancels or takes back at another location than the one of the account."""

    status = 403
    cashier_message = "You may not do this at another location. Ask a manager."

    def __init__(self, location: str, own: str) -> None:
        super().__init__(f"location is {location!r}; expected {own!r}, the location of the cashier")


class InvalidReturn(InvalidRequest):
    """A return request that is not accepted."""

    cashier_message = "The return is not valid. Check the named field."
    subject = "return"


class OrderNotReturnable(DomainError):
    """The order is not paid, or is being cancelled: nothing of it can be returned."""

    status = 409
    cashier_message = "Nothing of this order can be returned. See the order."

    def __init__(self, order_id: str, reason: str) -> None:
        super().__init__(f"order {order_id} cannot be returned: {reason}")


class UnitsNotReturnable(DomainError):
    """More units than were sold and are not returned yet; returns in progress count."""

    status = 409
    cashier_message = "More than was sold, or already returned. Check the receipt."

    def __init__(self, order_id: str, line_no: int, requested: int, returnable: int) -> None:
        super().__init__(
            f"line {line_no} of order {order_id}: {counted(requested, 'unit')} requested, "
            f"{returnable} can be returned"
        )


class ReturnWindowClosed(DomainError):
    """The return window of a line is over; a manager may override it."""

    status = 409
    cashier_message = "The return window is over. A manager may allow it."

    def __init__(self, order_id: str, line_no: int, days: int) -> None:
        super().__init__(
            f"line {line_no} of order {order_id} could be returned for {counted(days, 'day')}; "
            "a manager may override this"
        )


class OrderHasReturns(DomainError):
    """Units of the order are returned or being returned: it can no longer be cancelled."""

    status = 409
    cashier_message = "Part of this order was returned. Return the rest instead."

    def __init__(self, order_id: str) -> None:
        super().__init__(f"order {order_id} has returns; return its remaining units instead of cancelling it")


class OrderPaidByExchange(DomainError):
    """Returned units paid for the order: it is returned, not cancelled."""

    status = 409
    cashier_message = "This order was paid by an exchange. Return it instead."

    def __init__(self, order_id: str) -> None:
        super().__init__(
            f"order {order_id} was paid by an exchange; return its units instead of cancelling it"
        )


class SaleNotRejected(DomainError):
    """The claimed units of an exchange pay a sale that is not rejected: they are not released."""

    status = 409
    cashier_message = "The new sale of this exchange is not closed. See its order."

    def __init__(self, return_id: str, order_id: str, status: str) -> None:
        super().__init__(
            f"return {return_id} pays order {order_id}, which is {status}; expected REJECTED or CANCELLED"
        )


class UnknownReturn(DomainError):
    """A return id that does not exist."""

    cashier_message = "No such return. Check the number."

    def __init__(self, return_id: str) -> None:
        super().__init__(f"return {return_id} does not exist")


class OverrideNotAllowed(DomainError):
    """A cashier overrides a limit, such as the return window, which only a manager may."""

    status = 403
    cashier_message = "Only a manager may allow this. Call a manager."

    def __init__(self, field: str, what: str) -> None:
        super().__init__(f"{field} of a cashier; only a manager may allow {what}")


class InvalidShipmentClaim(InvalidRequest):
    """A request for an order's next shipment that is not accepted."""

    cashier_message = "The shipment is not valid. Call the operator."
    subject = "shipment"


class OrderNotShippable(DomainError):
    """Nothing of the order is shipped: it was cancelled, or has no delivery address."""

    status = 409
    cashier_message = "This order is not shipped. See the order."

    def __init__(self, order_id: str, reason: str) -> None:
        super().__init__(f"order {order_id} is not shipped: {reason}")


class OrderNotPaid(DomainError):
    """The checkout of the order has not completed the sale."""

    status = 409
    cashier_message = "This order is not paid yet. See the order."

    def __init__(self, order_id: str, status: str) -> None:
        super().__init__(f"order {order_id} is {status}; expected PAID")


class OrderIsShipped(DomainError):
    """A carrier has units of the order: it can no longer be cancelled."""

    status = 409
    cashier_message = "This order is with the carrier. Return it instead."

    def __init__(self, order_id: str) -> None:
        super().__init__(
            f"order {order_id} was handed over to a carrier; return its units instead of cancelling it"
        )


class InvalidDraft(InvalidRequest):
    """A draft that is not accepted."""

    cashier_message = "The draft is not valid. Check the named field."
    subject = "draft"


class UnknownDraft(DomainError):
    """A draft id that does not exist, or whose draft has expired."""

    status = 404
    cashier_message = "No such draft. It may have expired."

    def __init__(self, draft_id: str) -> None:
        super().__init__(f"draft {draft_id} does not exist or has expired")


class OrderExists(DomainError):
    """A draft with the id of an order, which it would be sold as."""

    status = 409
    cashier_message = "An order of this number exists. Start a new one."

    def __init__(self, order_id: str) -> None:
        super().__init__(f"order {order_id} exists; expected an id that no order has")
