"""The locations with stock: stores and warehouses.

LOCATIONS  LOCATION#<location>  a location and its name
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from tillflow.fields import CODE
from tillflow.store import missing_rows, query_rows, read_rows
from tillflow.versions import version_of, write_version

from inventory.errors import UnknownLocation
from inventory.models import Location

PLACE: Final = re.compile(CODE)
"""The id of a location at which orders can be placed."""
_PARTITION = "LOCATIONS"


def location_key(location: str) -> tuple[str, str]:
    """Return the key of a location's row."""
    return _PARTITION, f"LOCATION#{location}"


class Locations:
    """The locations on the inventory table. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def put(self, location: Location, version: int | None = None) -> int:
        """Create a location, or rename it; return its version. RecordChanged if it is not at `version`."""
        place, subject = location_key(location.location), f"location {location.location}"
        return write_version(self._client, self._table, place, location.model_dump(), version, subject)

    def list_all(self) -> list[Location]:
        """Return every location, by id."""
        rows = query_rows(self._client, self._table, _PARTITION)
        return [Location(location=row["location"], name=row["name"]) for row in rows]

    def get(self, location: str) -> tuple[Location, int]:
        """Return a location and its version; UnknownLocation."""
        row = read_rows(self._client, self._table, [location_key(location)]).get(location_key(location))
        if row is None:
            raise UnknownLocation(location)
        return Location(location=row["location"], name=row["name"]), version_of(row)

    def check(self, locations: Iterable[str]) -> None:
        """Raise UnknownLocation, which names every location that does not exist."""
        if unknown := self.find_unknown(locations):
            raise UnknownLocation(*unknown)

    def find_unknown(self, locations: Iterable[str]) -> list[str]:
        """Return those of the locations that do not exist."""
        keys = {location: location_key(location) for location in locations}
        return missing_rows(self._client, self._table, keys)
