"""Transfers, the requests of their functions and the responses. Quantities are whole units, costs minor units."""

from datetime import datetime
from typing import Annotated, Literal, Self, TypedDict

from pydantic import BaseModel, Field, StrictBool, ValidationInfo, field_validator, model_validator
from tillflow.fields import (
    MAX_UNITS,
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

from inventory.models import SkuQuantity

type Awaited = Literal["shipment", "arrival"]
type Status = Literal["REQUESTED", "IN_TRANSIT", "CLOSED", "CANCELLED"]
type Step = Literal["await_shipment", "cancel", "ship", "await_arrival", "receive", "close"]


class RequestedLine(Record):
    sku: Identifier
    quantity: Quantity


class OpenTransfer(Request):
    """The input of the workflow. `currency` is that of the stock's value."""

    transfer_id: BusinessId
    source: Identifier
    destination: Identifier
    currency: Currency
    lines: Annotated[tuple[RequestedLine, ...], Field(min_length=1, max_length=1000)]
    reason: Reason = ""

    @field_validator("destination")
    @classmethod
    def check_destination(cls, destination: str, info: ValidationInfo) -> str:
        if destination == info.data.get("source"):
            raise ValueError("a location other than the source")
        return destination


class OpenCheckedTransfer(OpenTransfer):
    """A transfer whose products the workflow has looked up. unknown_skus: those that do not exist."""

    unknown_skus: tuple[Identifier, ...] = ()


class TransferRef(Request):
    transfer_id: BusinessId


class AwaitTransfer(TransferRef):
    """What the workflow waits for, with the token that completes the wait.

    waiting_since: when it began to wait, as text that sorts in that order.
    """

    waiting_for: Awaited
    waiting_since: Annotated[str, Field(min_length=1, max_length=100)]
    task_token: Annotated[str, Field(min_length=1, max_length=2048)]


class CancelTransfer(TransferRef):
    """`reason`: the error of the workflow."""

    reason: str = ""


class TransferLine(Record):
    """Units of a SKU, what all of them cost once shipped, and how many were received or lost."""

    sku: Identifier
    quantity: Quantity
    cost: Amount = 0
    received: Units = 0
    lost: Units = 0

    @property
    def in_transit(self) -> int:
        """Return the units that were shipped and neither received nor lost."""
        return self.quantity - self.received - self.lost


class ArrivedLine(Record):
    """Units received, and units lost: missing or broken."""

    sku: Identifier
    quantity: Units
    lost: Units = 0

    @model_validator(mode="after")
    def check_units(self) -> Self:
        if not 0 < self.quantity + self.lost <= MAX_UNITS:
            raise ValueError(f"from 1 to {MAX_UNITS:,} units, received or lost")
        return self


class Arrival(Record):
    """One delivery at the destination; `booked` once its stock has the units."""

    arrival_id: BusinessId
    arrived_at: Timestamp
    lines: Annotated[tuple[ArrivedLine, ...], Field(min_length=1, max_length=1000)]
    booked: StrictBool = False


class Transfer(Record):
    """The document of a transfer.

    left_at: when the source reported that the goods left, which it may do before they are reserved. The status is
    IN_TRANSIT once its stock was reduced. A cancelled transfer with it: the goods could not be reserved.
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
    waiting_for: Awaited | None = None
    waiting_since: str = ""
    task_token: str | None = None
    ended_at: Timestamp | None = None

    @property
    def has_left(self) -> bool:
        """Return whether the goods left and the transfer counts them."""
        return self.left_at is not None and self.status != "CANCELLED"


class TransferSummary(BaseModel):
    """A transfer in a list; quantities are those of all lines."""

    transfer_id: str
    status: Status
    source: str
    destination: str
    requested_at: datetime
    quantity: int
    received: int
    lost: int
    in_transit: int


class OpenedTransfer(TypedDict):
    source: str
    destination: str
    currency: str
    lines: list[SkuQuantity]


class NextStep(TypedDict):
    """The step that the workflow runs next. `loss`: the cost of the units lost so far."""

    transfer_id: str
    step: Step
    loss: int


class WaitingTransfer(TypedDict):
    transfer_id: str


class TransferStatus(TypedDict):
    transfer_id: str
    status: Status
