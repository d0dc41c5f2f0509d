"""The demand functions: count what orders announce, and say what was sold."""

import os
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StrictInt
from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse
from tillflow.queue import process_batch

from demand.rules import sales_of
from demand.store import DemandStore

store = DemandStore(client("dynamodb"), os.environ["TABLE_NAME"])


class Place(BaseModel):
    location: Annotated[str, Field(min_length=1)]
    sku: Annotated[str, Field(min_length=1)]


class ReadDemand(BaseModel):
    """until: the first day that no longer counts; today when missing."""

    needs: list[Place]
    days: Annotated[StrictInt, Field(gt=0, le=366)] = 28
    until: date | None = None


@handler
def count_demand(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A batch of order events from the queue, each counted once; those that failed are named and come again."""
    return process_batch(event, _count)


@handler
def read_demand(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{needs: [{location, sku}], days?, until?}`` to ``{demand: [{location, sku, days, total, squares}]}``."""
    request = parse(ReadDemand, event)
    places = [(need.location, need.sku) for need in request.needs]
    return {"demand": store.sums(places, request.days, request.until or datetime.now(UTC).date())}


def _count(event: dict[str, Any]) -> None:
    sales = sales_of(event)
    if sales:
        store.count(sales)
