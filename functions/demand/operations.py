"""What people and other systems ask of demand."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from demand.models import DemandSums
from demand.store import DemandStore


class DemandOperations:
    """Daily sales by SKU and location."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._store = DemandStore(dynamodb, table)

    def sums(self, places: Iterable[tuple[str, str]], days: int, until: date) -> list[DemandSums]:
        """Return the sums of each (location, sku) over the `days` days before `until`."""
        return self._store.sums(places, days, until)
