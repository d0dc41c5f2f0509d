"""DynamoDB in the journal: items, and the records and positions of streams."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import dynamodb, lambda_svc

from ...journal import Journal, ObservedDict, ObservedList
from ..documents import copied_stores
from ..locks import locked

type State = dict[str, Any]

_ITEMS = "dynamodb/items"
_RECORDS = "dynamodb/stream-records"
_TRIMMED = "dynamodb/stream-trimmed"
_CLOSED = "dynamodb/closed-streams"
_POSITIONS = "dynamodb/stream-positions"
_DATA_FIELDS = ("items", dynamodb._INDEX_MEMBERS, "ItemCount", "TableSizeBytes")
_METADATA = (
    "tags", "ttl_settings", "pitr_settings", "kinesis_destinations", "contributor_insights", "backups",
    "resource_policies", "exports", "imports",
)  # fmt: skip

_STREAM_FUNCTIONS = (
    "_trim_stream_records",
    "stream_start_position",
    "stream_end_position",
    "stream_records_since",
    "closed_stream",
    "drop_stream_records",
)


def metadata() -> State:
    """Return DynamoDB's state without items."""
    tables = AccountRegionScopedDict()
    for key, table in list(dynamodb._tables._data.items()):
        tables._data[key] = {name: value for name, value in table.items() if name not in _DATA_FIELDS}
    return {"tables": tables} | copied_stores(dynamodb, _METADATA)


def add_items(journal: Journal, state: State) -> None:
    """Add the stored items to the tables of a stored state."""
    partitions: dict[Any, defaultdict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for entry in journal.load(_ITEMS):
        assert isinstance(entry.key, tuple)
        partition, sort = entry.key
        partitions[entry.owner][partition][sort] = entry.value
    for table in state["tables"]._data.values():
        table["items"] = partitions[table["TableArn"]]
        dynamodb._update_counts(table)


def install_items(journal: Journal) -> None:
    """Write every change of an item to the journal."""
    set_item, remove_item, items_replaced = (
        dynamodb._set_item,
        dynamodb._remove_item,
        dynamodb._items_replaced,
    )

    def journaled_set_item(table: Any, partition: str, sort: str, item: Any) -> Any:
        previous = set_item(table, partition, sort, item)
        journal.put(_ITEMS, table["TableArn"], (partition, sort), item)
        return previous

    def journaled_remove_item(table: Any, partition: str, sort: str) -> Any:
        previous = remove_item(table, partition, sort)
        journal.delete(_ITEMS, table["TableArn"], (partition, sort))
        return previous

    def journaled_items_replaced(table: Any) -> None:
        items_replaced(table)
        journal.delete_owner(_ITEMS, table["TableArn"])
        for partition, sorted_items in table["items"].items():
            for sort, item in sorted_items.items():
                journal.put(_ITEMS, table["TableArn"], (partition, sort), item)

    dynamodb._set_item = journaled_set_item
    dynamodb._remove_item = journaled_remove_item
    dynamodb._items_replaced = journaled_items_replaced
    dynamodb._tables._data = ObservedDict(
        on_delete=lambda _, table: journal.delete_owner(_ITEMS, table["TableArn"])
    )


def lock_streams() -> None:
    """Read and trim the records of streams in one thread at a time.

    Writers and consumers trim records that are older than a day. Two at once would each delete as many records as
    both have counted, and a reader would skip as many.
    """
    lock = threading.RLock()
    for name in _STREAM_FUNCTIONS:
        setattr(dynamodb, name, locked(lock, getattr(dynamodb, name)))


def install_streams(journal: Journal) -> None:
    """Restore the records of streams and the positions of their consumers; write their changes to the journal."""

    stored: dict[tuple[str, ...], list[tuple[int, Any]]] = defaultdict(list)
    for entry in journal.load(_RECORDS):
        assert isinstance(entry.owner, tuple) and isinstance(entry.key, int)
        stored[entry.owner].append((entry.key, entry.value))
    dynamodb._stream_records._data = ObservedDict(
        ((key, ObservedList(journal, _RECORDS, key, numbered)) for key, numbered in stored.items()),
        convert=lambda key, values: _observed_records(journal, key, values),
        on_delete=lambda key, _: journal.delete_owner(_RECORDS, key),
    )
    dynamodb._stream_trimmed._data = _observed_values(journal, _TRIMMED)
    dynamodb._closed_streams._data = _observed_values(journal, _CLOSED, convert=_without_observation)
    lambda_svc._dynamodb_stream_positions._data = _observed_values(journal, _POSITIONS)


def _observed_records(journal: Journal, key: tuple[str, ...], values: list[Any]) -> ObservedList:
    observed = ObservedList(journal, _RECORDS, key)
    observed.extend(values)
    return observed


def _without_observation(_: Any, stream: dict[str, Any]) -> dict[str, Any]:
    """Return a closed stream with its records in a plain list: they do not change any more."""
    return stream | {"records": list(stream["records"])}


def _observed_values(
    journal: Journal, store: str, convert: Callable[[Any, Any], Any] | None = None
) -> ObservedDict:
    def put(key: tuple[str, ...], value: Any) -> None:
        journal.put(store, "", key, value)

    def delete(key: tuple[str, ...], _: Any) -> None:
        journal.delete(store, "", key)

    return ObservedDict(
        ((entry.key, entry.value) for entry in journal.load(store)),
        on_set=put,
        on_delete=delete,
        convert=convert,
    )
