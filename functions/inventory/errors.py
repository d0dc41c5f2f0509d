"""Errors of inventory and of its transfers."""

from tillflow.errors import DomainError, InvalidRequest


class UnknownLocation(DomainError):
    """No location has this id."""

    cashier_message = "No such location."

    def __init__(self, *locations: str) -> None:
        super().__init__(f"location {', '.join(locations)} does not exist")


class UnknownLevel(DomainError):
    """The SKU was never stocked at the location."""

    cashier_message = "The product was never stocked here."

    def __init__(self, sku: str, location: str) -> None:
        super().__init__(f"sku {sku} was never stocked at {location}")


class CurrencyMismatch(DomainError):
    """The stock of a SKU is valued in another currency than that of the request."""

    cashier_message = "The product is not sold in this currency. Call the manager."

    def __init__(self, sku: str, location: str, stored: str, sent: str) -> None:
        super().__init__(f"sku {sku} at {location} is valued in {stored}; got {sent}")


class ImplausibleCorrection(DomainError):
    """A correction that is far from the level, as a typing error would be; it is applied once it is confirmed."""

    cashier_message = "The number is far from the stock. Check it, then confirm."

    def __init__(self, sku: str, location: str, problem: str) -> None:
        super().__init__(f"sku {sku} at {location}: {problem}; confirm it if it is correct")


class StockDrift(DomainError):
    """A counter of a level is lower than the documents that it counts: it has to be rebuilt."""

    cashier_message = "The stock of a product is inconsistent. Call the operator."

    def __init__(self, sku: str, location: str, counter: str) -> None:
        super().__init__(
            f"{counter} of sku {sku} at {location} is lower than its documents add up to; "
            f"rebuild it with `till stock rebuild --write`"
        )


class InvalidTransfer(InvalidRequest):
    """A transfer, or an event of one, that is not accepted."""

    cashier_message = "Not accepted. Check the named field."
    subject = "transfer"


class UnknownTransfer(DomainError):
    """No transfer has this id."""

    cashier_message = "No such transfer."

    def __init__(self, transfer_id: str) -> None:
        super().__init__(f"transfer {transfer_id} does not exist")


class TransferCancelled(DomainError):
    """The transfer is cancelled: its goods do not leave the source."""

    cashier_message = "The transfer is cancelled."

    def __init__(self, transfer_id: str, reason: str) -> None:
        super().__init__(f"transfer {transfer_id} is cancelled: {reason}")
