"""The sales that an order event counts. Quantities are whole units, negative for what was cancelled or returned."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date
from hashlib import sha256
from typing import Any

from tillflow.events import OrderCancelled, OrderPaid, OrderReturned
from tillflow.parsing import parse

from demand.models import Envelope


@dataclass(frozen=True, slots=True)
class Sales:
    """The units that one event adds to the sales of a location's day, in SKU order."""

    event_id: str
    location: str
    day: date
    quantities: tuple[tuple[str, int], ...]

    @property
    def digest(self) -> str:
        """A hash of what the event adds, that differs from the hash of another event with its id."""
        content = json.dumps([self.location, self.day.isoformat(), self.quantities])
        return sha256(content.encode()).hexdigest()


def sales_of(envelope: Mapping[str, Any]) -> Sales | None:
    """Return the sales of an EventBridge envelope of the order bus; None if it has none. InvalidRequest.

    A cancelled sale and a return subtract their units from the day of the sale.
    """
    parsed = parse(Envelope, envelope)
    event: OrderPaid | OrderCancelled | OrderReturned
    match parsed.detail_type:
        case "OrderPaid":
            event, sign = parse(OrderPaid, parsed.detail), 1
        case "OrderCancelled":
            event, sign = parse(OrderCancelled, parsed.detail), -1
            if not event.was_paid:
                return None
        case "OrderReturned":
            event, sign = parse(OrderReturned, parsed.detail), -1
    quantities: Counter[str] = Counter()
    for line in event.lines:
        quantities[line.sku] += sign * line.quantity
    day = event.placed_at.astimezone(UTC).date()
    return Sales(event.event_id, event.location, day, tuple(sorted(quantities.items())))
