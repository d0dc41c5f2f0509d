"""Stock levels and their history: reading them, reorder points, and counters rebuilt from the history."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from tillflow.errors import InvalidRequest
from tillflow.store import Action, AlreadyApplied, Item, key, marshal, read_rows, transact, unmarshal

from inventory import rules
from inventory.models import LevelNeed
from inventory.rows import level_pk


class Levels:
    """The levels on one DynamoDB table. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def level(self, location: str, sku: str) -> Item:
        """Return the row of a level; {} if the SKU was never stocked there."""
        level_key = (level_pk(location, sku), "LEVEL")
        return read_rows(self._client, self._table, [level_key]).get(level_key, {})

    def levels(self, location: str | None = None) -> Iterator[Item]:
        """Return all levels, or those of one location, unsorted. Scans the table: for reports, not for workflows."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            ConsistentRead=True,
            FilterExpression="sk = :level",
            ExpressionAttributeValues=marshal({":level": "LEVEL"}),
        )
        rows = (unmarshal(row) for page in pages for row in page["Items"])
        return (row for row in rows if location in (None, row["location"]))

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

    def movements(self, location: str, sku: str) -> list[Item]:
        """Return every movement of a SKU at a location, the oldest first."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :level AND begins_with(sk, :move)",
            ExpressionAttributeValues=marshal({":level": level_pk(location, sku), ":move": "MOVE#"}),
            ConsistentRead=True,
        )
        rows = [unmarshal(row) for page in pages for row in page["Items"]]
        return sorted(rows, key=lambda row: (row["at"], row["sk"]))

    def drift(self) -> list[rules.Drift]:
        """Return the levels whose counters differ from their history.

        Scans the table, so concurrent writes appear as drift: call it while nothing is sold.
        """
        pages = self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True)
        rows = [unmarshal(row) for page in pages for row in page["Items"]]
        return rules.rebuild(
            levels=[row for row in rows if row["sk"] == "LEVEL"],
            movements=[row for row in rows if row["sk"].startswith("MOVE#")],
            reservations=[row for row in rows if row["sk"].startswith("RESERVATION#")],
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
            "UpdateExpression": "SET sku = :sku, #location = :location, "
            + ", ".join(f"{name} = :{name}" for name in rebuilt),
            "ConditionExpression": f"attribute_not_exists(pk) OR ({unchanged})",
            "ExpressionAttributeNames": {"#location": "location"},
            "ExpressionAttributeValues": marshal(
                {":sku": drift.sku, ":location": drift.location}
                | {f":{name}": value for name, value in rebuilt.items()}
                | {f":was_{name}": value for name, value in stored.items()}
            ),
        }
        update = Action("Update", request, lambda _: AlreadyApplied(None))
        try:
            transact(self._client, [update], f"repairing {drift.sku} at {drift.location}")
        except AlreadyApplied:
            return False
        return True
