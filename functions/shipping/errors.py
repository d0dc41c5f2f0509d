"""Errors of the shipping service."""

from tillflow.errors import DomainError, InvalidRequest


class InvalidShipment(InvalidRequest):
    """A request about a shipment that is not accepted."""

    cashier_message = "The shipment is not valid. Check the named field."
    subject = "shipment"


class UnknownDelivery(DomainError):
    """An order without a delivery: it is not shipped, or its workflow has not begun."""

    status = 404
    cashier_message = "This order has no shipment. Check the number."

    def __init__(self, order_id: str) -> None:
        super().__init__(f"order {order_id} has no delivery")


class UnknownShipment(DomainError):
    """A shipment id that does not exist, or is not of the carrier that reports it."""

    status = 404
    cashier_message = "No such shipment. Check the number."

    def __init__(self, shipment_id: str) -> None:
        super().__init__(f"shipment {shipment_id} does not exist")


class UnknownCarrier(DomainError):
    """A carrier that the shop has not configured."""

    cashier_message = "This carrier is not set up. Call the operator."

    def __init__(self, carrier: str) -> None:
        super().__init__(
            f"carrier {carrier!r} is not configured by the parameters Carriers and SandboxCarrier of the stack"
        )


class ShipmentEnded(DomainError):
    """A shipment that has ended was reported to have ended in another way."""

    status = 409
    cashier_message = "This shipment has already ended. See the shipment."

    def __init__(self, shipment_id: str, status: str, reported: str) -> None:
        super().__init__(f"shipment {shipment_id} is {status}; {reported} is no longer accepted")


class CarrierNotVerified(DomainError):
    """A webhook that its carrier did not sign, or not within the last minutes."""

    status = 401
    cashier_message = "The sender is not known."

    def __init__(self) -> None:
        super().__init__("the webhook is not signed by this carrier, or its timestamp is not of now")
