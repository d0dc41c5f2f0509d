"""The sales that an order event counts. Quantities are whole units, negative for a cancelled sale."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date
from hashlib import sha256
from typing import Any

from tillflow.events import OrderCancelled, OrderPaid
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
        """A hash of what the event adds, by which a repeated event is told from another one of its id."""
        content = json.dumps([self.location, self.day.isoformat(), self.quantities])
        return sha256(content.encode()).hexdigest()


def sales_of(envelope: Mapping[str, Any]) -> Sales | None:
    """Return the sales of an EventBridge envelope of the order bus; None if it has none. InvalidRequest.

    A cancelled sale subtracts its units from the day it was made.
    """
    parsed = parse(Envelope, envelope)
    sign = 1
    if parsed.detail_type == "OrderCancelled":
        cancelled = parse(OrderCancelled, parsed.detail)
        if not cancelled.was_paid:
            return None
        event: OrderPaid | OrderCancelled = cancelled
        sign = -1
    else:
        event = parse(OrderPaid, parsed.detail)
    quantities: Counter[str] = Counter()
    for line in event.lines:
        quantities[line.sku] += sign * line.quantity
    day = event.placed_at.astimezone(UTC).date()
    return Sales(event.event_id, event.location, day, tuple(sorted(quantities.items())))
