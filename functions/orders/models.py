"""Requests of the orders service, its responses, and an order as it is stored. Amounts are integer minor units."""

import json
from typing import Annotated, Any, Literal, TypedDict

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from tillflow.fields import CODE, VISIBLE_LINE, Record

# The id names the order's executions, and a repeated cancel adds `.<n>` to it.
OrderId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Code = Annotated[str, Field(pattern=CODE)]
"""The id of a location or customer."""
CancelReason = Annotated[str, Field(min_length=1, max_length=500, pattern=VISIBLE_LINE)]
type Status = Literal["PLACED", "PAID", "REJECTED", "CANCELLED"]


def _from_json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


class OrderRef(BaseModel):
    """A request about an order."""

    order_id: OrderId


class CancelOrder(BaseModel):
    """A request to cancel an order. The reason is printed on the credit note."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order_id: OrderId
    reason: CancelReason = "cancelled"


class Cancellation(TypedDict):
    """A validated cancel request, and the execution of the order's checkout; None while the order has no row."""

    order_id: str
    reason: str
    checkout: str | None


class OrderSummary(BaseModel):
    """An order in a list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order_id: str
    status: Status
    location: str
    customer_id: str | None = None
    placed_at: str
    currency: str
    total: int
    paid_at: str | None = None
    invoice_number: str | None = None


class ClaimedUnits(Record):
    """Units of a line that a return claims, with their tax and total."""

    line_no: int
    quantity: int
    tax: int
    total: int


class Claim(Record):
    """What a return claims of its order, from its first step on.

    value: of its units; amount: what it refunds, which differs by the rounding of a refund in cash. None for the claims
    of earlier releases, which were not rounded. refund: what gets the amount; the exchange if it pays one first.
    """

    return_id: str
    lines: tuple[ClaimedUnits, ...]
    refund: Literal["original", "store_credit", "exchange"] = "original"
    value: int | None = None
    amount: int | None = None


class ShippedUnits(Record):
    """Units of a line in a shipment."""

    line_no: int
    quantity: int


class OrderShipment(Record):
    """A shipment of the order, with the units that its carrier took."""

    shipment_id: str
    lines: tuple[ShippedUnits, ...]


class OrderShipments(Record):
    """The shipments of an order. withheld: units by line that were returned before a carrier had them."""

    shipments: tuple[OrderShipment, ...] = ()
    withheld: dict[int, int] = Field(default_factory=dict)


class Order(BaseModel):
    """An order as it is stored: the attributes of its row, less the key.

    `document` is the priced order. An order that was rejected before it was opened has no document. `returns` has the
    claims of its returns, less those that were released; an order with `shipments` can no longer be cancelled.
    `paid_by_exchange`: the value of returned units paid a part of the order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    order_id: str
    status: Status
    execution: str
    location: str | None = None
    customer_id: str | None = None
    placed_at: str | None = None
    currency: str | None = None
    total: int | None = None
    paid_by_exchange: bool = False
    document: Annotated[dict[str, Any] | None, BeforeValidator(_from_json)] = None
    paid_at: str | None = None
    invoice_number: str | None = None
    reason: str | None = None
    cause: str | None = None
    cancel_execution: str | None = None
    cancelled_at: str | None = None
    cancel_reason: str | None = None
    returns: Annotated[tuple[Claim, ...] | None, BeforeValidator(_from_json)] = None
    shipments: Annotated[OrderShipments | None, BeforeValidator(_from_json)] = None
