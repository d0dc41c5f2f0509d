"""Stock levels and their history: reading them, reorder points, and counters rebuilt from the history."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from tillflow.errors import InvalidRequest
from tillflow.listing import Page
from tillflow.store import (
    Action,
    AlreadyApplied,
    Item,
    key,
    marshal,
    missing_rows,
    read_rows,
    transact,
    unmarshal,
    write,
)

from inventory import rules
from inventory.counted_rows import check_rows
from inventory.models import LevelNeed
from inventory.reservations import reservation_lines
from inventory.rows import (
    LEVEL_NAMES,
    SET_LEVEL,
    level_pk,
    level_values,
    levels_list,
    lists,
    movements,
    movements_between,
)


class Levels:
    """The levels on one DynamoDB table. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def level(self, location: str, sku: str) -> Item:
        """Return the row of a level; {} if the SKU was never stocked there."""
        level_key = (level_pk(location, sku), "LEVEL")
        return read_rows(self._client, self._table, [level_key]).get(level_key, {})

    def never_stocked(self, places: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return those of the (location, sku) where the SKU was never stocked."""
        keys = {place: (level_pk(*place), "LEVEL") for place in places}
        return missing_rows(self._client, self._table, keys)

    def list_levels(self, location: str, limit: int, after: str) -> Page[Item]:
        """Return a page of the levels of a location by SKU."""
        return lists(self._client, self._table).rows(levels_list(location), limit, after)

    def levels_of(self, sku: str, locations: Iterable[str]) -> list[Item]:
        """Return the levels of a SKU at those of the locations where it was stocked."""
        keys = [(level_pk(location, sku), "LEVEL") for location in locations]
        rows = read_rows(self._client, self._table, keys)
        return [rows[place] for place in keys if place in rows]

    def levels_with_reorder_point(self, segment: int = 0, segments: int = 1) -> Iterator[Item]:
        """Return the levels that have a reorder point, or one of `segments` shares of them, by their index."""
        pages = self._client.get_paginator("query")
        for part in range(segment, rules.REORDER_PARTS, segments):
            index_pages = pages.paginate(
                TableName=self._table,
                IndexName="reorder",
                KeyConditionExpression="reorder_part = :part",
                ExpressionAttributeValues=marshal({":part": part}),
            )
            for page in index_pages:
                keys = [(row["pk"], row["sk"]) for row in map(unmarshal, page["Items"])]
                yield from read_rows(self._client, self._table, keys).values()

    def needs(
        self, places: Iterable[tuple[str, str]] = (), segment: int = 0, segments: int = 1
    ) -> list[LevelNeed]:
        """Return the levels at or below their reorder point, of the places or else of a share of all levels."""
        keys = [(level_pk(*place), "LEVEL") for place in places]
        levels: Iterable[Item] = (
            read_rows(self._client, self._table, keys).values()
            if keys
            else self.levels_with_reorder_point(segment, segments)
        )
        return [
            {
                "location": level["location"],
                "sku": level["sku"],
                "available": level["available"],
                "on_order": level.get("on_order", 0),
                "reorder_point": level["reorder_point"],
            }
            for level in levels
            if rules.needs_order(level)
        ]

    def set_reorder_point(self, location: str, sku: str, reorder_point: int | None) -> None:
        """Set the position at which a SKU is ordered again, None for never.

        Raises InvalidRequest if the SKU was never stocked there.
        """
        pk = level_pk(location, sku)
        change: dict[str, Any] = {"UpdateExpression": "REMOVE reorder_point, reorder_part"}
        if reorder_point is not None:
            change = {
                "UpdateExpression": "SET reorder_point = :point, reorder_part = :part",
                "ExpressionAttributeValues": marshal(
                    {":point": reorder_point, ":part": rules.reorder_part(pk)}
                ),
            }
        request = {
            "TableName": self._table,
            "Key": key(pk, "LEVEL"),
            **change,
            "ConditionExpression": "attribute_exists(pk)",
        }
        error = InvalidRequest("sku", sku, f"a SKU that was stocked at {location}")
        operation = f"setting the reorder point of {sku}"
        transact(self._client, [Action("Update", request, lambda _: error)], operation)

    def list_movements(
        self, location: str, sku: str, limit: int, after: str, between: tuple[str, str] | None
    ) -> Page[Item]:
        """Return a page of the movements of a SKU at a location, the newest first. between: bounds of the time."""
        return movements(self._client, self._table).page(
            level_pk(location, sku), limit, after, newest_first=True, between=movements_between(between)
        )

    def drift(self) -> list[rules.Drift]:
        """Return the levels whose counters differ from their history. ValidationError names malformed rows.

        Scans the table, so concurrent writes appear as drift: call it while nothing is sold.
        """
        pages = self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True)
        rows = [unmarshal(row) for page in pages for row in page["Items"]]
        check_rows(rows)
        return rules.rebuild(
            levels=[row for row in rows if row["sk"] == "LEVEL"],
            movements=[row for row in rows if row["sk"].startswith("MOVE#")],
            reservations=reservation_lines(rows),
            on_order=[row for row in rows if row["sk"].startswith("ONORDER#")],
        )

    def repair(self, drift: rules.Drift) -> bool:
        """Set a level's counters to the rebuilt ones; return False if the level has changed since it was read."""
        stored, rebuilt = asdict(drift.stored), asdict(drift.rebuilt)
        unchanged = " AND ".join(
            f"({name} = :was_{name} OR attribute_not_exists({name}))" if stored[name] == 0
            else f"{name} = :was_{name}"
            for name in stored
        )  # fmt: skip
        request = {
            "TableName": self._table,
            "Key": key(level_pk(drift.location, drift.sku), "LEVEL"),
            "UpdateExpression": f"SET {SET_LEVEL}, " + ", ".join(f"{name} = :{name}" for name in rebuilt),
            "ConditionExpression": f"attribute_not_exists(pk) OR ({unchanged})",
            "ExpressionAttributeNames": LEVEL_NAMES,
            "ExpressionAttributeValues": marshal(
                level_values(drift.location, drift.sku)
                | {f":{name}": value for name, value in rebuilt.items()}
                | {f":was_{name}": value for name, value in stored.items()}
            ),
        }
        update = Action("Update", request, lambda _: AlreadyApplied(None))
        try:
            write(self._client, update, f"repairing {drift.sku} at {drift.location}")
        except AlreadyApplied:
            return False
        return True
