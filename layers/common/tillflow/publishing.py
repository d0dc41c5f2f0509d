"""Publish events on the bus."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from tillflow.errors import StoreUnavailable
from tillflow.store import chunks

ENTRIES_PER_CALL = 10


def publish(client: Any, bus: str, source: str, events: Sequence[BaseModel]) -> None:
    """Publish events under the names of their models. `client` is a low-level EventBridge client.

    StoreUnavailable when the bus refused one: the caller has to publish all of them again.
    """
    for part in chunks(events, ENTRIES_PER_CALL):
        entries = [
            {
                "EventBusName": bus,
                "Source": source,
                "DetailType": type(event).__name__,
                "Detail": event.model_dump_json(),
            }
            for event in part
        ]
        if client.put_events(Entries=entries)["FailedEntryCount"]:
            raise StoreUnavailable(f"publishing events of {source}")
