"""Errors of the payments service."""

from collections.abc import Iterable

from tillflow.errors import DomainError


class EventNotSigned(DomainError):
    """A webhook that Stripe did not sign, or not within the last minutes."""

    status = 401
    cashier_message = "The sender is not known."

    def __init__(self) -> None:
        super().__init__("the webhook is not signed by Stripe, or its timestamp is not of now")


class CustomerActionRequired(DomainError):
    """The cardholder has to confirm a payment at the bank first; nothing is authorised until then."""

    status = 402
    cashier_message = "The customer did not confirm the payment in time. Ask for another way to pay."

    def __init__(self, order_id: str, tenders: Iterable[int]) -> None:
        numbers = ", ".join(map(str, sorted(tenders)))
        super().__init__(
            f"order {order_id}: the cardholder has not confirmed the payment of tender {numbers}"
        )


class ReversalRefused(DomainError):
    """The provider refused to void or refund; an operator has to settle it."""

    cashier_message = "A manager will settle the payment."

    def __init__(self, reason: str) -> None:
        super().__init__(f"void or refund refused by the provider: {reason}")
        self.reason = reason


class RefundDisputed(DomainError):
    """The cardholder disputes a payment whose refund has begun, or whose exchange is sold; a person decides."""

    cashier_message = "A manager will settle the payment."

    def __init__(self, return_id: str, order_id: str) -> None:
        super().__init__(
            f"a payment of order {order_id} is disputed, and the bank has withdrawn it: the rest of return "
            f"{return_id} is not refunded. Retry once the dispute is won; give it up if it is lost"
        )


class GoodwillAboveLimit(DomainError):
    """Goodwill is above the limit of its currency. Amounts are formatted with their currency.

    granted: what the customer was granted before on the same day.
    """

    status = 409
    cashier_message = "The amount is above the limit for goodwill."

    def __init__(self, amount: str, limit: str, granted: str = "") -> None:
        before = f" a day, of which the customer was granted {granted}" if granted else ""
        super().__init__(f"goodwill of {amount} is above the limit; expected at most {limit}{before}")


class UnknownGiftCard(DomainError):
    """No gift card has this code."""

    cashier_message = "No such gift card. Check the code."

    def __init__(self) -> None:
        super().__init__("no gift card has this code")
