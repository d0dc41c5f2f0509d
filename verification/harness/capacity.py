"""Compute the DynamoDB capacity that requests consume, from the sizes of the items that they touch.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html and
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from verification.harness.dynamodb import Tables

type Item = Mapping[str, Any]  # in DynamoDB's JSON
type Key = tuple[str, str]

WRITE_UNIT, READ_UNIT = 1024, 4096
WRITES = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}
NO_ITEM: Item = {}


def item_size(item: Item) -> int:
    """Return the bytes of an item: the lengths of its attribute names and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    kind, content = next(iter(value.items()))
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            digits = content.lstrip("-").replace(".", "").strip("0")
            return ceil(len(digits) / 2) + 1
        case "B":
            return len(content)
        case "L":
            return 3 + sum(1 + _value_size(element) for element in content)
        case "M":
            return 3 + len(content) + item_size(content)
        case "SS" | "NS" | "BS":
            return sum(_value_size({kind[0]: element}) for element in content)
    return 1  # NULL, BOOL


def write_units(before: Item, after: Item, transactional: bool) -> int:
    """Return the units of a write: those of the larger of the item before and after, twice in a transaction."""
    size = max(item_size(before), item_size(after), 1)
    return ceil(size / WRITE_UNIT) * (2 if transactional else 1)


def read_units(size: int, consistent: bool, transactional: bool = False) -> float:
    """Return the units of a read of this many bytes: half of them when it is eventually consistent."""
    units = ceil(max(size, 1) / READ_UNIT)
    return units * (2.0 if transactional else 1.0 if consistent else 0.5)


def index_units(
    before: Item, after: Item, hash_key: str, range_key: str, included: Collection[str] | None
) -> int:
    """Return the units of the writes that a change of an item causes in an index.

    `included`: the attributes that the index has besides the keys, None for all of them.
    """
    names = (hash_key, range_key)

    def entry(item: Item) -> Item:
        if not all(name in item for name in names):
            return NO_ITEM
        if included is None:
            return item
        return {name: item[name] for name in {"pk", "sk", *names, *included} if name in item}

    old, new = entry(before), entry(after)
    if old == new:
        return 0
    moved = bool(old and new) and any(old[name] != new[name] for name in names)
    units = ceil(max(item_size(old), item_size(new), 1) / WRITE_UNIT)
    return units * 2 if moved else units


@dataclass(frozen=True, slots=True)
class Written:
    """A write of an item, and the units of it and of the indexes that it changes. size: bytes of the item after it."""

    table: str
    key: Key
    size: int
    transactional: bool
    units: int
    index_units: int

    @property
    def row(self) -> str:
        """The kind of the item: its key up to the first ids."""
        return " ".join(part.partition("#")[0] for part in self.key)


@dataclass
class CapacityMeter:
    """Counts the requests of `tables` and the units they consume, while it is registered there."""

    tables: Tables
    requests: int = 0
    reads: float = 0
    written: list[Written] = field(default_factory=list)
    _before: dict[tuple[str, Key], Item] = field(default_factory=dict)

    @property
    def writes(self) -> int:
        return self.writes_by_table.total()

    @property
    def writes_by_table(self) -> Counter[str]:
        units: Counter[str] = Counter()
        for write in self.written:
            units[write.table] += write.units + write.index_units
        return units

    def start(self) -> None:
        self.tables.before.append(self._note_items)
        self.tables.after.append(self._add)

    def stop(self) -> None:
        self.tables.before.remove(self._note_items)
        self.tables.after.remove(self._add)

    def _note_items(self, operation: str, params: dict[str, Any]) -> None:
        self._before = dict(self._written_items(operation, params))

    def _add(self, operation: str, params: dict[str, Any], response: dict[str, Any]) -> None:
        self.requests += 1
        transactional = operation.startswith("Transact")
        for (table, key), after in self._written_items(operation, params):
            before = self._before.get((table, key), NO_ITEM)
            units = write_units(before, after, transactional)
            indexes = sum(index_units(before, after, *index) for index in self.tables.indexes(table))
            self.written.append(Written(table, key, item_size(after), transactional, units, indexes))
        self.reads += _units_read(operation, params, response)

    def _written_items(
        self, operation: str, params: dict[str, Any]
    ) -> Iterator[tuple[tuple[str, Key], Item]]:
        keys = list(_written_keys(operation, params))
        tables = {table: self.tables.items_by_key(table) for table, _ in keys}
        for table, key in keys:
            yield (table, key), tables[table].get(key, NO_ITEM)


def _written_keys(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, Key]]:
    if operation in WRITES:
        yield params["TableName"], _key(params)
    elif operation == "TransactWriteItems":
        for action in params["TransactItems"]:
            for request in action.values():  # a ConditionCheck costs as much as a write
                yield request["TableName"], _key(request)
    elif operation == "BatchWriteItem":
        for table, requests in params["RequestItems"].items():
            for action in requests:
                for request in action.values():
                    yield table, _key(request)


def _key(request: Mapping[str, Any]) -> Key:
    key = request.get("Item") or request["Key"]
    return key["pk"]["S"], key["sk"]["S"]


def _units_read(operation: str, params: dict[str, Any], response: dict[str, Any]) -> float:
    consistent = bool(params.get("ConsistentRead"))
    match operation:
        case "GetItem":
            return read_units(item_size(response.get("Item", NO_ITEM)), consistent)
        case "Query" | "Scan":
            return read_units(sum(map(item_size, response.get("Items", ()))), consistent)
        case "BatchGetItem":
            return sum(
                read_units(item_size(item), bool(params["RequestItems"][table].get("ConsistentRead")))
                for table, items in response.get("Responses", {}).items()
                for item in items
            )
        case "TransactGetItems":
            items = (row.get("Item", NO_ITEM) for row in response["Responses"])
            return sum(read_units(item_size(item), True, transactional=True) for item in items)
    return 0
