"""Requests and responses of the inventory functions. Quantities are whole units, costs integer minor units."""

from typing import Annotated, Literal, Self, TypedDict

from pydantic import BaseModel, Field, StrictBool, StrictInt, model_validator
from tillflow.fields import (
    MAX_STOCK,
    MAX_UNITS,
    Amount,
    BusinessId,
    Identifier,
    Note,
    Quantity,
    Request,
    StockUnits,
    UnitAmount,
    check_total,
)
from tillflow.money import Currency

# `receipt-` and the id of a delivery note.
Step = Annotated[str, Field(min_length=1, max_length=160, pattern=r"^[^#\p{Cc}]+$")]
MAX_LINES = 1000


class StockLevel(BaseModel):
    """The units and the value of a SKU at a location; reorder_point is null where it is not ordered again."""

    location: str
    sku: str
    on_hand: int
    reserved: int
    available: int
    on_order: int = 0
    reorder_point: int | None = None
    stock_value: int
    currency: str | None = None


class Movement(BaseModel):
    """A change of the units on hand, below 0 for units that left, with the cost that moved."""

    location: str
    sku: str
    at: str
    kind: str
    quantity: int
    cost: int
    business_id: str
    reason: str | None = None
    currency: str | None = None


class Line(Request):
    """Units of a SKU. Lines may repeat a SKU; they are merged."""

    sku: Identifier
    quantity: Quantity


class ReceiptLine(Line):
    """Received units of a SKU and what all of them cost together."""

    cost: Amount


class Need(Request):
    """The level that a line was ordered for: units on order, and the most units available, when it was read.

    reorder_point: the level's new reorder point, if it is above the present one.
    """

    on_order: StockUnits
    available: Annotated[StrictInt, Field(ge=-MAX_STOCK, le=MAX_STOCK)]
    reorder_point: StockUnits | None = None


class OrderedLine(Line):
    """Ordered units. With a need they are ordered only if the level still matches it, so none is ordered twice."""

    need: Need | None = None


class GoodsLine(Line):
    """Received units and what one of them cost."""

    unit_cost: UnitAmount

    @model_validator(mode="after")
    def check_cost(self) -> Self:
        check_total(self.quantity * self.unit_cost)
        return self


class PurchaseRef(Request):
    purchase_order_id: BusinessId


class ReceiveGoods(PurchaseRef):
    """A delivery of a purchase order. `step` distinguishes its deliveries, e.g. ``receipt-1``.

    currency: of the costs; here and below, the stock of a SKU at a location has one currency.
    """

    step: Step
    location: Identifier
    currency: Currency | None = None
    lines: Annotated[tuple[GoodsLine, ...], Field(min_length=1, max_length=MAX_LINES)]

    @model_validator(mode="after")
    def check_cost(self) -> Self:
        check_total(sum(line.quantity * line.unit_cost for line in self.lines))
        return self


class ReturnGoods(PurchaseRef):
    """`steps`: every receipt that may exist; one that does not exist yet is refused afterwards."""

    location: Identifier
    steps: Annotated[tuple[Step, ...], Field(max_length=MAX_LINES)]


class OrderedGoodsOwner(Request):
    """The document that orders goods: a purchase order or a transfer."""

    purchase_order_id: BusinessId | None = None
    transfer_id: BusinessId | None = None

    @model_validator(mode="after")
    def check_one_id(self) -> Self:
        if (self.purchase_order_id is None) == (self.transfer_id is None):
            raise ValueError("either purchase_order_id or transfer_id")
        return self


class RaiseOnOrder(OrderedGoodsOwner):
    location: Identifier
    currency: Currency | None = None
    lines: Annotated[tuple[OrderedLine, ...], Field(min_length=1, max_length=MAX_LINES)]


class LowerOnOrder(OrderedGoodsOwner):
    """Without lines: all open units, and a later raise is refused."""

    step: Step
    lines: Annotated[tuple[Line, ...], Field(max_length=MAX_LINES)] | None = None


class Location(Request):
    """A place with stock: a store or a warehouse."""

    location: Identifier
    name: Annotated[str, Field(max_length=120, pattern=r"^\P{Cc}*$")] = ""


class CorrectionRequest(Request):
    """A correction of a level.

    unit_cost: of found units; by default the average of the level, which has one unless nothing is on hand.
    confirmed: the correction is applied even if it is implausible.
    """

    location: Identifier
    sku: Identifier
    currency: Currency
    unit_cost: UnitAmount | None = None
    confirmed: StrictBool = False


class Adjust(CorrectionRequest):
    """Units found (above 0) or lost (below 0)."""

    adjustment_id: Identifier
    quantity: Annotated[StrictInt, Field(ge=-MAX_UNITS, le=MAX_UNITS)]
    reason: Note


class Count(CorrectionRequest):
    """Units counted on the shelves, reserved ones included; with a unit cost also the first of a SKU at a location."""

    count_id: Identifier
    counted: StockUnits
    reason: Note = "counted"


class Place(Request):
    location: Identifier
    sku: Identifier


class SetReorderPoint(Place):
    """The position at which a SKU is ordered again at a location; null for never."""

    reorder_point: StockUnits | None


class FindNeeds(Request):
    """The levels to check: `needs`, or else one of `segments` shares of all levels with a reorder point."""

    needs: tuple[Place, ...] = ()
    segment: Annotated[StrictInt, Field(ge=0, lt=64)] = 0
    segments: Annotated[StrictInt, Field(gt=0, le=64)] = 1


class ReservationOwner(Request):
    """The document that reserves stock: a customer order or a transfer."""

    order_id: Identifier | None = None
    transfer_id: BusinessId | None = None

    @model_validator(mode="after")
    def check_one_id(self) -> Self:
        if (self.order_id is None) == (self.transfer_id is None):
            raise ValueError("either order_id or transfer_id")
        return self


class Reserve(ReservationOwner):
    location: Identifier
    currency: Currency | None = None
    lines: Annotated[tuple[Line, ...], Field(min_length=1, max_length=MAX_LINES)]


class OrderRef(Request):
    order_id: Identifier


class CommitStock(OrderRef):
    """The order whose reserved units leave. by_hand: they have left otherwise; what is still reserved is released."""

    by_hand: StrictBool = False


class ReturnedLine(Line):
    """Returned units of a SKU: `resell` goes back on hand, `damaged` is written off."""

    condition: Literal["resell", "damaged"] = "resell"


class ReturnedUnits(Request):
    """The units of a return of an order. location, currency: where they came back; needed without a receipt."""

    return_id: Identifier
    location: Identifier | None = None
    currency: Currency | None = None
    lines: Annotated[tuple[ReturnedLine, ...], Field(min_length=1, max_length=MAX_LINES)]


class UnreceiptedUnits(ReturnedUnits):
    """The units of a return without a receipt, and where they come back."""

    location: Identifier
    currency: Currency


class RestockUnreceipted(Request):
    """The units of a return without a receipt, which belong to no order."""

    order_id: None
    returned: UnreceiptedUnits


class CheckRestock(UnreceiptedUnits):
    """A request to check whether a return without a receipt could be put back on hand."""


class Restockable(TypedDict):
    """A return whose units could be put back on hand when they were checked."""

    return_id: str


class RestockGoods(OrderRef):
    """The order whose sold units come back: those of a return, or all of them."""

    returned: ReturnedUnits | None = None


class SkuQuantity(TypedDict):
    sku: str
    quantity: int


class SkuCost(SkuQuantity):
    """`cost`: what all of the units cost together."""

    cost: int


class Reserved(TypedDict):
    business_id: str
    reserved: list[SkuQuantity]


class Released(TypedDict):
    business_id: str
    released: list[SkuQuantity]


class Committed(TypedDict):
    business_id: str
    cost: int
    lines: list[SkuCost]


class Restocked(TypedDict):
    """`returned` is back on hand, `written_off` is not; `released` was not sold yet. Costs are those of the sale."""

    business_id: str
    returned: list[SkuCost]
    released: list[SkuQuantity]
    written_off: list[SkuCost]
    returned_cost: int
    written_off_cost: int


class Received(TypedDict):
    business_id: str
    step: str
    received: list[SkuCost]


class Returned(TypedDict):
    """`cost`: the value at which the goods left; `received_cost`: what they cost when they were received."""

    business_id: str
    returned: list[SkuCost]
    cost: int
    received_cost: int


class Raised(TypedDict):
    business_id: str
    raised: list[SkuQuantity]


class Lowered(TypedDict):
    business_id: str
    step: str
    lowered: list[SkuQuantity]


class EndedStock(TypedDict):
    """What was released of an ended document: units that it reserved, and units that it had on order."""

    released: list[SkuQuantity]
    lowered: list[SkuQuantity]


class LevelNeed(TypedDict):
    location: str
    sku: str
    available: int
    on_order: int
    reorder_point: int


class Needs(TypedDict):
    needs: list[LevelNeed]


class Correction(TypedDict):
    """A correction as it is stored. `quantity` is signed; `on_hand` is the level after it."""

    business_id: str
    location: str
    sku: str
    quantity: int
    cost: int
    on_hand: int


class Announced(TypedDict):
    announced: int
