"""Drafts of orders. A draft has no prices and no tenders: both are those of the time when it is sold."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from tillflow.discounts import Discount
from tillflow.fields import Identifier, Note, Quantity, Record, Timestamp
from tillflow.money import Currency
from tillflow.order_request import (
    MAX_DISCOUNTS,
    MAX_LINES,
    MAX_TENDERS,
    CustomerTender,
    LabelBarcode,
    PlacedAt,
)

from orders.models import Code, OrderId

type Status = Literal["OPEN", "PLACED", "DISCARDED"]
AddressText = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^\P{Cc}+$")]


class DraftLine(Record):
    """A product and a quantity. barcode: that of a label which has the price or weight of each unit."""

    sku: Identifier
    quantity: Quantity
    barcode: LabelBarcode | None = None
    discount: Discount | None = None


class DraftOrder(Record):
    """The order of a draft. Its fields are those of an order, which may still be incomplete."""

    model_config = ConfigDict(serialize_by_alias=True)

    location: Code
    till: Code = Field(alias="register")
    currency: Currency
    customer_id: Code | None = None
    fulfilment: Literal["carry_out", "ship"] = "carry_out"
    delivery: Annotated[dict[Code, AddressText] | None, Field(max_length=10)] = None
    lines: Annotated[tuple[DraftLine, ...], Field(max_length=MAX_LINES)]
    discounts: Annotated[tuple[Discount, ...], Field(max_length=MAX_DISCOUNTS)] = ()
    note: Annotated[str, Field(max_length=200, pattern=r"^\P{Cc}*$")] = ""


class CreateDraft(Record):
    """A request to keep an order. The client makes `draft_id`; it is the order's id when the draft is sold."""

    draft_id: OrderId
    order: DraftOrder


class DraftRef(BaseModel):
    """A request about a draft."""

    draft_id: OrderId


class DraftsOfLocation(BaseModel):
    """A request for the drafts of a location."""

    location: Code


class SellDraft(Record):
    """How a draft is paid. It is sold at the prices of this time.

    approval_note: a manager's reason for discounts above what a cashier may give.
    """

    placed_at: PlacedAt
    tenders: Annotated[tuple[CustomerTender, ...], Field(max_length=MAX_TENDERS)]
    approval_note: Note | None = None


class Draft(Record):
    """A draft as it is stored. It is deleted some days after its last change."""

    draft_id: OrderId
    status: Status = "OPEN"
    version: int = 1
    order: DraftOrder
    changed_at: Timestamp
    expires_at: Timestamp
