"""What a transfer is asked and keeps. Quantities are whole units, costs integer minor units."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator
from tillflow.fields import (
    Amount,
    BusinessId,
    Identifier,
    Quantity,
    Reason,
    Record,
    Request,
    Timestamp,
    Units,
)
from tillflow.money import Currency


class Wanted(Record):
    sku: Identifier
    quantity: Quantity


class OpenTransfer(Request):
    """A transfer as its execution is started with. currency: of the stock's value, should some be lost."""

    transfer_id: BusinessId
    source: Identifier
    destination: Identifier
    currency: Currency
    lines: Annotated[tuple[Wanted, ...], Field(min_length=1, max_length=1000)]
    reason: Reason = ""

    @field_validator("destination")
    @classmethod
    def goes_somewhere(cls, destination: str, told: ValidationInfo) -> str:
        if destination == told.data.get("source"):
            raise ValueError("a location other than the source")
        return destination


class TransferRef(Request):
    transfer_id: BusinessId


class AwaitTransfer(TransferRef):
    """What the workflow waits for, and the token that wakes it. asked is when it did, in an order that text
    sorts by."""

    waiting_for: Literal["shipment", "arrival"]
    asked: Annotated[str, Field(min_length=1)]
    task_token: Annotated[str, Field(min_length=1)]


class CancelTransfer(TransferRef):
    reason: str = ""


class TransferLine(Record):
    """Units of a SKU that are to go, what all of them cost once they left, and what came of them."""

    sku: Identifier
    quantity: Quantity
    cost: Amount = 0
    received: Units = 0
    lost: Units = 0

    @property
    def in_transit(self) -> int:
        return self.quantity - self.received - self.lost


class ArrivedLine(Record):
    """Units that came, and units that never will: missing or broken."""

    sku: Identifier
    quantity: Units
    lost: Units = 0

    @model_validator(mode="after")
    def says_something(self) -> "ArrivedLine":
        if not self.quantity + self.lost:
            raise ValueError("units that came or are lost")
        return self


class Arrival(Record):
    """Goods that came at the destination; `booked` once its stock has them."""

    arrival_id: BusinessId
    arrived_at: Timestamp
    lines: Annotated[tuple[ArrivedLine, ...], Field(min_length=1)]
    booked: bool = False


type Status = Literal["REQUESTED", "IN_TRANSIT", "CLOSED", "CANCELLED"]


class Transfer(Record):
    """A transfer and all that became of it; the one document the rules change.

    left_at: the source said that the goods left; they are IN_TRANSIT once its stock is without them.
    """

    transfer_id: BusinessId
    status: Status
    source: Identifier
    destination: Identifier
    currency: str
    lines: tuple[TransferLine, ...]
    reason: str = ""
    requested_at: Timestamp
    left_at: Timestamp | None = None
    arrivals: tuple[Arrival, ...] = ()
    cancel_reason: str | None = None
    waiting_for: Literal["shipment", "arrival"] | None = None
    asked: str = ""
    task_token: str | None = None
    ended_at: Timestamp | None = None
