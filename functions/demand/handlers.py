"""The demand functions: count the sales of order events, and return what was sold."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse
from tillflow.queue import BatchResponse, process_batch
from tillflow.times import utc_now

from demand.models import DemandRead, ReadDemand
from demand.rules import sales_of
from demand.store import DemandStore

store = DemandStore(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def count_demand(event: dict[str, Any], context: Any) -> BatchResponse:
    """Count each order event of a queue's batch once; return the failed messages."""
    return process_batch(event, _count)


@handler
def read_demand(event: dict[str, Any], context: Any) -> DemandRead:
    """Return the sums of ``{needs: [{location, sku}], days?, until?}``."""
    request = parse(ReadDemand, event)
    places = [(need.location, need.sku) for need in request.needs]
    return {"demand": store.sums(places, request.days, request.until or utc_now().date())}


def _count(event: dict[str, Any]) -> None:
    sales = sales_of(event)
    if sales:
        store.count(sales)
