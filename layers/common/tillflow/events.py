"""The events on the order bus, of ``tillflow.orders`` or ``tillflow.inventory``; the model's name is the detail-type.

Delivered at least once: `event_id` is the key to count one once by. Amounts are minor units of `currency`.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from tillflow.money import Currency

SOURCE = "tillflow.orders"
INVENTORY = "tillflow.inventory"


class _Detail(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SoldLine(_Detail):
    """A line of a sale, discounts taken off."""

    sku: str
    quantity: int = Field(gt=0)
    net: int = Field(ge=0)
    tax: int = Field(ge=0)
    total: int = Field(ge=0)


class Totals(_Detail):
    """Of all lines: subtotal before discounts, total = net + tax."""

    subtotal: int = Field(ge=0)
    discount: int = Field(ge=0)
    net: int = Field(ge=0)
    tax: int = Field(ge=0)
    total: int = Field(ge=0)


class _OrderEvent(_Detail):
    event_id: str
    order_id: str
    location: str
    till: str = Field(alias="register")
    customer_id: str | None
    placed_at: AwareDatetime
    currency: Currency


class OrderPaid(_OrderEvent):
    """A sale is complete. invoice_number is null when the invoice was settled by hand."""

    fulfilment: Literal["carry_out", "ship"]
    invoice_number: str | None
    totals: Totals
    lines: tuple[SoldLine, ...] = Field(min_length=1)


class OrderRejected(_OrderEvent):
    """No sale: what was done is undone. reason is the name of the first error, e.g. PaymentDeclined."""

    total: int = Field(ge=0)
    reason: str


class OrderCancelled(_OrderEvent):
    """No sale stands. was_paid: it had been announced as paid, and `lines` of `total` were taken back.

    credit_note_number is null when no invoice had been issued.
    """

    reason: str
    was_paid: bool
    credit_note_number: str | None
    total: int = Field(ge=0)
    lines: tuple[SoldLine, ...] = Field(min_length=1)


class StockBelowReorderPoint(_Detail):
    """A level's position (available and on order) came down to its reorder point, from above it.

    Source ``tillflow.inventory``. One crossing has one event id, however often it is delivered. Whole units.
    """

    event_id: str
    location: str
    sku: str
    available: int
    on_order: int = Field(ge=0)
    reorder_point: int = Field(ge=0)


def _some(units: int) -> int:
    if units == 0:
        raise ValueError("units found, or lost below 0")
    return units


class StockCorrected(_Detail):
    """Units were found (quantity above 0) or lost (below): a movement of an adjustment or a count.

    Source ``tillflow.inventory``. cost: what they are worth together, never negative.
    """

    event_id: str
    business_id: str = Field(min_length=1, pattern="^[^#]+$")
    location: str
    sku: str
    quantity: Annotated[int, AfterValidator(_some)]
    cost: int = Field(ge=0)
    currency: Currency
    reason: str


EVENTS: dict[str, type[_OrderEvent]] = {
    model.__name__: model for model in (OrderPaid, OrderRejected, OrderCancelled)
}
"""The model of each detail-type of the orders."""
