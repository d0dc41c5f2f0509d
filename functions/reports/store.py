"""Sales by dimension in the reports table.

SALES#<dimension>#<currency>#<month>   <day>#<value>      figures of a day, added up from the events
EVENT#<event id>                       COUNTED#<chunk>    marker: this part of the event was counted; never expires

The marker of the first part has the figures of the event's day, which the audit compares with the journal.
"""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

from tillflow.counting import count_once
from tillflow.listing import Page
from tillflow.store import Action, Item, key, marshal, unmarshal

from reports.dimensions import Dimension
from reports.errors import InvalidReport
from reports.models import Counted, Figures, SalesRow
from reports.rules import digest, months_of


class ReportsStore:
    """Sales by dimension. client: a DynamoDB client; table: the reports table."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def count(self, event: Counted) -> None:
        """Add an event to its day, once per event id. IdempotencyConflict if the id had other figures."""
        count_once(
            self._client,
            self._table,
            event.event_id,
            ("figures", digest(event)),
            (self._add(event, *figures) for figures in event.figures),
            lambda number: _of_day(event) if number == 0 else {},
        )

    def sales(
        self, by: Dimension, currency: str, first: date, last: date, limit: int, after: str
    ) -> Page[SalesRow]:
        """Return up to `limit` rows of the days from first to last, both included, by day and value.

        after: the position of the page before. InvalidReport.
        """
        months = months_of(first, last)
        if after and not (first.isoformat() <= after[:10] <= last.isoformat() and after[10:11] == "#"):
            raise InvalidReport("cursor", "(another)", "the next_cursor of the page before")
        rows: list[Item] = []
        for month in months:
            if month >= after[:7]:
                start = after if month == after[:7] else ""
                rows += self._rows(by, currency, month, (first, last), limit + 1 - len(rows), start)
            if len(rows) > limit:
                return Page([_row(row, currency) for row in rows[:limit]], str(rows[limit - 1]["sk"]))
        return Page([_row(row, currency) for row in rows], None)

    def _rows(
        self, by: Dimension, currency: str, month: str, days: tuple[date, date], limit: int, after: str
    ) -> Iterator[Item]:
        pk = _partition(by, currency, month)
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": marshal(
                {":pk": pk, ":first": days[0].isoformat(), ":last": f"{days[1].isoformat()}~"}
            ),
        }
        if after:
            request["ExclusiveStartKey"] = key(pk, after)
        missing = limit
        while missing:
            page = self._client.query(**request, Limit=missing)
            yield from map(unmarshal, page["Items"])
            missing -= len(page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _add(self, event: Counted, dimension: Dimension, value: str, figures: Figures) -> Action:
        day = event.day.isoformat()
        added = _not_zero(figures) or {"sales": 0}
        request = {
            "TableName": self._table,
            "Key": key(_partition(dimension, event.currency, day[:7]), f"{day}#{value}"),
            "UpdateExpression": "ADD " + ", ".join(f"#{name} :{name}" for name in added),
            "ExpressionAttributeNames": {f"#{name}": name for name in added},
            "ExpressionAttributeValues": marshal({f":{name}": number for name, number in added.items()}),
        }
        return Action("Update", request)


def _of_day(event: Counted) -> Item:
    of_day = next(figures for dimension, _, figures in event.figures if dimension == "day")
    return {
        "business_id": event.business_id,
        "currency": event.currency,
        "day": event.day.isoformat(),
        **_not_zero(of_day),
    }


def _partition(dimension: Dimension, currency: str, month: str) -> str:
    return f"SALES#{dimension}#{currency}#{month}"


def _not_zero(figures: Figures) -> Item:
    return {name: number for name, number in asdict(figures).items() if number}


def _row(row: Item, currency: str) -> SalesRow:
    day, _, value = str(row["sk"]).partition("#")
    numbers = {name: number for name, number in row.items() if name not in ("pk", "sk")}
    return SalesRow.model_validate({"day": day, "value": value, "currency": currency, **numbers})
