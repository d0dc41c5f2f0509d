"""Read a snapshot of the live shop: every item of every table, and which orders are still running."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tillflow.store import unmarshal

from till.invariants.snapshot import TABLES, Item, Snapshot


def read_snapshot(
    dynamodb: Any,
    table_name: Callable[[str], str],
    running: Callable[[], frozenset[str]] = frozenset,
    scanned: Callable[[str, int], None] = lambda table, items: None,
    threads: int = 4,
) -> Snapshot:
    """Scan every table, consistently read. `table_name` gives a table's name from its logical id.

    Tables are read one after another, so a sale that ends meanwhile may be seen half: whatever runs
    before or after the scan counts as running. `scanned` hears of each table that is done.
    """
    before = running()

    def scan(table: str) -> list[Item]:
        items = list(scan_table(dynamodb, table_name(table)))
        scanned(table, len(items))
        return items

    with ThreadPoolExecutor(threads) as pool:
        tables = dict(zip(TABLES, pool.map(scan, TABLES), strict=True))
    return Snapshot(tables, before | running())


def scan_table(dynamodb: Any, name: str) -> Iterator[Item]:
    """Every item of a table."""
    start: dict[str, Any] = {}
    while True:
        page = dynamodb.scan(TableName=name, ConsistentRead=True, **start)
        yield from map(unmarshal, page["Items"])
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
