"""What changed on the shelves that others wait for, heard from the table's stream and told on the bus.

The stream has each change of a row once and in order, with the row before and after: which change of a level
crossed its reorder point, and which movement is a correction, is in the record itself, and no sale has to look.
A batch delivered again announces the same event ids again.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tillflow.errors import StoreUnavailable
from tillflow.events import INVENTORY, StockBelowReorderPoint, StockCorrected
from tillflow.store import unmarshal

from inventory import rules

_ENTRIES_PER_CALL = 10


def announcements(records: Iterable[Mapping[str, Any]]) -> list[StockBelowReorderPoint | StockCorrected]:
    """The crossings and corrections among a stream's records (NEW_AND_OLD_IMAGES), in order."""
    found: list[StockBelowReorderPoint | StockCorrected] = []
    for record in records:
        change = record["dynamodb"]
        before, after = unmarshal(change.get("OldImage")), unmarshal(change.get("NewImage"))
        if rules.crossed(before, after):
            found.append(_crossing(after, change["SequenceNumber"]))
        if rules.corrected(before, after):
            found.append(_correction(after))
    return found


def _crossing(level: Mapping[str, Any], number: str) -> StockBelowReorderPoint:
    return StockBelowReorderPoint(
        event_id=f"below-{number}",
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


class Announcer:
    """Puts what is announced on the bus. `client` is a low-level EventBridge client."""

    def __init__(self, client: Any, bus: str) -> None:
        self._client = client
        self._bus = bus

    def announce(self, records: Iterable[Mapping[str, Any]]) -> int:
        """How many events were announced. StoreUnavailable when the bus did not take one: all come again."""
        found = announcements(records)
        for part in rules.chunks(found, _ENTRIES_PER_CALL):
            entries = [
                {
                    "EventBusName": self._bus,
                    "Source": INVENTORY,
                    "DetailType": type(event).__name__,
                    "Detail": event.model_dump_json(),
                }
                for event in part
            ]
            if self._client.put_events(Entries=entries)["FailedEntryCount"]:
                raise StoreUnavailable("announcing stock")
        return len(found)
