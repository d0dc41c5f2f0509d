"""Reorder policies, the requests of the replenishment functions and their responses.

Quantities are whole units, amounts integer minor units.
"""

from decimal import Decimal
from typing import Annotated, Literal, Self, TypedDict

from pydantic import BaseModel, BeforeValidator, Field, StrictInt, model_validator
from tillflow.decimals import Rate, plain_decimal
from tillflow.fields import (
    MAX_STOCK,
    MAX_UNITS,
    Amount,
    BusinessId,
    Identifier,
    Quantity,
    Request,
    StockUnits,
    UnitAmount,
    check_total,
)
from tillflow.money import Currency
from tillflow.references import Reference

MAX_NEEDS = 10_000

Variance = Annotated[Decimal, BeforeValidator(plain_decimal(4, "2.25")), Field(ge=0, le=1_000_000)]
"""Of a lead time, in days squared."""


class Source(Request):
    """A supplier of a SKU. freight: the cost of bringing one unit; on_time: a share from 0 to 1."""

    supplier_id: Identifier
    unit_cost: UnitAmount
    freight: UnitAmount = 0
    currency: Currency = "EUR"
    lead_time_days: Annotated[StrictInt, Field(ge=0, le=365)] = 7
    lead_time_variance: Variance = Decimal(0)
    on_time: Rate = Decimal(1)
    pack_size: Quantity = 1
    minimum_quantity: Quantity = 1

    @model_validator(mode="after")
    def check_minimum(self) -> Self:
        if self.smallest_order > MAX_UNITS:
            raise ValueError(f"a minimum of at most {MAX_UNITS:,} units in whole packs")
        check_total(self.smallest_order * self.unit_cost)
        return self

    @property
    def landed_cost(self) -> int:
        return self.unit_cost + self.freight

    @property
    def smallest_order(self) -> int:
        """The minimum quantity in whole packs."""
        return -(-self.minimum_quantity // self.pack_size) * self.pack_size


class PolicyRef(Request):
    """The SKU and the location of a policy."""

    location: Identifier
    sku: Identifier


class Policy(Request):
    """How a SKU is reordered at a location.

    cover_days: days of demand that an order adds above the reorder point.
    """

    location: Identifier
    sku: Identifier
    service_level: Annotated[Rate, Field(ge=Decimal("0.5"), lt=1)] = Decimal("0.95")
    cover_days: Annotated[StrictInt, Field(gt=0, le=366)] = 14
    sources: Annotated[tuple[Source, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def check_sources(self) -> Self:
        if len({source.currency for source in self.sources}) > 1:
            raise ValueError("sources in one currency: costs in different ones cannot be compared")
        if len({source.supplier_id for source in self.sources}) != len(self.sources):
            raise ValueError("one source per supplier")
        return self

    @property
    def references(self) -> list[Reference]:
        """Return what the policy names of other records: location, product and suppliers."""
        suppliers = enumerate(self.sources)
        return [
            Reference("location", "location", self.location),
            Reference("product", "sku", self.sku),
            *(Reference("supplier", f"sources[{n}].supplier_id", one.supplier_id) for n, one in suppliers),
        ]


class ReorderPoint(BaseModel):
    """The reorder point that recent demand gives a policy; supplier_id: its best source."""

    supplier_id: str
    reorder_point: int


class Need(Request):
    """A stock level at or below its reorder point, as inventory reported it."""

    location: Identifier
    sku: Identifier
    available: Annotated[StrictInt, Field(ge=-MAX_STOCK, le=MAX_STOCK)]
    on_order: StockUnits
    reorder_point: StockUnits

    @property
    def position(self) -> int:
        return self.available + self.on_order


class Demand(Request):
    """Sums over `days` days: of the units sold a day, and of their squares."""

    location: Identifier
    sku: Identifier
    days: Annotated[StrictInt, Field(gt=0, le=366)]
    total: Amount
    squares: Amount


class PlanLines(Request):
    run_id: Identifier
    needs: Annotated[tuple[Need, ...], Field(max_length=MAX_NEEDS)]
    demand: Annotated[tuple[Demand, ...], Field(max_length=MAX_NEEDS)]


class RunRef(Request):
    run_id: Identifier


class LoadOrder(Request):
    """A request for a planned order of a run by its number, from 0."""

    run_id: Identifier
    number: Annotated[StrictInt, Field(ge=0)]


class AskApproval(Request):
    """A request for approval of an order's total. `asked`: the role that decides.

    attempt is the time and the retry count of the request, as text that sorts by time: a request older than the
    stored one is ignored.
    """

    run_id: Identifier
    purchase_order_id: BusinessId
    total: Amount
    currency: Currency
    asked: Literal["manager", "owner"]
    attempt: Annotated[str, Field(min_length=1, max_length=64)]
    task_token: Annotated[str, Field(min_length=1, max_length=2048)]


class PlannedLines(TypedDict):
    """planned: the number of lines; unplanned: SKUs without a policy."""

    planned: int
    unplanned: list[str]


class GroupedOrders(TypedDict):
    """How many orders a run has; they are numbered from 0."""

    orders: int


class OrderNeed(TypedDict):
    """The stock level that a line was planned for; inventory raises its on-order count only while it is the same."""

    on_order: int
    available: int
    reorder_point: int


class OrderLine(TypedDict):
    sku: str
    quantity: int
    unit_cost: int
    need: OrderNeed


class OrderSupplier(TypedDict):
    supplier_id: str


class PlannedOrder(TypedDict):
    """An order of one supplier as a run planned it, with its total at the policies' costs.

    other_total: the total of the run's other orders of the same supplier, location and currency.
    """

    purchase_order_id: str
    location: str
    currency: str
    lines: list[OrderLine]
    suppliers: list[OrderSupplier]
    total: int
    other_total: int


class ApprovalRequested(TypedDict):
    purchase_order_id: str


class Approval(Request):
    """A pending approval."""

    purchase_order_id: str
    run_id: str
    asked: str
    total: int
    currency: str
    asked_at: str
