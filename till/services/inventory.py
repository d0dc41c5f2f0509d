"""Stock and transfers, by inventory's API function."""

from collections.abc import Sequence
from itertools import batched

from inventory import errors  # noqa: F401 - its errors are raised by their names
from inventory.models import Adjust, Correction, Count, LevelNeed, Location, Movement, StockLevel
from inventory.transfers.models import Arrival, OpenTransfer, Transfer, TransferSummary
from tillflow.executions import Started
from tillflow.listing import Page

from till.services.client import Service
from till.stack import Stack

_FUNCTION = "InventoryApiFunction"
_BATCH = 100


class Stock:
    """Locations and stock levels."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, _FUNCTION)

    def put_location(self, location: Location) -> bool:
        """Create a location, or rename it; return whether it is new."""
        path, body = {"location": location.location}, {"name": location.name}
        return self._service.call("PUT /locations/{location}", "manage", path=path, body=body).version == 1

    def check_location(self, location: str) -> None:
        """Raise UnknownLocation unless the location exists."""
        self._service.call("GET /locations/{location}", "read", path={"location": location})

    def list_locations(self) -> list[Location]:
        """Return every location, by id."""
        return self._service.call("GET /locations", "read").read(list[Location])

    def list_levels(
        self, limit: int = 50, after: str = "", *, location: str | None = None, sku: str | None = None
    ) -> Page[StockLevel]:
        """Return a page of the levels by location and SKU. UnknownReferences."""
        return self._service.pages(
            "GET /stock", "read", "levels", StockLevel, limit, after, location=location, sku=sku
        )

    def level(self, location: str, sku: str) -> StockLevel | None:
        """Return a level; None if the SKU was never stocked there. UnknownReferences."""
        return next(iter(self.list_levels(1, location=location, sku=sku).rows), None)

    def list_movements(self, location: str, sku: str, limit: int = 50, after: str = "") -> Page[Movement]:
        """Return a page of the movements of a SKU at a location, the newest first. UnknownReferences, UnknownLevel."""
        route = "GET /stock/movements"
        filters = {"location": location, "sku": sku}
        return self._service.pages(route, "manage", "movements", Movement, limit, after, **filters)

    def adjust(self, request: Adjust) -> Correction:
        """Add or take units, once per adjustment id. UnknownReferences, ImplausibleCorrection."""
        body = request.model_dump(mode="json")
        return self._service.call("POST /stock/adjustments", "manage", body=body).read(Correction)

    def count(self, request: Count) -> Correction:
        """Set on hand to the counted units, once per count id. UnknownReferences, ImplausibleCorrection."""
        body = request.model_dump(mode="json")
        return self._service.call("POST /stock/counts", "manage", body=body).read(Correction)

    def needs(self) -> list[LevelNeed]:
        """Return the levels at or below their reorder point."""
        return self._service.call("GET /stock/needs", "manage").read(list[LevelNeed])

    def set_reorder_points(self, points: Sequence[tuple[str, str, int | None]]) -> None:
        """Set the reorder point of each (location, sku). InvalidRequest for a SKU that was never stocked there."""
        for batch in batched(points, _BATCH, strict=False):
            levels = [
                {"location": location, "sku": sku, "reorder_point": point} for location, sku, point in batch
            ]
            self._service.call("PUT /stock/reorder-points", "manage", body={"levels": levels})


class Transfers:
    """Transfers of goods from one location to another."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, _FUNCTION)

    def create(self, request: OpenTransfer) -> Started:
        """Start a transfer, once per transfer id. UnknownReferences, IdempotencyConflict."""
        response = self._service.call("POST /transfers", "manage", body=request.model_dump(mode="json"))
        return response.started

    def get(self, transfer_id: str) -> Transfer:
        """Return a transfer; UnknownTransfer, InvalidTransfer."""
        return self._service.call("GET /transfers/{transfer_id}", "manage", path=_path(transfer_id)).read(
            Transfer
        )

    def list_transfers(
        self, limit: int = 50, after: str = "", *, status: str | None = None, location: str | None = None
    ) -> Page[TransferSummary]:
        """Return a page of the transfers, the newest first. InvalidRequest for an unknown status, UnknownReferences."""
        filters = {"status": status, "location": location}
        return self._service.pages(
            "GET /transfers", "manage", "transfers", TransferSummary, limit, after, **filters
        )

    def ship(self, transfer_id: str) -> Transfer:
        """Report that the goods left their source."""
        return self._change("ship", transfer_id)

    def receive(self, transfer_id: str, arrival: Arrival) -> Transfer:
        """Record an arrival, once per arrival id."""
        return self._change("arrivals", transfer_id, arrival.model_dump(mode="json"))

    def lose_rest(self, transfer_id: str, arrival_id: str) -> Transfer:
        """Record that the units in transit are lost, once per arrival id."""
        return self._change("losses", transfer_id, {"arrival_id": arrival_id})

    def cancel(self, transfer_id: str, reason: str) -> Transfer:
        """Cancel a transfer whose goods did not leave."""
        return self._change("cancel", transfer_id, {"reason": reason})

    def _change(self, change: str, transfer_id: str, body: object = None) -> Transfer:
        route = f"POST /transfers/{{transfer_id}}/{change}"
        return self._service.call(route, "manage", path=_path(transfer_id), body=body).read(Transfer)


def _path(transfer_id: str) -> dict[str, str]:
    return {"transfer_id": transfer_id}
