"""Levels that come down to their reorder point, heard from the table's stream and told on the bus.

The stream has each change of a level once and in order, with the level before and after: which change crossed is
in the record itself, and no sale has to look. A batch delivered again announces the same event ids again.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tillflow.errors import StoreUnavailable
from tillflow.events import INVENTORY, StockBelowReorderPoint
from tillflow.store import unmarshal

from inventory import rules

_ENTRIES_PER_CALL = 10


def crossings(records: Iterable[Mapping[str, Any]]) -> list[StockBelowReorderPoint]:
    """The crossings among a stream's records (NEW_AND_OLD_IMAGES), in order."""
    found = []
    for record in records:
        change = record["dynamodb"]
        before, after = unmarshal(change.get("OldImage")), unmarshal(change.get("NewImage"))
        if rules.crossed(before, after):
            found.append(
                StockBelowReorderPoint(
                    event_id=f"below-{change['SequenceNumber']}",
                    location=after["location"],
                    sku=after["sku"],
                    available=after["available"],
                    on_order=after.get("on_order", 0),
                    reorder_point=after["reorder_point"],
                )
            )
    return found


class Announcer:
    """Puts crossings on the bus. `client` is a low-level EventBridge client."""

    def __init__(self, client: Any, bus: str) -> None:
        self._client = client
        self._bus = bus

    def announce(self, records: Iterable[Mapping[str, Any]]) -> int:
        """How many crossings were announced. StoreUnavailable when the bus did not take one: all come again."""
        found = crossings(records)
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
                raise StoreUnavailable("announcing stock below its reorder point")
        return len(found)
