"""The sales that an order event counts. Quantities are whole units, negative for a cancelled sale."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from tillflow.events import OrderCancelled, OrderPaid


@dataclass(frozen=True, slots=True)
class Sales:
    """The units that one event adds to the sales of a location's day, in SKU order."""

    event_id: str
    location: str
    day: date
    quantities: tuple[tuple[str, int], ...]


def sales_of(envelope: Mapping[str, Any]) -> Sales | None:
    """Return the sales of an EventBridge envelope of the order bus; None if it has none.

    A cancelled sale subtracts its units from the day it was made. ValidationError (pydantic) if the detail is not
    an event of that name.
    """
    detail, sign = envelope["detail"], 1
    if envelope["detail-type"] == "OrderCancelled":
        event: OrderPaid | OrderCancelled = OrderCancelled.model_validate(detail)
        if not detail["was_paid"]:
            return None
        sign = -1
    else:
        event = OrderPaid.model_validate(detail)
    quantities: Counter[str] = Counter()
    for line in event.lines:
        quantities[line.sku] += sign * line.quantity
    day = event.placed_at.astimezone(UTC).date()
    return Sales(event.event_id, event.location, day, tuple(sorted(quantities.items())))
