"""Deliveries of orders, the requests of their functions and the responses. Quantities are whole units."""

from typing import Annotated, Literal, TypedDict

from pydantic import BaseModel, Field, StrictInt
from tillflow.fields import BusinessId, Identifier, Quantity, Reason, Record, Request, Timestamp
from tillflow.money import Currency

MAX_LINES = 1_000
type Status = Literal["OPEN", "CLOSED"]
type ShipmentStatus = Literal["CLAIMED", "HANDED_OVER", "DELIVERED", "FAILED", "RETURNED", "REFUSED"]
type Reported = Literal["in_transit", "partly_shipped", "delivered", "failed", "returned"]
type Step = Literal["hand_over", "return", "claim", "await_carrier", "close"]

OrderId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
AddressText = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^\P{Cc}+$")]
Carrier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
"""The name of a carrier or of its service."""


class Line(Record):
    """Units of a line of the order."""

    line_no: Annotated[StrictInt, Field(gt=0, le=MAX_LINES)]
    sku: Identifier
    quantity: Quantity


class Address(Record):
    """Who receives the goods, and by which carrier and service."""

    name: AddressText
    street: AddressText
    postal_code: AddressText
    city: AddressText
    country: AddressText
    carrier: Carrier
    service: Carrier


class OrderRef(Request):
    """A request about the delivery of an order."""

    order_id: OrderId


class ShipmentRef(Request):
    """A request about a shipment."""

    shipment_id: BusinessId


class CarrierRef(Request):
    """A request of a carrier."""

    carrier: Carrier


class HandOver(OrderRef):
    """Hand the claimed units of a shipment over to the carrier; without lines, nothing remains to ship."""

    step: Literal["hand_over"]
    shipment_id: BusinessId
    location: Identifier
    currency: Currency
    delivery: Address
    lines: Annotated[tuple[Line, ...], Field(max_length=MAX_LINES)]


class AwaitCarrier(OrderRef):
    """Store the token that a report of the carrier completes.

    waiting_since: when the workflow began to wait, as text that sorts in that order.
    """

    step: Literal["await_carrier"]
    waiting_since: Annotated[str, Field(min_length=1, max_length=100)]
    task_token: Annotated[str, Field(min_length=1, max_length=2048)]


class Advance(OrderRef):
    """Find the next step of a delivery; close it when there is none."""

    step: Literal["advance"]


class SettleReturn(OrderRef):
    """Record that a shipment that did not arrive is refunded: by a return, or by hand without one."""

    step: Literal["settle_return"]
    shipment_id: BusinessId
    return_id: BusinessId | None = None


class CarryOut(Request):
    """A step of a delivery's workflow."""

    request: Annotated[HandOver | AwaitCarrier | Advance | SettleReturn, Field(discriminator="step")]


class ShippedLine(Record):
    """Units of a line that a carrier took."""

    line_no: Annotated[StrictInt, Field(gt=0, le=MAX_LINES)]
    quantity: Quantity


class Report(Record):
    """What happened to a shipment.

    lines: with partly_shipped, the units that the carrier took; the others get a further shipment. note: for people.
    """

    status: Reported
    lines: Annotated[tuple[ShippedLine, ...], Field(max_length=MAX_LINES)] = ()
    note: Reason = ""


class Shipment(Record):
    """Units of an order that one carrier has.

    CLAIMED until the carrier accepts it. settled: the refund of one that did not arrive is made, by `return_id` or by
    hand.
    """

    shipment_id: BusinessId
    status: ShipmentStatus = "CLAIMED"
    lines: tuple[Line, ...]
    reference: str = ""
    note: str = ""
    handed_over_at: Timestamp | None = None
    ended_at: Timestamp | None = None
    settled: bool = False
    return_id: str | None = None


class Delivery(Record):
    """The document of an order's delivery.

    unclaimed: a carrier took a part of a shipment; the rest gets a further one.
    """

    order_id: OrderId
    status: Status = "OPEN"
    location: Identifier
    currency: Currency
    address: Address
    shipments: tuple[Shipment, ...] = ()
    unclaimed: bool = False
    opened_at: Timestamp
    closed_at: Timestamp | None = None
    waiting_since: str = ""
    task_token: str | None = None


class DeliverySummary(BaseModel):
    """A delivery in a list."""

    order_id: str
    status: Status
    location: str
    carrier: str
    opened_at: Timestamp
    shipments: int
    in_transit: int
    delivered: int
    not_delivered: int


class SentUnits(TypedDict):
    line_no: int
    quantity: int


class SentShipment(TypedDict):
    """A shipment as its carrier took it."""

    shipment_id: str
    lines: list[SentUnits]


class ReturnedUnits(TypedDict):
    line_no: int
    sku: str
    quantity: int
    condition: Literal["resell", "damaged"]
    reason: str


class ReturnToMake(TypedDict):
    """The return that refunds a shipment that did not arrive."""

    shipment_id: str
    return_id: str
    currency: str
    lines: list[ReturnedUnits]
    note: str


class DeliveryStep(TypedDict):
    """The step that the workflow runs next.

    shipments: those so far, with the step claim; refund: the return to make, with the step return.
    """

    order_id: str
    step: Step
    shipments: list[SentShipment]
    refund: ReturnToMake | None
