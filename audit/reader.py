"""Read a snapshot of a deployed stack: every item of every table, the image buckets, and the running orders."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tillflow.store import MalformedRow, unmarshal

from audit.delivery import BUS_TIME
from audit.snapshot import TABLES, Item, Pictures, Snapshot

QUEUED = timedelta(days=14)
"""How long an event can wait in the image queue, if events wait there at all."""


def read_snapshot(
    dynamodb: Any,
    table_name: Callable[[str], str],
    running: Callable[[], frozenset[str]] = frozenset,
    scanned: Callable[[str, int], None] = lambda table, items: None,
    threads: int = 4,
    pictures: Callable[[], Pictures] = Pictures,
    succeeded: Callable[[], Mapping[str, frozenset[str]]] = dict,
) -> Snapshot:
    """Scan every table with consistent reads, then list the images.

    `table_name` returns a table's name by logical id; `scanned` is called with each table and its number of items.
    `succeeded` is called before the tables are read, so that they have what it returns.
    Tables are not read at the same moment: an order that runs before or after the scan counts as running.
    """
    read_at, before, ended = datetime.now(UTC), running(), succeeded()

    def scan(table: str) -> list[Item]:
        items = list(scan_table(dynamodb, table_name(table)))
        scanned(table, len(items))
        return items

    with ThreadPoolExecutor(threads) as pool:
        tables = dict(zip(TABLES, pool.map(scan, TABLES), strict=True))
    return Snapshot(tables, before | running(), pictures(), read_at, succeeded=ended)


def read_pictures(
    s3: Any,
    bucket_name: Callable[[str], str],
    pending: Callable[[], frozenset[str]] = frozenset,
    delivery_time: timedelta = BUS_TIME,
) -> Pictures:
    """List the image buckets, then call `pending` for the keys whose event is being ingested or dead-lettered.

    The events of objects that were changed within `delivery_time` may not have been delivered: they are pending too.
    Folder markers, which S3's console creates, are ignored.
    """
    originals: dict[str, str] = {}
    recent: set[str] = set()
    since = datetime.now(UTC) - delivery_time
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket_name("ImagesBucket"))
    for page in pages:
        versions, markers = page.get("Versions", []), page.get("DeleteMarkers", [])
        recent |= {one["Key"] for one in (*versions, *markers) if one["LastModified"] > since}
        originals |= {one["Key"]: one["ETag"].strip('"') for one in versions if one["IsLatest"]}
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket_name("ThumbnailsBucket"))
    thumbnails = frozenset(one["Key"] for page in pages for one in page.get("Contents", []))
    images = {key: etag for key, etag in originals.items() if not key.endswith("/")}
    return Pictures(images, thumbnails, pending() | recent)


def scan_table(dynamodb: Any, name: str) -> Iterator[Item]:
    """Return every item of a table."""
    start: dict[str, Any] = {}
    while True:
        page = dynamodb.scan(TableName=name, ConsistentRead=True, **start)
        yield from map(_row, page["Items"])
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _row(item: Mapping[str, Any]) -> Item:
    """Return a row; numbers that are not whole, which the services refuse, are decimals."""
    try:
        return unmarshal(item)
    except MalformedRow:
        return {name: _value(value) for name, value in item.items()}


def _value(attribute: Mapping[str, Any]) -> Any:
    ((kind, inner),) = attribute.items()
    match kind:
        case "N":
            number = Decimal(inner)
            return int(number) if number == number.to_integral_value() else number
        case "L":
            return [_value(member) for member in inner]
        case "M":
            return {name: _value(value) for name, value in inner.items()}
    return unmarshal({kind: attribute})[kind]
