"""Daily sales on the demand table.

SALES#<location>#<sku>  DAY#<date>       quantity sold that day (UTC), less cancelled sales and returns
EVENT#<event id>        COUNTED#<chunk>  marker: this part of the event was counted; digest of its sales; expires
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tillflow.counting import count_once
from tillflow.fields import MAX_UNITS
from tillflow.store import Action, key, marshal, unmarshal

from demand.models import DemandSums
from demand.rules import Sales

# Longer than an execution, its redrives and dead letters can send an event again, and than demand is read back.
MARKER_SECONDS = 500 * 86_400


class DemandStore:
    """`client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def count(self, sales: Sales) -> None:
        """Add an event's sales to their day, once per event id. IdempotencyConflict if the id had other sales."""
        expires_at = int(datetime.combine(sales.day, time(), UTC).timestamp()) + MARKER_SECONDS
        count_once(
            self._client,
            self._table,
            sales.event_id,
            ("sales", sales.digest),
            (self._add(sales.location, sku, sales.day, quantity) for sku, quantity in sales.quantities),
            lambda _: {"expires_at": expires_at},
        )

    def daily(self, location: str, sku: str, first: date, last: date) -> dict[str, int]:
        """Return the units sold on each day with sales from first to last, by ISO date."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :sales AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=marshal(
                {":sales": f"SALES#{location}#{sku}", ":first": f"DAY#{first}", ":last": f"DAY#{last}"}
            ),
        )
        rows = (unmarshal(row) for page in pages for row in page["Items"])
        return {row["sk"].removeprefix("DAY#"): row["quantity"] for row in rows}

    def sums(self, needs: Iterable[tuple[str, str]], days: int, until: date) -> list[DemandSums]:
        """Return the sums of each (location, sku) over the `days` days before `until`.

        Mean and variance follow exactly from the sums of the days' units and of their squares. A day with more
        cancelled or returned than sold counts as 0, one with more than MAX_UNITS as MAX_UNITS.
        """
        first, last = until - timedelta(days=days), until - timedelta(days=1)
        sums: list[DemandSums] = []
        for location, sku in needs:
            sold = [
                min(max(units, 0), MAX_UNITS) for units in self.daily(location, sku, first, last).values()
            ]
            squares = sum(units * units for units in sold)
            sums.append(
                {"location": location, "sku": sku, "days": days, "total": sum(sold), "squares": squares}
            )
        return sums

    def _add(self, location: str, sku: str, day: date, quantity: int) -> Action:
        request = {
            "TableName": self._table,
            "Key": key(f"SALES#{location}#{sku}", f"DAY#{day}"),
            "UpdateExpression": "ADD quantity :quantity",
            "ExpressionAttributeValues": marshal({":quantity": quantity}),
        }
        return Action("Update", request)
