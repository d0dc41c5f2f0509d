"""The requests of the demand functions and their responses. Quantities are whole units."""

from typing import Annotated, Any, Literal, TypedDict

from pydantic import Field, StrictInt
from tillflow.fields import Day, Identifier, Request


class Place(Request):
    location: Identifier
    sku: Identifier


class ReadDemand(Request):
    """until: the first day that is not counted; today if missing."""

    needs: Annotated[tuple[Place, ...], Field(max_length=10_000)]
    days: Annotated[StrictInt, Field(gt=0, le=366)] = 28
    until: Day | None = None


class Envelope(Request):
    """The EventBridge envelope of an order event."""

    detail_type: Literal["OrderPaid", "OrderCancelled", "OrderReturned"] = Field(alias="detail-type")
    detail: dict[str, Any]


class DemandSums(TypedDict):
    """Sums over `days` days: of the units sold a day, and of their squares."""

    location: str
    sku: str
    days: int
    total: int
    squares: int


class DemandRead(TypedDict):
    demand: list[DemandSums]
