"""Requests and responses of an order's shipments, and what an order stores of them."""

from typing import Annotated, Self, TypedDict

from pydantic import Field, StrictInt, model_validator
from tillflow.fields import Quantity, Record

from orders.models import OrderId, ShippedUnits

MAX_LINES = 1_000
MAX_SHIPMENTS = 50
"""Shipments of one order."""


class SentLine(Record):
    """Units of a line that a carrier has."""

    line_no: Annotated[StrictInt, Field(gt=0, le=MAX_LINES)]
    quantity: Quantity


class SentShipment(Record):
    """A shipment as its carrier took it."""

    shipment_id: Annotated[str, Field(min_length=1, max_length=80)]
    lines: Annotated[tuple[SentLine, ...], Field(min_length=1, max_length=MAX_LINES)]


class ClaimShipment(Record):
    """A request for the units of an order's next shipment.

    shipments: those before it, as their carriers took them. The workflow adds the name of its execution.
    """

    order_id: OrderId
    execution_name: str | None = None
    shipments: Annotated[tuple[SentShipment, ...], Field(max_length=MAX_SHIPMENTS)] = ()

    @model_validator(mode="after")
    def order_names_its_execution(self) -> Self:
        # Every effect is keyed by the order id: two executions must not share one.
        if self.execution_name not in (None, self.order_id):
            raise ValueError(f"order_id {self.order_id} as the name of the execution")
        return self


class ClaimedLine(TypedDict):
    """Units of a line to ship."""

    line_no: int
    sku: str
    quantity: int


class Address(TypedDict):
    """Where and by which carrier an order is delivered, as the order has it."""

    name: str
    street: str
    postal_code: str
    city: str
    country: str
    carrier: str
    service: str


class ClaimedShipment(TypedDict):
    """A shipment whose units are claimed; without lines, nothing of the order remains to ship."""

    order_id: str
    shipment_id: str
    location: str
    currency: str
    delivery: Address
    lines: list[ClaimedLine]


def shipment_id(order_id: str, number: int) -> str:
    """Return the id of an order's shipment, which a carrier sees."""
    return f"{order_id}-s{number}"


def sent_units(shipment: SentShipment) -> tuple[ShippedUnits, ...]:
    """Return the lines of a shipment as an order stores them."""
    return tuple(ShippedUnits(line_no=line.line_no, quantity=line.quantity) for line in shipment.lines)
