"""Requests and responses of returns, and a return as it is stored. Amounts are integer minor units."""

import json
from typing import Annotated, Any, Literal, NotRequired, Self, TypedDict

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, model_validator
from tillflow.fields import VISIBLE_LINE, Amount, Identifier, Note, Quantity, Record
from tillflow.money import Currency
from tillflow.tax import TaxSum

from orders.models import Code, OrderId

MAX_LINES = 1_000
MAX_UNRECEIPTED_LINES = 100
ReturnId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""It names the return's execution."""
SHIPMENT_PREFIX = "shipment-"
"""What the ids of the returns of shipments that did not arrive begin with."""
type Condition = Literal["resell", "damaged"]
type RefundTo = Literal["original", "store_credit"]


def _from_json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


class ReturnLine(Record):
    """Units of a line of the order; `sku` is compared with it, so that a line of another receipt is found out.

    condition: `resell` goes back into stock, `damaged` is written off.
    """

    line_no: Annotated[StrictInt, Field(gt=0, le=MAX_LINES)]
    sku: Identifier
    quantity: Quantity
    condition: Condition = "resell"
    reason: Note = "returned"


class Override(Record):
    """A manager's permission to return after the return window."""

    manager: Annotated[str, Field(min_length=1, max_length=128, pattern=VISIBLE_LINE)]
    note: Note


class ReturnRef(BaseModel):
    """A request about a return."""

    return_id: ReturnId


class ValuedLine(Record):
    """A line as the catalog values it."""

    line_no: int
    sku: str
    description: str
    quantity: int
    tax_class: str
    tax_rate: str
    net: int
    tax: int
    total: int


class Valued(Record):
    """The lines of a return without a receipt, as the catalog values them."""

    lines: tuple[ValuedLine, ...]


class ReturnOrder(Record):
    """A request to return units of a paid order; the workflow adds the name of its execution.

    currency: that of the order. refund: to the tenders of the sale, or as store credit to `customer_id`, which is by
    default the order's. for_exchange: the workflow of an exchange claims the units.

    Without a receipt `order_id` is null: `location` and `register` say where the units come back, a manager allows it,
    and their value, which the workflow adds as `valued`, becomes store credit of the customer.
    """

    return_id: ReturnId
    execution_name: str | None = None
    order_id: OrderId | None
    location: Code | None = None
    till: Code | None = Field(default=None, alias="register")
    currency: Currency
    lines: Annotated[tuple[ReturnLine, ...], Field(min_length=1, max_length=MAX_LINES)]
    refund: RefundTo = "original"
    customer_id: Identifier | None = None
    override: Override | None = None
    valued: Valued | None = None
    for_exchange: bool = False

    @property
    def sent(self) -> dict[str, Any]:
        """The request as the caller sent it, without what the workflow adds."""
        place = set() if self.order_id is None else {"location", "till"}
        return self.model_dump(
            mode="json", by_alias=True, exclude={"execution_name", "for_exchange", "valued", *place}
        )

    @model_validator(mode="after")
    def return_names_its_execution(self) -> Self:
        # Every effect is keyed by the return id: two executions must not share one.
        if self.execution_name not in (None, self.return_id):
            raise ValueError(f"return_id {self.return_id} as the name of the execution")
        return self

    @model_validator(mode="after")
    def lines_are_unique(self) -> Self:
        if len({line.line_no for line in self.lines}) != len(self.lines):
            raise ValueError("lines with a line_no of their own each")
        return self

    @model_validator(mode="after")
    def without_a_receipt_is_complete(self) -> Self:
        places = (self.location, self.till)
        if self.order_id is not None:
            if places != (None, None):
                raise ValueError("no location and register with an order_id")
            return self
        if None in (*places, self.customer_id, self.override) or self.refund != "store_credit":
            raise ValueError(
                "location, register, customer_id, override and refund store_credit when order_id is null"
            )
        return self


class ExchangedSale(Record):
    """The sale of an exchange, and how much of it the returned units paid."""

    order_id: OrderId
    amount: Amount


class ConfirmClaim(Record):
    """A request to read the claim that an exchange has made for the execution of its return."""

    return_id: ReturnId
    execution: Annotated[str, Field(min_length=1, max_length=2048)]
    exchange: ExchangedSale


class AttemptedSale(Record):
    """The sale that an exchange has tried to start, and the ARN of the execution that would make it."""

    order_id: OrderId
    execution: Annotated[str, Field(min_length=1, max_length=2048)]


class ReleaseReturn(Record):
    """A request to give the claimed units of a return back; error and cause are those of the failure."""

    return_id: ReturnId
    execution: Annotated[str, Field(max_length=2048)]
    sale: AttemptedSale | None = None
    error: str = ""
    cause: str = ""


class ReturnedLine(TypedDict):
    """A claimed line with its share of the sale's net and tax: total = net + tax.

    category: that of the product when it was sold, if it had one.
    """

    line_no: int
    sku: str
    description: str
    quantity: int
    condition: Condition
    reason: str
    tax_class: str
    tax_rate: str
    category: NotRequired[str]
    net: int
    tax: int
    total: int


class ReturnedTotals(TypedDict):
    """Sums over the returned lines; total = net + tax + rounding.

    rounding: of the refund in cash, and that of the sale with its last units.
    """

    net: int
    tax: int
    rounding: int
    total: int


class ClaimedReturn(TypedDict):
    """A return whose units are claimed, with the parts of its order that later steps need.

    on_account: the customer owed a part of the order when it was sold.

    Without a receipt the order_id is None, and placed_at is the time of the return.
    """

    return_id: str
    order_id: str | None
    location: str
    register: str
    placed_at: str
    currency: str
    customer_id: str | None
    on_account: bool
    refund: RefundTo
    reason: str
    lines: list[ReturnedLine]
    taxes: list[TaxSum]
    totals: ReturnedTotals


class ReleasedReturn(TypedDict):
    """A return that claims nothing, and no longer can."""

    return_id: str
    status: Literal["RELEASED"]


class Exchanged(BaseModel):
    """An exchange as its execution has it.

    order_id: the new sale; placed_at: its time; returned: the value of the returned units; sold: the total of the sale.
    reason and cause are those of a refusal.
    """

    return_id: str
    status: Literal["RUNNING", "COMPLETED", "REFUSED"]
    order_id: str
    placed_at: str | None = None
    returned: int | None = None
    sold: int | None = None
    reason: str | None = None
    cause: str | None = None


class Refund(Record):
    """A part of a refund: the tender it went to, 0 if it went to none of the order's."""

    tender_no: int
    type: str
    amount: int


class Return(BaseModel):
    """A return as it is stored: the attributes of its row, less the key.

    CLAIMED, then COMPLETED or RELEASED. One that was released before it claimed anything has no document; one without
    a receipt has no order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    return_id: str
    status: Literal["CLAIMED", "COMPLETED", "RELEASED"]
    execution: str
    order_id: str | None = None
    claimed_at: str | None = None
    currency: str | None = None
    total: int | None = None
    request: Annotated[dict[str, Any] | None, BeforeValidator(_from_json)] = None
    document: Annotated[dict[str, Any] | None, BeforeValidator(_from_json)] = None
    completed_at: str | None = None
    credit_note_number: str | None = None
    refunds: Annotated[list[Refund] | None, BeforeValidator(_from_json)] = None
    reason: str | None = None
    cause: str | None = None
