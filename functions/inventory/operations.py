"""What people and other systems ask of inventory. The command line and an HTTP API call the same methods."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from tillflow.parsing import parse
from tillflow.store import Item

from inventory import rules
from inventory.corrections import Corrections
from inventory.errors import UnknownLevel
from inventory.locations import Locations
from inventory.models import Adjust, Correction, Count, LevelNeed, Location, Place, ReceiptLine, Received
from inventory.store import InventoryStore


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A level whose counters differed from its history. `repaired`: the rebuilt counters were written."""

    drift: rules.Drift
    repaired: bool

    @property
    def differences(self) -> dict[str, tuple[int, int]]:
        """Return the stored and the rebuilt value of each counter that differs."""
        stored, rebuilt = asdict(self.drift.stored), asdict(self.drift.rebuilt)
        return {name: (stored[name], rebuilt[name]) for name in stored if stored[name] != rebuilt[name]}


class StockOperations:
    """Stock levels: reports, corrections and reorder points. `dynamodb` is a low-level DynamoDB client."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._store = InventoryStore(dynamodb, table)
        self._corrections = Corrections(dynamodb, table)
        self._locations = Locations(dynamodb, table)

    def put_location(self, location: Location) -> None:
        """Create a location, or rename it."""
        self._locations.put(location)

    def list_locations(self) -> list[Location]:
        """Return every location, by id."""
        return self._locations.list_all()

    def list_levels(self, location: str | None = None) -> list[Item]:
        """Return all levels, or those of one location, by location and SKU. UnknownLocation."""
        if location is not None:
            self._locations.check([location])
        return sorted(map(_with_on_order, self._store.levels(location)), key=lambda row: row["pk"])

    def level(self, location: str, sku: str) -> Item:
        """Return a level; {} if the SKU was never stocked there."""
        return self._store.level(location, sku)

    def needs(self) -> list[LevelNeed]:
        """Return the levels at or below their reorder point, as the reorder workflow reads them."""
        return self._store.needs()

    def list_movements(self, location: str, sku: str) -> Iterable[Item]:
        """Return the movements of a SKU at a location, the newest first. UnknownLocation, UnknownLevel."""
        place = parse(Place, {"location": location, "sku": sku})
        movements = self._store.movements(place.location, place.sku)
        if not movements:
            self._locations.check([location])
            raise UnknownLevel(sku, location)
        return reversed(movements)

    def adjust(self, request: Adjust) -> Correction:
        """Add or take units, once per adjustment id. UnknownLocation."""
        self._locations.check([request.location])
        return self._corrections.adjust(request)

    def count(self, request: Count) -> Correction:
        """Set on hand to the counted units, once per count id. UnknownLocation."""
        self._locations.check([request.location])
        return self._corrections.count(request)

    def receive(
        self, receipt_id: str, location: str, lines: Iterable[ReceiptLine], currency: str
    ) -> Received:
        """Put opening stock on hand at a location, once per receipt id. UnknownLocation.

        Purchased goods are received by their workflow.
        """
        self._locations.check([location])
        return self._store.receive(receipt_id, location, lines, currency=currency)

    def set_reorder_point(self, location: str, sku: str, reorder_point: int | None) -> None:
        """Set the position at which a SKU is ordered again, None for never."""
        self._store.set_reorder_point(location, sku, reorder_point)

    def rebuild(self, write: bool = False) -> Iterator[Rebuilt]:
        """Recompute every level from its history; return those that differ, repaired with `write`.

        A level that changes meanwhile appears to differ and is not repaired.
        """
        for drift in self._store.drift():
            yield Rebuilt(drift, write and self._store.repair(drift))


def _with_on_order(level: Item) -> Item:
    return {"on_order": 0, **level}
