"""From an order's event to the sales it counts. Quantities are whole units, fewer for what was taken back."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from tillflow.events import OrderCancelled, OrderPaid


@dataclass(frozen=True, slots=True)
class Sales:
    """What one event adds to the sales of a location's day, by SKU and in SKU order."""

    event_id: str
    location: str
    day: date
    quantities: tuple[tuple[str, int], ...]


def sales_of(envelope: Mapping[str, Any]) -> Sales | None:
    """The sales an EventBridge envelope of the order bus counts; None when it counts none.

    A cancelled sale takes its units back from the day it was made. ValidationError (pydantic) when the
    detail is no event of that name.
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
