"""Requests and responses of reports. Amounts are integer minor units."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field
from tillflow.fields import Request, Timestamp

from reports.dimensions import Dimension


class Envelope(Request):
    """The EventBridge envelope of an order event. time: when it was published."""

    detail_type: Literal["OrderPaid", "OrderCancelled", "OrderReturned"] = Field(alias="detail-type")
    time: Timestamp
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figures:
    """What was sold, and what came back by returns and cancels, both as positive numbers.

    A tender has totals only: what it paid and what it got back, with the rounding of cash.
    """

    sales: int = 0
    units: int = 0
    net: int = 0
    tax: int = 0
    total: int = 0
    returns: int = 0
    returned_units: int = 0
    returned_net: int = 0
    returned_tax: int = 0
    returned_total: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """What one event adds to a day: figures by dimension and value, in their order.

    business_id: the order, or a return without a receipt.
    """

    event_id: str
    business_id: str
    currency: str
    day: date
    figures: tuple[tuple[Dimension, str, Figures], ...]


class SalesRow(BaseModel):
    """The sales of a day by a value of the dimension, such as a SKU; the value of a day is ""."""

    day: date
    value: str
    currency: str
    sales: int = 0
    units: int = 0
    net: int = 0
    tax: int = 0
    total: int = 0
    returns: int = 0
    returned_units: int = 0
    returned_net: int = 0
    returned_tax: int = 0
    returned_total: int = 0
