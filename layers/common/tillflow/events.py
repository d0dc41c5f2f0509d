"""Events on the order bus, of ``tillflow.orders``, ``.inventory`` or ``.payments``; a model's name is its detail-type.

They are delivered at least once: `event_id` is the key to deduplicate by. Amounts are minor units of `currency`.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictInt

from tillflow.fields import MAX_STOCK, Amount, Day, Identifier, Quantity, Record, Timestamp
from tillflow.money import Currency

INVENTORY = "tillflow.inventory"
PAYMENTS = "tillflow.payments"
CREDIT_KINDS = ("goodwill", "cash", "bank_transfer", "expiry")
"""The changes of credit that are published; a workflow posts those that it makes."""

EventId = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^\P{Cc}+$")]
Text = Annotated[str, Field(max_length=1000, pattern=r"^\P{Cc}*$")]
Count = Annotated[StrictInt, Field(ge=0, le=MAX_STOCK)]
Level = Annotated[StrictInt, Field(ge=-MAX_STOCK, le=MAX_STOCK)]


class SoldLine(Record):
    """A line of a sale, after discounts. tax_rate and category are those of the sale; "" before they were sent."""

    sku: Identifier
    quantity: Quantity
    tax_rate: Annotated[str, Field(pattern=r"^([0-9]{1,3}(\.[0-9]{1,10})?)?$")] = ""
    category: Annotated[str, Field(max_length=60, pattern=r"^\P{Cc}*$")] = ""
    net: Amount
    tax: Amount
    total: Amount


class PaidTender(Record):
    """A tender of a sale and the amount it paid."""

    type: Text
    amount: Amount


class Totals(Record):
    """Sums over the lines: subtotal before discounts, total = net + tax + rounding (of the amount due in cash)."""

    subtotal: Amount
    discount: Amount
    net: Amount
    tax: Amount
    rounding: Annotated[StrictInt, Field(ge=-1_000, le=1_000)] = 0
    total: Amount


class _SaleEvent(Record):
    event_id: EventId
    location: Identifier
    till: Identifier = Field(alias="register")
    customer_id: Identifier | None
    placed_at: Timestamp
    currency: Currency


class _OrderEvent(_SaleEvent):
    order_id: Identifier


class OrderPaid(_OrderEvent):
    """A sale is complete. invoice_number is None if the invoice was settled by hand."""

    fulfilment: Literal["carry_out", "ship"]
    invoice_number: Text | None
    totals: Totals
    tenders: tuple[PaidTender, ...] = ()
    lines: tuple[SoldLine, ...] = Field(min_length=1)


class OrderRejected(_OrderEvent):
    """An order was rejected and its effects undone. reason: the name of the first error, e.g. PaymentDeclined."""

    total: Amount
    reason: Text


class OrderCancelled(_OrderEvent):
    """An order was cancelled. was_paid: OrderPaid had been published, and `lines` of `total` were put back.

    credit_note_number is None if no invoice had been issued.
    """

    reason: Text
    was_paid: bool
    credit_note_number: Text | None
    total: Amount
    tenders: tuple[PaidTender, ...] = ()
    lines: tuple[SoldLine, ...] = Field(min_length=1)


class ReturnedLine(SoldLine):
    """Units that came back: `resell` are in stock again, `damaged` are written off."""

    condition: Literal["resell", "damaged"]


class RefundedPart(Record):
    """What a tender of the order got back; tender_no is 0 for what went to none of them."""

    tender_no: Annotated[StrictInt, Field(ge=0)]
    type: Text
    amount: Amount


class OrderReturned(_SaleEvent):
    """Units of a sale were returned and refunded. credit_note_number is None if the invoice has no number.

    Without a receipt order_id is None, and placed_at is the time of the return.
    """

    order_id: Identifier | None
    return_id: Identifier
    credit_note_number: Text | None
    total: Amount
    refunds: tuple[RefundedPart, ...]
    lines: tuple[ReturnedLine, ...] = Field(min_length=1)


class StockBelowReorderPoint(Record):
    """A level's position (available and on order) fell to its reorder point.

    Source ``tillflow.inventory``. One crossing has one event id, however often it is delivered. Whole units.
    """

    event_id: EventId
    location: Identifier
    sku: Identifier
    available: Level
    on_order: Annotated[StrictInt, Field(ge=0, le=MAX_STOCK)]
    reorder_point: Annotated[StrictInt, Field(ge=0, le=MAX_STOCK)]


def _not_zero(units: int) -> int:
    if units == 0:
        raise ValueError("units found, or lost below 0")
    return units


class StockCorrected(Record):
    """Units were found (quantity above 0) or lost (below): a movement of an adjustment or a count.

    Source ``tillflow.inventory``. cost: the value of all units, never negative.
    """

    event_id: EventId
    business_id: Identifier
    location: Identifier
    sku: Identifier
    quantity: Annotated[StrictInt, Field(ge=-MAX_STOCK, le=MAX_STOCK), AfterValidator(_not_zero)]
    cost: Amount
    currency: Currency
    reason: Text


class CreditChanged(Record):
    """Credit of a customer or a gift card was granted (goodwill, or paid for), or expired.

    Source ``tillflow.payments``. entry_id: the grant's id, or that of its expiry.
    """

    event_id: EventId
    entry_id: Identifier
    holder: Literal["customer", "gift_card"]
    kind: Literal["goodwill", "cash", "bank_transfer", "expiry"]
    amount: Amount
    currency: Currency
    reason: Text


class PaymentsReconciled(Record):
    """The books of the payment providers were compared with those of a day, in UTC.

    Source ``tillflow.payments``. Counts of charges and tenders: those compared, of these those whose order is in
    progress, which the next run compares, and those of other systems; and of the differences, each of which has a case.
    """

    event_id: EventId
    run_id: Identifier
    day: Day
    compared: Count
    unsettled: Count
    foreign: Count
    differences: Count


EVENTS: dict[str, type[_SaleEvent]] = {
    model.__name__: model for model in (OrderPaid, OrderRejected, OrderCancelled, OrderReturned)
}
"""The model of each detail-type of order events."""
