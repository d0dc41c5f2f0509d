"""Events of the inventory table's stream: reorder points crossed, and corrections.

The stream has each change of a row once and in order, with the row before and after, so that the change itself shows
whether it crossed a reorder point. A batch that is delivered again publishes the same event ids.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tillflow.events import INVENTORY, StockBelowReorderPoint, StockCorrected
from tillflow.publishing import publish
from tillflow.store import unmarshal

from inventory import rules


def stock_events(records: Iterable[Mapping[str, Any]]) -> list[StockBelowReorderPoint | StockCorrected]:
    """Return the events of a stream's records (NEW_AND_OLD_IMAGES), in order."""
    events: list[StockBelowReorderPoint | StockCorrected] = []
    for record in records:
        change = record["dynamodb"]
        before, after = unmarshal(change.get("OldImage")), unmarshal(change.get("NewImage"))
        if rules.crossed_reorder_point(before, after):
            events.append(_crossing(after, change["SequenceNumber"]))
        if rules.is_new_correction(before, after):
            events.append(_correction(after))
    return events


def _crossing(level: Mapping[str, Any], sequence_number: str) -> StockBelowReorderPoint:
    return StockBelowReorderPoint(
        event_id=f"below-{sequence_number}",
        location=level["location"],
        sku=level["sku"],
        available=level["available"],
        on_order=level.get("on_order", 0),
        reorder_point=level["reorder_point"],
    )


def _correction(movement: Mapping[str, Any]) -> StockCorrected:
    return StockCorrected(
        event_id=f"{movement['business_id']}#corrected",
        business_id=movement["business_id"],
        location=movement["location"],
        sku=movement["sku"],
        quantity=movement["quantity"],
        cost=movement["cost"],
        currency=movement["currency"],
        reason=movement["reason"],
    )


class StockPublisher:
    """Publishes stock events on the bus. `client` is a low-level EventBridge client."""

    def __init__(self, client: Any, bus: str) -> None:
        self._client = client
        self._bus = bus

    def publish(self, records: Iterable[Mapping[str, Any]]) -> int:
        """Publish the events of a stream's records and return their number.

        StoreUnavailable when the bus refused one: the whole batch is delivered again.
        """
        events = stock_events(records)
        publish(self._client, self._bus, INVENTORY, events)
        return len(events)
