"""The images table: the state of each object, discarded attempts, and the images of each product."""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tillflow.errors import ImageSuperseded, InvalidRequest, StoreContention
from tillflow.listing import MOST_READS, Index, Page
from tillflow.store import (
    Action,
    Item,
    check_absent,
    key,
    marshal,
    put_row,
    read_row,
    read_rows,
    retry_on_conflict,
    transact,
    unmarshal,
)
from tillflow.times import utc_now

from images import rows, rules
from images.documents import ImageDocument


@dataclass(frozen=True, slots=True)
class ImageStore:
    """The images table. `dynamodb` is a low-level client."""

    dynamodb: Any
    table: str

    def find_row(self, name: str) -> Item:
        """Return the row of an object; {} when there is none."""
        return read_row(self.dynamodb, self.table, *rows.state_key(name))

    def find_state(self, name: str, attempt: str) -> tuple[Item, bool]:
        """Return the row of an object, {} when there is none, and whether the attempt has been discarded."""
        state, discarded = rows.state_key(name), rows.attempt_key(name, attempt)
        stored = read_rows(self.dynamodb, self.table, [state, discarded])
        return stored.get(state, {}), discarded in stored

    def find_rows(self, names: Iterable[str]) -> dict[str, Item]:
        """Return the rows of many objects, those that exist, by object key."""
        stored = read_rows(self.dynamodb, self.table, [rows.state_key(name) for name in names])
        return {row["key"]: row for row in stored.values()}

    def list_page(self, limit: int, after: str) -> Page[Item]:
        """Return a page of images that are not deleted, in no order. Scans the table. InvalidRequest."""
        images: list[Item] = []
        start = _start(after)
        for _ in range(MOST_READS):
            response = self.dynamodb.scan(
                TableName=self.table,
                Limit=limit - len(images),
                FilterExpression="sk = :state AND #status <> :deleted",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=marshal({":state": rows.STATE, ":deleted": "DELETED"}),
                **({"ExclusiveStartKey": start} if start else {}),
            )
            images += map(unmarshal, response["Items"])
            start = response.get("LastEvaluatedKey")
            if start is None or len(images) == limit:
                break
        reached = unmarshal(start)
        return Page(images, json.dumps([reached["pk"], reached["sk"]]) if reached else None)

    def list_quarantine(self, limit: int, after: str) -> Page[Item]:
        """Return a page of the rows of rejected images, the newest first. InvalidRequest."""
        index = Index(self.dynamodb, self.table, "quarantine", "quarantine", "updated_at")
        return index.page("REJECTED", limit, after, newest_first=True)

    def list_of_product(self, sku: str) -> list[Item]:
        """Return the images that a product shows, by object key."""
        pk, prefix = rows.link_key(sku, "")
        links = self._pages(
            "query",
            KeyConditionExpression="pk = :product AND begins_with(sk, :image)",
            ExpressionAttributeValues=marshal({":product": pk, ":image": prefix}),
        )
        shown = [{name: value for name, value in link.items() if name not in ("pk", "sk")} for link in links]
        return sorted(shown, key=lambda link: str(link["key"]))

    def settle(self, image: ImageDocument) -> Item:
        """Take the row for an attempt and link the image to its product in one transaction; return the row.

        Raises ImageSuperseded when a newer attempt has the row, or this attempt has been discarded.
        """

        def take() -> Item:
            row = self.find_row(image["key"])
            settled = rules.settle(row, image)
            if settled is None:
                return row
            now = utc_now()
            settled["updated_at"] = now.isoformat(timespec="milliseconds")
            if settled["status"] == "DELETED":
                settled["expires_at"] = int(now.timestamp()) + rules.TOMBSTONE_SECONDS
            transact(self.dynamodb, self._settlement(row, settled), f"image {image['key']}")
            return settled

        return retry_on_conflict(take)

    def discard(self, name: str, attempt: str) -> Item:
        """Invalidate an attempt unless it holds the row already; return the row, {} when there is none."""

        def close() -> Item:
            row = self.find_row(name)
            if row.get("attempt") == attempt:
                return row
            expires_at = int(time.time()) + rules.TOMBSTONE_SECONDS
            mark = put_row(self.table, rows.attempt_row(name, attempt, expires_at))
            transact(self.dynamodb, [mark, self._unchanged(name, row)], f"image {name}")
            return row

        return retry_on_conflict(close)

    def _settlement(self, row: Item, settled: Item) -> list[Action]:
        name, sku = settled["key"], settled["sku"]
        unchanged = self._unchanged(name, row)
        condition = {k: v for k, v in unchanged.request.items() if k not in ("TableName", "Key")}
        put = put_row(self.table, rows.state_row(settled), unchanged.condition_error, **condition)
        attempt = rows.attempt_key(name, settled["attempt"])
        not_discarded = check_absent(self.table, attempt, lambda _: ImageSuperseded(name))
        return [not_discarded, put, *([self._link(sku, settled)] if sku else [])]

    def _link(self, sku: str, settled: Item) -> Action:
        if settled["status"] != "READY":
            link = key(*rows.link_key(sku, settled["image_id"]))
            return Action("Delete", {"TableName": self.table, "Key": link})
        return put_row(self.table, rows.link_row(sku, settled))

    def _unchanged(self, name: str, row: Item) -> Action:
        """Return the condition that nothing was written since the row was read; otherwise StoreContention."""
        changed = StoreContention(f"image {name}")
        if not row:
            return check_absent(self.table, rows.state_key(name), lambda _: changed)
        request = {
            "TableName": self.table,
            "Key": key(*rows.state_key(name)),
            "ConditionExpression": "attempt = :read",
            "ExpressionAttributeValues": marshal({":read": row["attempt"]}),
        }
        return Action("ConditionCheck", request, lambda _: changed)

    def _pages(self, operation: str, **request: Any) -> Iterator[Item]:
        paginator = self.dynamodb.get_paginator(operation)
        for page in paginator.paginate(TableName=self.table, **request):
            yield from map(unmarshal, page["Items"])


def _start(after: str) -> Item | None:
    """Return the key to scan after; None for the beginning."""
    if not after:
        return None
    try:
        pk, sk = json.loads(after)
    except (ValueError, TypeError):
        raise InvalidRequest("cursor", "(another)", "the next_cursor of the page before") from None
    return key(str(pk), str(sk))
