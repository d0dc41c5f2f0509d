"""Read a snapshot of the live shop: every item of every table, and which orders are still running."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from tillflow.store import unmarshal

from audit.snapshot import TABLES, Item, Pictures, Snapshot

# S3's event of a change comes within seconds as a rule; a change so young is not yet missed.
_ON_ITS_WAY = timedelta(minutes=1)


def read_snapshot(
    dynamodb: Any,
    table_name: Callable[[str], str],
    running: Callable[[], frozenset[str]] = frozenset,
    scanned: Callable[[str, int], None] = lambda table, items: None,
    threads: int = 4,
    pictures: Callable[[], Pictures] = Pictures,
) -> Snapshot:
    """Scan every table, consistently read, then the pictures. `table_name` gives a table's name by logical id.

    Tables are read one after another, so a sale that ends meanwhile may be seen half: whatever runs
    before or after the scan counts as running. `scanned` hears of each table that is done.
    """
    read_at, before = datetime.now(UTC), running()

    def scan(table: str) -> list[Item]:
        items = list(scan_table(dynamodb, table_name(table)))
        scanned(table, len(items))
        return items

    with ThreadPoolExecutor(threads) as pool:
        tables = dict(zip(TABLES, pool.map(scan, TABLES), strict=True))
    return Snapshot(tables, before | running(), pictures(), read_at)


def read_pictures(
    s3: Any, bucket_name: Callable[[str], str], underway: Callable[[], frozenset[str]] = frozenset
) -> Pictures:
    """List the image buckets; `underway` is asked last for the keys that are being handled or parked.

    Folder markers, which S3's console makes, are no pictures.
    """
    originals: dict[str, str] = {}
    young: set[str] = set()
    since = datetime.now(UTC) - _ON_ITS_WAY
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket_name("ImagesBucket"))
    for page in pages:
        versions, markers = page.get("Versions", []), page.get("DeleteMarkers", [])
        young |= {one["Key"] for one in (*versions, *markers) if one["LastModified"] > since}
        originals |= {one["Key"]: one["ETag"].strip('"') for one in versions if one["IsLatest"]}
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket_name("ThumbnailsBucket"))
    thumbnails = frozenset(one["Key"] for page in pages for one in page.get("Contents", []))
    shown = {key: etag for key, etag in originals.items() if not key.endswith("/")}
    return Pictures(shown, thumbnails, underway() | young)


def scan_table(dynamodb: Any, name: str) -> Iterator[Item]:
    """Every item of a table."""
    start: dict[str, Any] = {}
    while True:
        page = dynamodb.scan(TableName=name, ConsistentRead=True, **start)
        yield from map(unmarshal, page["Items"])
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
