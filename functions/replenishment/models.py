"""Reorder policies, the requests of the replenishment functions and their responses.

Quantities are whole units, amounts integer minor units.
"""

from decimal import Decimal
from typing import Annotated, Literal, TypedDict

from pydantic import Field, StrictInt
from tillflow.decimals import ExactDecimal
from tillflow.fields import Amount, Identifier, Request, Units
from tillflow.money import Currency

PositiveInt = Annotated[StrictInt, Field(gt=0)]


class Source(Request):
    """A supplier of a SKU. freight: the cost of bringing one unit; on_time: a share from 0 to 1."""

    supplier_id: Identifier
    unit_cost: Units
    freight: Units = 0
    currency: Currency = "EUR"
    lead_time_days: Units = 7
    lead_time_variance: Annotated[ExactDecimal, Field(ge=0)] = Decimal(0)
    on_time: Annotated[ExactDecimal, Field(ge=0, le=1)] = Decimal(1)
    pack_size: PositiveInt = 1
    minimum_quantity: PositiveInt = 1

    @property
    def landed_cost(self) -> int:
        return self.unit_cost + self.freight


class Policy(Request):
    """How a SKU is reordered at a location.

    cover_days: days of demand that an order adds above the reorder point.
    """

    location: Identifier
    sku: Identifier
    service_level: Annotated[ExactDecimal, Field(ge=Decimal("0.5"), lt=1)] = Decimal("0.95")
    cover_days: PositiveInt = 14
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]


class Need(Request):
    """A stock level at or below its reorder point, as inventory reported it."""

    location: Identifier
    sku: Identifier
    available: StrictInt
    on_order: Units
    reorder_point: Units

    @property
    def position(self) -> int:
        return self.available + self.on_order


class Demand(Request):
    """Sums over `days` days: of the units sold a day, and of their squares."""

    location: Identifier
    sku: Identifier
    days: PositiveInt
    total: Units
    squares: Units


class PlanLines(Request):
    run_id: Identifier
    needs: tuple[Need, ...]
    demand: tuple[Demand, ...]


class RunRef(Request):
    run_id: Identifier


class OrderRef(Request):
    run_id: Identifier
    purchase_order_id: Identifier


class AskApproval(OrderRef):
    """A request for approval of an order's total. `asked`: the role that decides.

    attempt is the time and the retry count of the request, as text that sorts by time: a request older than the
    stored one is ignored.
    """

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
    orders: list[str]


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
