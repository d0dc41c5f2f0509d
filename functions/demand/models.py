"""The requests of the demand functions and their responses. Quantities are whole units."""

from datetime import date
from typing import Annotated, TypedDict

from pydantic import BaseModel, Field, StrictInt


class Place(BaseModel):
    location: Annotated[str, Field(min_length=1)]
    sku: Annotated[str, Field(min_length=1)]


class ReadDemand(BaseModel):
    """until: the first day that is not counted; today if missing."""

    needs: list[Place]
    days: Annotated[StrictInt, Field(gt=0, le=366)] = 28
    until: date | None = None


class DemandSums(TypedDict):
    """Sums over `days` days: of the units sold a day, and of their squares."""

    location: str
    sku: str
    days: int
    total: int
    squares: int


class DemandRead(TypedDict):
    demand: list[DemandSums]
