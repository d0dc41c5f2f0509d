"""The images service's objects and rows: originals, thumbnails and quarantine in S3, metadata in DynamoDB."""

import hashlib
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
from tillflow.errors import ImageSuperseded, StoreContention, StoreUnavailable
from tillflow.store import Action, Item, key, marshal, read_rows, retry_on_conflict, transact, unmarshal

from images import rules
from images.rules import Current, Document

_MISSING = {"404", "NoSuchKey", "NoSuchVersion", "NotFound", "405", "MethodNotAllowed"}
_PASSING = {"SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "Throttling", "503", "500"}
_CHUNK = 1 << 20
_COPY_LIMIT = 5 * 1024**3
_KEYS_PER_DELETE = 1000
_CACHED_FOR_EVER = "public, max-age=31536000, immutable"
_SK = "IMAGE"


def s3_client() -> Any:
    """S3 for pictures, which are larger than rows: reads may take longer than `tillflow.aws` allows."""
    config = Config(
        signature_version="s3v4",
        connect_timeout=1,
        read_timeout=8,
        retries={"mode": "standard", "total_max_attempts": 3},
    )
    return botocore.session.get_session().create_client("s3", config=config)


@dataclass(frozen=True, slots=True)
class ImageStore:
    """Where pictures are kept: a table's name, and those of the buckets a function has to do with."""

    dynamodb: Any
    s3: Any
    table: str
    originals: str
    thumbnails: str = ""
    quarantine: str = ""

    def find_current(self, name: str) -> Current | None:
        """The newest version of an object; None when it is deleted."""
        try:
            with _s3("reading"):
                head = self.s3.head_object(Bucket=self.originals, Key=name)
        except _Missing:
            return None
        return Current(head.get("VersionId", ""), head["ETag"].strip('"'), head["ContentLength"])

    def download(self, image: Document, path: Path) -> str:
        """Stream the very version the document names into a file; its sha256 in hex.

        Raises ImageSuperseded when that version is gone.
        """
        digest = hashlib.sha256()
        version = {"VersionId": image["version_id"]} if image["version_id"] else {}
        try:
            with _s3("reading"), path.open("wb") as file:
                body = self.s3.get_object(
                    Bucket=self.originals, Key=image["key"], IfMatch=f'"{image["etag"]}"', **version
                )["Body"]
                for chunk in body.iter_chunks(_CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
        except _Missing:
            raise ImageSuperseded(image["key"]) from None
        return digest.hexdigest()

    def upload(self, outputs: Iterable[Document], folder: Path) -> None:
        """Store thumbnails, each under its `key`, to be cached for ever."""
        for output in outputs:
            with _s3("writing a thumbnail"), (folder / output["file"]).open("rb") as file:
                self.s3.put_object(
                    Bucket=self.thumbnails,
                    Key=output["key"],
                    Body=file,
                    ContentType=output["type"],
                    CacheControl=_CACHED_FOR_EVER,
                )

    def copy_to_quarantine(self, image: Document) -> str | None:
        """Copy the refused version, with the reason, to where nothing serves it; its key there.

        None when S3 would not copy so large an object in one call: it stays where it was put.
        """
        if image["bytes"] > _COPY_LIMIT:
            return None
        target = rules.quarantine_key(image)
        version = {"VersionId": image["version_id"]} if image["version_id"] else {}
        try:
            with _s3("copying to quarantine"):
                self.s3.copy_object(
                    Bucket=self.quarantine,
                    Key=target,
                    CopySource={"Bucket": self.originals, "Key": image["key"], **version},
                    MetadataDirective="REPLACE",
                    ContentType="application/octet-stream",
                    ContentDisposition="attachment",
                    # S3 metadata is ASCII; a key and a decoder's words may be anything.
                    Metadata={
                        "reason": image["reason"],
                        "sentence": quote(image["sentence"], safe=" ,:;()")[:1000],
                        "source-key": quote(image["key"])[:1000],
                    },
                )
        except _Missing:
            raise ImageSuperseded(image["key"]) from None
        return target

    def find_row(self, name: str) -> Item:
        """The row of an object; {} when there is none."""
        answer = self.dynamodb.get_item(TableName=self.table, Key=_key(name), ConsistentRead=True)
        return unmarshal(answer.get("Item"))

    def find_state(self, name: str, attempt: str) -> tuple[Item, bool]:
        """The row of an object, {} when there is none, and whether it is closed to an attempt."""
        rows = read_rows(self.dynamodb, self.table, [(f"IMAGE#{name}", sk) for sk in (_SK, _mark(attempt))])
        return rows.get((f"IMAGE#{name}", _SK), {}), (f"IMAGE#{name}", _mark(attempt)) in rows

    def find_rows(self, names: Iterable[str]) -> dict[str, Item]:
        """The rows of many objects, those that have one, by key."""
        rows = read_rows(self.dynamodb, self.table, [(f"IMAGE#{name}", _SK) for name in names])
        return {row["key"]: row for row in rows.values()}

    def settle(self, image: Document) -> Item:
        """Take the row for an attempt, and link it to its product, in one transaction; the row after.

        Raises ImageSuperseded when the row, or a discard of this attempt, says otherwise.
        """

        def take() -> Item:
            row = self.find_row(image["key"])
            settled = rules.settle(row, image)
            if settled is None:
                return row
            now = datetime.now(UTC)
            settled["updated_at"] = now.isoformat(timespec="milliseconds")
            if settled["status"] == "DELETED":
                settled["expires_at"] = int(now.timestamp()) + rules.TOMBSTONE_SECONDS
            transact(self.dynamodb, self._settlement(row, settled), f"image {image['key']}")
            return settled

        return retry_on_conflict(take)

    def discard(self, name: str, attempt: str) -> Item:
        """Close the row to an attempt unless it holds it already; the row as it is, {} when there is none."""

        def close() -> Item:
            row = self.find_row(name)
            if row.get("attempt") == attempt:
                return row
            expires_at = int(time.time()) + rules.TOMBSTONE_SECONDS
            marker = {**_attempt(name, attempt), "expires_at": {"N": str(expires_at)}}
            mark = Action("Put", {"TableName": self.table, "Item": marker})
            transact(self.dynamodb, [mark, self._unchanged(name, row)], f"image {name}")
            return row

        return retry_on_conflict(close)

    def remove_leftovers(self, image: str, row: Item, discarded: str = "") -> list[str]:
        """Delete what no attempt needs any more from an image's folder; the keys deleted."""
        with _s3("listing thumbnails"):
            pages = self.s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.thumbnails, Prefix=f"{image}/"
            )
            keys = [thing["Key"] for page in pages for thing in page.get("Contents", [])]
        dead = rules.leftovers(image, keys, row, discarded)
        for start in range(0, len(dead), _KEYS_PER_DELETE):
            chunk = [{"Key": name} for name in dead[start : start + _KEYS_PER_DELETE]]
            with _s3("deleting thumbnails"):
                answer = self.s3.delete_objects(
                    Bucket=self.thumbnails, Delete={"Objects": chunk, "Quiet": True}
                )
            if failed := answer.get("Errors"):
                raise StoreUnavailable(f"deleting {len(failed)} thumbnails: {failed[0]['Code']}")
        return dead

    def sign_upload(self, wanted: Document) -> Document:
        """A form that uploads one file of the wanted key, type and size, for a while: {"url", "fields"}."""
        signed: Document = self.s3.generate_presigned_post(
            self.originals,
            wanted["key"],
            Fields={"Content-Type": wanted["content_type"]},
            Conditions=[
                {"Content-Type": wanted["content_type"]},
                ["content-length-range", 1, wanted["most_bytes"]],
            ],
            ExpiresIn=wanted["seconds"],
        )
        return signed

    def _settlement(self, row: Item, settled: Item) -> list[Action]:
        name, sku = settled["key"], settled["sku"]
        pk, sk = f"IMAGE#{name}", _SK
        sparse = {"quarantine": "REJECTED"} if settled["status"] == "REJECTED" else {}
        current = self._unchanged(name, row)
        put = Action(
            "Put",
            {
                "TableName": self.table,
                "Item": marshal({"pk": pk, "sk": sk, **settled, **sparse}),
                **{k: v for k, v in current.request.items() if k not in ("TableName", "Key")},
            },
            current.condition_error,
        )
        open_still = Action(
            "ConditionCheck",
            {
                "TableName": self.table,
                "Key": _attempt(name, settled["attempt"]),
                "ConditionExpression": "attribute_not_exists(pk)",
            },
            lambda _row: ImageSuperseded(name),
        )
        return [open_still, put, *([self._link(sku, settled)] if sku else [])]

    def _link(self, sku: str, settled: Item) -> Action:
        where = key(f"PRODUCT#{sku}", f"IMAGE#{settled['key']}")
        if settled["status"] != "READY":
            return Action("Delete", {"TableName": self.table, "Key": where})
        told = (
            "key",
            "image_id",
            "displayed_size",
            "placeholder",
            "dominant_colour",
            "outputs",
            "updated_at",
        )
        link = {name: settled[name] for name in told}
        return Action("Put", {"TableName": self.table, "Item": {**where, **marshal(link)}})

    def _unchanged(self, name: str, row: Item) -> Action:
        """Nothing has been written since the row was read; else it is contention, to be read again."""
        request: dict[str, Any] = {"TableName": self.table, "Key": _key(name)}
        if row:
            request["ConditionExpression"] = "attempt = :seen"
            request["ExpressionAttributeValues"] = {":seen": {"S": row["attempt"]}}
        else:
            request["ConditionExpression"] = "attribute_not_exists(pk)"
        return Action("ConditionCheck", request, lambda _row: StoreContention(f"image {name}"))


def _key(name: str) -> dict[str, Any]:
    return key(f"IMAGE#{name}", _SK)


def _attempt(name: str, attempt: str) -> dict[str, Any]:
    return key(f"IMAGE#{name}", _mark(attempt))


def _mark(attempt: str) -> str:
    return f"ATTEMPT#{attempt}"


class _Missing(Exception):
    """The object, or its version, is not there."""


@contextmanager
def _s3(what: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _MISSING or code in ("412", "PreconditionFailed"):
            raise _Missing from None
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _PASSING or status >= 500:
            raise StoreUnavailable(f"{what}: {code}") from error
        raise
    except (HTTPClientError, IncompleteReadError) as error:
        raise StoreUnavailable(f"{what}: {type(error).__name__}") from error
