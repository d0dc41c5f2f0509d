"""What replenishment knows of a SKU and is asked. Quantities are whole units, amounts integer minor units."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from tillflow.discounts import ExactDecimal
from tillflow.fields import Identifier, Units
from tillflow.money import Currency

Several = Annotated[StrictInt, Field(gt=0)]


class Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Source(Record):
    """A supplier of a SKU. freight is what bringing one unit costs; on_time is a share from 0 to 1."""

    supplier_id: Identifier
    unit_cost: Units
    freight: Units = 0
    currency: Currency = "EUR"
    lead_time_days: Units = 7
    lead_time_variance: Annotated[ExactDecimal, Field(ge=0)] = Decimal(0)
    on_time: Annotated[ExactDecimal, Field(ge=0, le=1)] = Decimal(1)
    pack_size: Several = 1
    minimum_quantity: Several = 1

    @property
    def landed_cost(self) -> int:
        return self.unit_cost + self.freight


class Policy(Record):
    """How a SKU is kept at a location: from whom, at which service level, for how many days beyond the point."""

    location: Identifier
    sku: Identifier
    service_level: Annotated[ExactDecimal, Field(ge=Decimal("0.5"), lt=1)] = Decimal("0.95")
    cover_days: Several = 14
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]


class Need(Record):
    """A level at or below its reorder point, as inventory saw it."""

    location: Identifier
    sku: Identifier
    available: StrictInt
    on_order: Units
    reorder_point: Units

    @property
    def position(self) -> int:
        return self.available + self.on_order


class Demand(Record):
    """Sums over `days` days: of the units sold, and of their squares."""

    location: Identifier
    sku: Identifier
    days: Several
    total: Units
    squares: Units


class PlanLines(Record):
    run_id: Identifier
    needs: tuple[Need, ...]
    demand: tuple[Demand, ...]


class RunRef(Record):
    run_id: Identifier


class OrderRef(Record):
    run_id: Identifier
    purchase_order_id: Identifier


class AskApproval(OrderRef):
    """Who is asked: a manager first, the owner when the manager stays silent.

    attempt is when the workflow asked, in an order that text sorts by: what was asked before the last came late.
    """

    asked: Annotated[str, Field(pattern="^(manager|owner)$")]
    attempt: Annotated[str, Field(min_length=1)]
    task_token: Annotated[str, Field(min_length=1)]
