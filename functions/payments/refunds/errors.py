"""Errors of refunds."""

from tillflow.errors import DomainError


class RefundRefused(DomainError):
    """Neither the provider nor the other tenders of the sale can refund the amount; nothing was refunded."""

    status = 409
    cashier_message = "This payment can no longer be refunded. Offer store credit."

    def __init__(self, return_id: str, reason: str) -> None:
        super().__init__(f"refund of return {return_id} refused: {reason}")
