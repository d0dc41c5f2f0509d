"""Pages of rows by an index, or of a partition of a table, in the order of the sort key."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from botocore.exceptions import ClientError

from tillflow.errors import InvalidRequest
from tillflow.store import Item, marshal, read_rows, unmarshal
from tillflow.times import bound_of_times, iso_utc

MOST_ROWS = 100
"""Rows of a page."""
MOST_READS = 10
"""Requests for one page: a filter that few rows pass ends a page early, with a position to continue after."""


@dataclass(frozen=True, slots=True)
class Page[T]:
    """Rows of a list and the position to continue after; None on the last page."""

    rows: list[T]
    after: str | None

    def convert[U](self, convert: Callable[[Iterable[T]], Iterable[U]]) -> "Page[U]":
        """Return the page with its rows converted."""
        return Page(list(convert(self.rows)), self.after)


def every[T](fetch: Callable[[str], Page[T]]) -> Iterator[T]:
    """Return the rows of all pages; `fetch` returns the page after a position."""
    after: str | None = ""
    while after is not None:
        page = fetch(after)
        yield from page.rows
        after = page.after


@dataclass(frozen=True, slots=True)
class Index:
    """An index of a table: `partition` and `sort` are the names of its key attributes. client: DynamoDB's.

    name: None for the table itself, which is read consistently.
    """

    client: Any
    table: str
    name: str | None
    partition: str
    sort: str

    def page(
        self,
        partition: str,
        limit: int,
        after: str = "",
        *,
        newest_first: bool = False,
        between: tuple[str, str] | None = None,
        where: Mapping[str, str | tuple[str, str] | None] | None = None,
        either: Mapping[str, str] | None = None,
    ) -> Page[Item]:
        """Return up to `limit` rows of a partition after a position.

        between: bounds of the sort key, both included; where: values or bounds of other attributes, None for any;
        either: attributes of which at least one has its value. An index follows its table within a second or so.
        InvalidRequest for a position that is not of this list.
        """
        wanted = {name: value for name, value in (where or {}).items() if value is not None}
        request = self._request(partition, newest_first, between, wanted, either or {})
        filtered = "FilterExpression" in request
        start = self._start(partition, after, between)
        rows: list[Item] = []
        for _ in range(MOST_READS):
            response = self._query(
                request
                | {"Limit": MOST_ROWS if filtered else limit}
                | ({"ExclusiveStartKey": start} if start else {})
            )
            rows += map(unmarshal, response["Items"])
            start = response.get("LastEvaluatedKey")
            if start is None or len(rows) >= limit:
                break
        if len(rows) > limit or (start is not None and len(rows) == limit):
            return Page(rows[:limit], self._position(rows[limit - 1]))
        return Page(rows, None if start is None else self._position(unmarshal(start)))

    def _read(self, page: Page[Item]) -> Page[Item]:
        """Return a page of index entries as the rows of the table that exist, consistently read."""
        keys = [(row["pk"], row["sk"]) for row in page.rows]
        rows = read_rows(self.client, self.table, keys)
        return Page([rows[place] for place in keys if place in rows], page.after)

    def rows(
        self,
        partition: str,
        limit: int,
        after: str = "",
        *,
        newest_first: bool = False,
        between: tuple[str, str] | None = None,
        where: Mapping[str, str | None] | None = None,
    ) -> Page[Item]:
        """Return a page of the table's rows of a partition of the index, which need not have their attributes.

        An index of keys is written once, when a row is: one with a status is written at each change of it. between: as
        of `page`; where: values of attributes of the rows, None for any.
        """
        wanted = {name: value for name, value in (where or {}).items() if value is not None}
        rows: list[Item] = []
        position: str | None = after
        for _ in range(MOST_READS):
            page = self.page(
                partition,
                MOST_ROWS if wanted else limit,
                position or "",
                newest_first=newest_first,
                between=between,
            )
            rows += (row for row in self._read(page).rows if _has(row, wanted))
            position = page.after
            if position is None or len(rows) >= limit:
                break
        if len(rows) > limit:
            return Page(rows[:limit], self._position(rows[limit - 1]))
        return Page(rows, position)

    def rows_of_several(
        self,
        partitions: Sequence[str],
        limit: int,
        after: str = "",
        *,
        between: tuple[str, str] | None = None,
        where: Mapping[str, str | None] | None = None,
    ) -> Page[Item]:
        """Return up to `limit` rows of the table of several partitions, the newest first, as `rows` does of one.

        A page may be shorter than its limit: of a partition that was not read to the end, rows may come that are
        newer than those of another one.
        """
        if len(partitions) == 1:
            return self.rows(partitions[0], limit, after, newest_first=True, between=between, where=where)
        positions = _positions(after)
        pages = {
            one: self.rows(
                one, limit, positions.get(one) or "", newest_first=True, between=between, where=where
            )
            for one in partitions
            if positions.get(one, "") is not None
        }
        unread = [_sort_of(page.after) for page in pages.values() if page.after]
        bound = max(unread, default=None)
        rows = sorted((row for page in pages.values() for row in page.rows), key=self._time, reverse=True)
        chosen = [row for row in rows if bound is None or self._time(row) >= bound][:limit]
        places = {(row["pk"], row["sk"]) for row in chosen}
        for one, page in pages.items():
            taken = [row for row in page.rows if (row["pk"], row["sk"]) in places]
            if len(taken) == len(page.rows):
                positions[one] = page.after
            elif taken:
                positions[one] = self._position(taken[-1])
        ended = all(positions.get(one, "") is None for one in partitions)
        return Page(chosen, None if ended else json.dumps(positions))

    def _time(self, row: Item) -> str:
        return str(row[self.sort])

    def _request(
        self,
        partition: str,
        newest_first: bool,
        between: tuple[str, str] | None,
        wanted: Mapping[str, str | tuple[str, str]],
        either: Mapping[str, str],
    ) -> dict[str, Any]:
        keys = {self.partition: partition} | ({self.sort: between} if between else {})
        names: dict[str, str] = {}
        values: Item = {}
        for name, value in {**keys, **wanted, **either}.items():
            names[f"#{name}"] = name
            bounds = value if isinstance(value, tuple) else (value,)
            values |= {f":{name}{number}": bound for number, bound in enumerate(bounds)}
        request: dict[str, Any] = {
            "TableName": self.table,
            **({"IndexName": self.name} if self.name else {"ConsistentRead": True}),
            "KeyConditionExpression": _expression(keys, " AND "),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": marshal(values),
            "ScanIndexForward": not newest_first,
        }
        filters = [_expression(wanted, " AND "), _expression(either, " OR ")]
        if any(filters):
            request["FilterExpression"] = " AND ".join(f"({one})" for one in filters if one)
        return request

    def _query(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            response: dict[str, Any] = self.client.query(**request)
        except ClientError as error:
            # DynamoDB refuses a start key that is outside the list: the cursor was not made for it.
            if error.response["Error"]["Code"] != "ValidationException" or "ExclusiveStartKey" not in request:
                raise
            raise _not_of_this_list() from None
        return response

    def _position(self, row: Item) -> str:
        return json.dumps([row["pk"], row["sk"], row[self.sort]])

    def _start(self, partition: str, after: str, between: tuple[str, str] | None) -> dict[str, Any] | None:
        """Return the key to read after; InvalidRequest for a position that is outside the bounds of the sort key."""
        if not after:
            return None
        try:
            pk, sk, sort = json.loads(after)
        except (ValueError, TypeError):
            raise _not_of_this_list() from None
        if not (isinstance(pk, str) and isinstance(sk, str) and type(sort) in (str, int)):
            raise _not_of_this_list()
        if between and not between[0] <= str(sort) <= between[1]:
            raise _not_of_this_list()
        return marshal({"pk": pk, "sk": sk, self.partition: partition, self.sort: sort})


def _positions(after: str) -> dict[str, str | None]:
    """Return the positions in several partitions, by partition; None for one that was read to its end."""
    try:
        positions = json.loads(after or "{}")
    except ValueError:
        raise _not_of_this_list() from None
    if not isinstance(positions, dict) or not all(
        isinstance(value, str | None) for value in positions.values()
    ):
        raise _not_of_this_list()
    return positions


def _sort_of(position: str) -> str:
    return str(json.loads(position)[2])


def days_between(first: date | None, last: date | None) -> tuple[str, str] | None:
    """Return the bounds of times (ISO 8601, in UTC) from the first day to the last, both included; None for all.

    InvalidRequest if the last day is before the first.
    """
    if first is None and last is None:
        return None
    if first is not None and last is not None and last < first:
        raise InvalidRequest("last_day", last.isoformat(), f"a day that is not before {first.isoformat()}")
    return (first or date.min).isoformat(), f"{(last or date.max).isoformat()}~"


@dataclass(frozen=True, slots=True)
class Period:
    """The times of a list: those of days in UTC, both included, or those from `start` on and before `end`.

    Times count to the second: the days of a shop begin at an instant of its time zone. None is no bound.
    """

    first_day: date | None = None
    last_day: date | None = None
    start: datetime | None = None
    end: datetime | None = None

    def bounds(self) -> tuple[str, str] | None:
        """Return the bounds of stored times, None for all. InvalidRequest if there is no time between them."""
        if self.start is None and self.end is None:
            return days_between(self.first_day, self.last_day)
        for name, moment in (("start", self.start), ("end", self.end)):
            if moment and (self.first_day or self.last_day):
                raise InvalidRequest(name, iso_utc(moment), "no time where days are given")
        if self.start and self.end and self.end <= self.start:
            raise InvalidRequest("end", iso_utc(self.end), f"a time after {iso_utc(self.start)}")
        first, last = days_between(date.min, date.max) or ("", "")
        return _second(self.start, first), _second(self.end, last)


ALL_TIMES = Period()


def _second(moment: datetime | None, default: str) -> str:
    return default if moment is None else bound_of_times(moment.replace(microsecond=0))


def _expression(wanted: Mapping[str, str | tuple[str, str]], operator: str) -> str:
    return operator.join(
        f"#{name} BETWEEN :{name}0 AND :{name}1" if isinstance(value, tuple) else f"#{name} = :{name}0"
        for name, value in wanted.items()
    )


def _has(row: Item, wanted: Mapping[str, str]) -> bool:
    return all(row.get(name) == value for name, value in wanted.items())


def _not_of_this_list() -> InvalidRequest:
    return InvalidRequest("cursor", "(another)", "the next_cursor of the page before")
