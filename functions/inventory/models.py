"""What the inventory functions are asked. Quantities are whole units, costs integer minor units."""

from typing import Annotated

from pydantic import Field, StrictInt
from tillflow.fields import Identifier, Quantity, Request
from tillflow.money import Currency


class Line(Request):
    """Units wanted of a SKU. Lines may repeat a SKU; they are merged."""

    sku: Identifier
    quantity: Quantity


class ReceiptLine(Line):
    """Units received of a SKU; cost is what all of them cost together, in minor units."""

    cost: Annotated[StrictInt, Field(ge=0)]


class Need(Request):
    """The level a line was ordered for, as it was seen: so many on order, and at most so many available.

    reorder_point: from when on it is to be ordered again, should that be earlier than the level says.
    """

    on_order: Annotated[StrictInt, Field(ge=0)]
    available: StrictInt
    reorder_point: Annotated[StrictInt, Field(ge=0)] | None = None


class OrderedLine(Line):
    """Units on order. With a need they are only while that need is there, so nothing is ordered twice."""

    need: Need | None = None


class GoodsLine(Line):
    """Units received; unit_cost is what one of them cost, in minor units."""

    unit_cost: Annotated[StrictInt, Field(ge=0)]


class ReceiveGoods(Request):
    """step tells the deliveries of one purchase order apart, e.g. `receipt-1`."""

    business_id: Identifier
    step: Identifier
    location: Identifier
    lines: Annotated[tuple[GoodsLine, ...], Field(min_length=1)]


class RaiseOnOrder(Request):
    business_id: Identifier
    location: Identifier
    lines: Annotated[tuple[OrderedLine, ...], Field(min_length=1)]


class LowerOnOrder(Request):
    """Without lines: all that is still open, and a raise that arrives later is refused."""

    business_id: Identifier
    step: Identifier
    lines: tuple[Line, ...] | None = None


class Adjust(Request):
    """Units found (above 0) or lost (below); without a unit cost found ones come in at the average of the rest."""

    adjustment_id: Identifier
    location: Identifier
    sku: Identifier
    quantity: StrictInt
    currency: Currency
    reason: Annotated[str, Field(min_length=1, max_length=200)]
    unit_cost: Annotated[StrictInt, Field(ge=0)] | None = None


class Count(Request):
    """What was counted on the shelves, reserved units among them."""

    count_id: Identifier
    location: Identifier
    sku: Identifier
    counted: Annotated[StrictInt, Field(ge=0)]
    currency: Currency
    reason: Annotated[str, Field(min_length=1, max_length=200)] = "counted"


class Place(Request):
    location: Identifier
    sku: Identifier


class FindNeeds(Request):
    """The levels to look at: those named, or else one of `segments` shares of all that have a reorder point."""

    needs: tuple[Place, ...] = ()
    segment: Annotated[StrictInt, Field(ge=0)] = 0
    segments: Annotated[StrictInt, Field(gt=0, le=64)] = 1


class Reserve(Request):
    order_id: Identifier
    location: Identifier
    lines: Annotated[tuple[Line, ...], Field(min_length=1)]


class OrderRef(Request):
    order_id: Identifier
