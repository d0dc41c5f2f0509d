"""What people and other systems ask of inventory. The command line and an HTTP API call the same methods."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tillflow.errors import InvalidRequest, Problem
from tillflow.listing import ALL_TIMES, Page, Period
from tillflow.parsing import parse
from tillflow.references import FindUnknown, Reference, check_references
from tillflow.store import Item

from inventory import rules
from inventory.corrections import Corrections
from inventory.errors import UnknownLevel
from inventory.locations import PLACE, Locations
from inventory.models import (
    Adjust,
    Correction,
    Count,
    EndedStock,
    LevelNeed,
    Location,
    Movement,
    Place,
    ReceiptLine,
    Received,
    SetReorderPoint,
    SkuQuantity,
    StockLevel,
)
from inventory.on_order import OnOrder
from inventory.store import InventoryStore

type EndedDocument = Literal["ORDER", "TRANSFER", "PURCHASE"]


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
    """Stock levels: reports and reorder points. `dynamodb` is a low-level DynamoDB client."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb, self._table = dynamodb, table
        self._store = InventoryStore(dynamodb, table)
        self._locations = Locations(dynamodb, table)

    def put_location(self, location: Location, version: int | None = None) -> int:
        """Create a location, or rename it; return its version. RecordChanged if it is not at `version`.

        InvalidRequest for a new one with an id at which no order can be placed.
        """
        name = location.location
        if not PLACE.fullmatch(name) and self._locations.find_unknown([name]):
            accepted = "1 to 64 of A-Z a-z 0-9 _.-, the first a letter or digit"
            raise InvalidRequest("location", name, accepted)
        return self._locations.put(location, version)

    def location(self, location: str) -> tuple[Location, int]:
        """Return a location and its version; UnknownLocation, InvalidRequest for an id that no location has."""
        return self._locations.get(parse(Location, {"location": location}).location)

    def list_locations(self) -> list[Location]:
        """Return every location, by id."""
        return self._locations.list_all()

    def find_unknown_locations(self, locations: Collection[str]) -> list[str]:
        """Return those of the locations that do not exist."""
        return self._locations.find_unknown(locations)

    def list_levels(
        self, limit: int = 50, after: str = "", *, location: str | None = None, sku: str | None = None
    ) -> Page[StockLevel]:
        """Return a page of the levels of all locations, or of one, by location and SKU.

        With a SKU: its levels at all locations, or at one, on one page.
        """
        locations = [location] if location else [one.location for one in self._locations.list_all()]
        if sku is not None:
            return Page(list(map(_level, self._store.levels_of(sku, locations))), None)
        return self._list_levels(limit, after, locations)

    def level(self, location: str, sku: str) -> Item:
        """Return a level; {} if the SKU was never stocked there. InvalidRequest."""
        place = parse(Place, {"location": location, "sku": sku})
        return self._store.level(place.location, place.sku)

    def needs(self) -> list[LevelNeed]:
        """Return the levels at or below their reorder point, as the reorder workflow reads them."""
        return self._store.needs()

    def list_movements(
        self,
        location: str,
        sku: str,
        limit: int = 50,
        after: str = "",
        *,
        period: Period = ALL_TIMES,
    ) -> Page[Movement]:
        """Return a page of the movements of a SKU at a location, the newest first.

        UnknownLevel, InvalidRequest.
        """
        place = parse(Place, {"location": location, "sku": sku})
        between = period.bounds()
        page = self._store.list_movements(place.location, place.sku, limit, after, between)
        if not page.rows and not self._store.level(location, sku):
            raise UnknownLevel(sku, location)
        return page.convert(lambda rows: map(Movement.model_validate, rows))

    def receive(
        self, receipt_id: str, location: str, lines: Iterable[ReceiptLine], currency: str
    ) -> Received:
        """Put opening stock on hand at a location, once per receipt id. UnknownLocation.

        Purchased goods are received by their workflow.
        """
        self._locations.check([location])
        return self._store.receive(receipt_id, location, lines, currency=currency)

    def set_reorder_points(self, points: Sequence[SetReorderPoint]) -> None:
        """Set the positions at which SKUs are ordered again. InvalidRequest names each that was never stocked there."""
        never_stocked = self._store.never_stocked((point.location, point.sku) for point in points)
        problems = [
            Problem(f"levels[{number}].sku", point.sku, f"a SKU that was stocked at {point.location}")
            for number, point in enumerate(points)
            if (point.location, point.sku) in never_stocked
        ]
        if problems:
            raise InvalidRequest.of(problems)
        for point in points:
            self._store.set_reorder_point(point.location, point.sku, point.reorder_point)

    def _list_levels(self, limit: int, after: str, locations: list[str]) -> Page[StockLevel]:
        """Return a page of the levels of these locations; the position names the location that it is in."""
        reached, position = _read_position(after)
        levels: list[StockLevel] = []
        for location in sorted(location for location in locations if location >= reached):
            if len(levels) == limit:
                return Page(levels, json.dumps([location, ""]))
            start = position if location == reached else ""
            page = self._store.list_levels(location, limit - len(levels), start)
            levels += map(_level, page.rows)
            if page.after is not None:
                return Page(levels, json.dumps([location, page.after]))
        return Page(levels, None)

    def rebuild(self, write: bool = False) -> Iterator[Rebuilt]:
        """Recompute every level from its history; return those that differ, repaired with `write`.

        A level that changes meanwhile appears to differ and is not repaired.
        """
        for drift in self._store.drift():
            yield Rebuilt(drift, write and self._store.repair(drift))

    def release_ended(self, document: EndedDocument, business_id: str) -> EndedStock:
        """Release what an ended document still reserves, and take what it has on order off order.

        What it took, received or shipped stays. It can reserve and order nothing afterwards. A document that holds
        nothing is not changed. The caller has found the document, and that it has ended.
        """
        released: list[SkuQuantity] = []
        lowered: list[SkuQuantity] = []
        if document != "PURCHASE":
            store = InventoryStore(self._dynamodb, self._table, document)
            if released := store.reserved(business_id):
                store.commit_by_hand(business_id)
        if document != "ORDER":
            on_order = OnOrder(self._dynamodb, self._table, document)
            if any(row["open"] for row in on_order.rows(business_id)):
                lowered = on_order.lower_units(business_id, "ended", None)["lowered"]
        return {"released": released, "lowered": lowered}


class CorrectionOperations:
    """Corrections of stock levels. find_unknown_products: the lookup by the catalog."""

    def __init__(self, dynamodb: Any, table: str, find_unknown_products: FindUnknown) -> None:
        self._corrections = Corrections(dynamodb, table)
        self._locations = Locations(dynamodb, table)
        self._find_unknown_products = find_unknown_products

    def adjust(self, request: Adjust) -> Correction:
        """Add or take units, once per adjustment id. UnknownReferences."""
        self._check(request)
        return self._corrections.adjust(request)

    def count(self, request: Count) -> Correction:
        """Set on hand to the counted units, once per count id. UnknownReferences."""
        self._check(request)
        return self._corrections.count(request)

    def _check(self, request: Adjust | Count) -> None:
        check_references(
            [
                Reference("location", "location", request.location),
                Reference("product", "sku", request.sku),
            ],
            {"location": self._locations.find_unknown, "product": self._find_unknown_products},
        )


def _level(row: Item) -> StockLevel:
    return StockLevel.model_validate(row)


def _read_position(after: str) -> tuple[str, str]:
    """Return the location of a position in the levels of all locations, and the position in that location's."""
    if not after:
        return "", ""
    try:
        location, position = json.loads(after)
    except (ValueError, TypeError):
        raise InvalidRequest("cursor", "(another)", "the next_cursor of the page before") from None
    return str(location), str(position)
