"""Pages of indexes: a query with a limit reads the rows of its page in place of its whole partition.

MiniStack copies and sorts a partition of an index and evaluates the condition on each of its rows before it applies the
limit, so that a page of a list costs the more, the longer the list is. Here the keys of a partition are kept in the
order of the index, and MiniStack gets those of the page, of which it makes the response as before.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Any

from ministack.services import dynamodb

from .conditions import Comparison, comparisons_of

type Document = dict[str, Any]
type Key = tuple[str, str]
# The sort key of the index and the key of the table, by which an index is ordered.
type Position = tuple[str, str, str]

# Shorter partitions are left to MiniStack.
_MIN_ROWS = 32

# MiniStack deletes expired rows on a thread of its own: a page would end the list if one of its rows were deleted
# while it is made.
_rows = threading.RLock()

_request: ContextVar[Document | None] = ContextVar("query", default=None)


def install_index_pages() -> None:
    """Give MiniStack's queries the keys of their page. Rows do not change during a query."""
    query, index_members = dynamodb._query, dynamodb._index_members
    set_item, remove_item = dynamodb._set_item, dynamodb._remove_item

    def query_page(data: Document) -> Any:
        token = _request.set(data)
        try:
            with _rows:
                return query(data)
        finally:
            _request.reset(token)

    def set_between_queries(table: Document, partition: str, sort: str, item: Any) -> Any:
        with _rows:
            return set_item(table, partition, sort, item)

    def remove_between_queries(table: Document, partition: str, sort: str) -> Any:
        with _rows:
            return remove_item(table, partition, sort)

    def members_of_page(table: Document) -> Any:
        members, data = index_members(table), _request.get()
        if data is None or not data.get("Limit"):
            return members
        name, attribute = data["IndexName"], _sort_attribute(table, data["IndexName"])
        return members if attribute is None else {name: _Page(members[name], table, attribute, data)}

    dynamodb._query, dynamodb._index_members = query_page, members_of_page
    dynamodb._set_item, dynamodb._remove_item = set_between_queries, remove_between_queries


def _sort_attribute(table: Document, index_name: str) -> str | None:
    """Return the sort key of an index, if it and the key of the table are single attributes of texts."""
    _, ranges = dynamodb._index_key_lists(dynamodb._index_def(table, index_name))
    if len(ranges) != 1 or not table["sk_name"]:
        return None
    names = (ranges[0], table["pk_name"], table["sk_name"])
    return ranges[0] if all(dynamodb._get_attr_type(table, name) == "S" for name in names) else None


class _Page:
    """The partitions of an index for one query, of which `get` returns the keys that its page can have."""

    def __init__(self, partitions: Document, table: Document, attribute: str, data: Document) -> None:
        self._partitions, self._table, self._attribute, self._data = partitions, table, attribute, data

    def get(self, partition: Any, default: Iterable[Key]) -> Iterable[Key]:
        members = self._partitions.get(partition)
        if members is None or len(members) < _MIN_ROWS:
            return default if members is None else members
        if not isinstance(members, OrderedMembers):
            members = OrderedMembers(members, self._table, self._attribute)
            self._partitions[partition] = members
        bounds = self._bounds()
        if bounds is None:
            return members
        return members.page(*bounds, int(self._data["Limit"]), bool(self._data.get("ScanIndexForward", True)))

    def _bounds(self) -> tuple[str | None, str | None, Position | None] | None:
        """Return the bounds of the sort key, and the position to start after; None if they are not of texts."""
        data, table = self._data, self._table
        comparisons = comparisons_of(data.get("KeyConditionExpression") or "", "KeyConditionExpression")
        try:
            [lower, upper] = self._sort_bounds(comparisons)
            start = data.get("ExclusiveStartKey")
            if not start:
                return lower, upper, None
            names = (self._attribute, table["pk_name"], table["sk_name"])
            sort, pk, sk = (start[name]["S"] for name in names)
        except (KeyError, TypeError, ValueError):
            return None
        return lower, upper, (sort, pk, sk)

    def _sort_bounds(self, comparisons: tuple[Comparison, ...] | None) -> tuple[str | None, str | None]:
        """Raise KeyError, TypeError or ValueError if the condition is not one of texts."""
        if comparisons is None:
            raise ValueError
        names: Mapping[str, str] = self._data.get("ExpressionAttributeNames") or {}
        values: Mapping[str, Any] = self._data.get("ExpressionAttributeValues") or {}
        for name, operator, lower, upper in comparisons:
            if (names[name] if name[0] == "#" else name) == self._attribute:
                if operator not in ("=", "BETWEEN"):
                    raise ValueError
                return values[lower]["S"], values[upper]["S"]
        return None, None


class OrderedMembers(dict[Key, Position]):
    """The keys of a partition of an index with their positions; MiniStack adds and removes keys as of a dictionary."""

    def __init__(self, keys: Iterable[Key], table: Document, attribute: str) -> None:
        super().__init__()
        self._table, self._attribute = table, attribute
        for key in keys:
            super().__setitem__(key, self._position(key))
        self._order: list[Position] = sorted(self.values())

    def _position(self, key: Key) -> Position:
        pk, sk = key
        return dynamodb._extract_key_val(self._table["items"][pk][sk][self._attribute]), pk, sk

    def __setitem__(self, key: Key, _: Any) -> None:
        position = self._position(key)
        self._remove(key)
        super().__setitem__(key, position)
        insort(self._order, position)

    def pop(self, key: Key, *default: Any) -> Any:
        self._remove(key)
        return super().pop(key, *default)

    def _remove(self, key: Key) -> None:
        position = self.get(key)
        if position is not None:
            del self._order[bisect_left(self._order, position)]

    def page(
        self, lower: str | None, upper: str | None, start: Position | None, limit: int, forward: bool
    ) -> list[Key]:
        """Return up to `limit` keys after a position whose sort key is within bounds, both included."""
        order = self._order
        first = 0 if lower is None else bisect_left(order, lower, key=_sort_key)
        end = len(order) if upper is None else bisect_right(order, upper, key=_sort_key)
        if start is not None and forward:
            first = max(first, bisect_right(order, start))
        elif start is not None:
            end = min(end, bisect_left(order, start))
        chosen = order[first : min(end, first + limit)] if forward else order[max(first, end - limit) : end]
        return [(pk, sk) for _, pk, sk in chosen]


def _sort_key(position: Position) -> str:
    return position[0]
