"""The S3 objects of the images service: originals, thumbnails and quarantined copies."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError
from tillflow.aws import can_pass
from tillflow.errors import ImageSuperseded, StoreUnavailable

from images import rules
from images.decoding.limits import MAX_BYTES
from images.documents import Attempt, ImageDocument, Output
from images.rules import Current, Row

UPLOAD_SECONDS = 300
_MISSING = {"404", "NoSuchKey", "NoSuchVersion", "NotFound", "405", "MethodNotAllowed"}
_CHANGED = {"412", "PreconditionFailed"}
_CHUNK = 1 << 20
_COPY_LIMIT = 5 * 1024**3
_KEYS_PER_DELETE = 1000
_METADATA_LENGTH = 1000
_CACHE_CONTROL = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class ImageObjects:
    """The buckets of the service; a function has the names of those it uses."""

    s3: Any
    originals: str
    thumbnails: str = ""
    quarantine: str = ""

    def find_current(self, key: str) -> Current | None:
        """Return the newest version of an object; None when it is deleted."""
        try:
            with _translated("reading an original"):
                head = self.s3.head_object(Bucket=self.originals, Key=key)
        except _Missing:
            return None
        return Current(head.get("VersionId", ""), head["ETag"].strip('"'), head["ContentLength"])

    def download(self, image: Attempt, path: Path) -> str:
        """Write the version that the attempt names into a file; return its sha256 in hex.

        Raises ImageSuperseded when that version is gone.
        """
        digest = hashlib.sha256()
        try:
            with _translated("reading an original"), path.open("wb") as file:
                body = self.s3.get_object(
                    Bucket=self.originals, Key=image["key"], IfMatch=f'"{image["etag"]}"', **_version(image)
                )["Body"]
                for chunk in body.iter_chunks(_CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
        except _Missing:
            raise ImageSuperseded(image["key"]) from None
        return digest.hexdigest()

    def upload(self, outputs: Iterable[Output], folder: Path) -> None:
        """Store thumbnails, each under its `key`; caches may keep them without limit."""
        for output in outputs:
            with _translated("writing a thumbnail"), (folder / output["file"]).open("rb") as file:
                self.s3.put_object(
                    Bucket=self.thumbnails,
                    Key=output["key"],
                    Body=file,
                    ContentType=output["type"],
                    CacheControl=_CACHE_CONTROL,
                )

    def copy_to_quarantine(self, image: ImageDocument) -> str | None:
        """Copy the rejected version and the reason to the quarantine bucket; return the copy's key.

        None when the object is too large to copy in one request: the original stays where it is.
        """
        if image["bytes"] > _COPY_LIMIT:
            return None
        target = rules.quarantine_key(image)
        try:
            with _translated("copying to quarantine"):
                self.s3.copy_object(
                    Bucket=self.quarantine,
                    Key=target,
                    CopySource={"Bucket": self.originals, "Key": image["key"], **_version(image)},
                    MetadataDirective="REPLACE",
                    ContentType="application/octet-stream",
                    ContentDisposition="attachment",
                    # S3 metadata is ASCII; a key and a decoder's message may contain any character.
                    Metadata={
                        "reason": image["reason"],
                        "sentence": quote(image["sentence"], safe=" ,:;()")[:_METADATA_LENGTH],
                        "source-key": quote(image["key"])[:_METADATA_LENGTH],
                    },
                )
        except _Missing:
            raise ImageSuperseded(image["key"]) from None
        return target

    def remove_leftovers(self, image: str, row: Row, discarded: str = "") -> list[str]:
        """Delete the thumbnails of an image that no attempt needs; return their keys."""
        with _translated("listing thumbnails"):
            pages = self.s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.thumbnails, Prefix=f"{image}/"
            )
            keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        unneeded = rules.leftovers(image, keys, row, discarded)
        for start in range(0, len(unneeded), _KEYS_PER_DELETE):
            chunk = [{"Key": key} for key in unneeded[start : start + _KEYS_PER_DELETE]]
            with _translated("deleting thumbnails"):
                result = self.s3.delete_objects(
                    Bucket=self.thumbnails, Delete={"Objects": chunk, "Quiet": True}
                )
            if failed := result.get("Errors"):
                raise StoreUnavailable(f"deleting {len(failed)} thumbnails: {failed[0]['Code']}")
        return unneeded

    def sign_upload(self, key: str, content_type: str) -> dict[str, Any]:
        """Return a form {"url", "fields"} that uploads a file of this key and type, 1 byte to 50 MiB, for 5 minutes."""
        form: dict[str, Any] = self.s3.generate_presigned_post(
            self.originals,
            key,
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, MAX_BYTES]],
            ExpiresIn=UPLOAD_SECONDS,
        )
        return form


def _version(image: Attempt) -> dict[str, str]:
    return {"VersionId": image["version_id"]} if image["version_id"] else {}


class _Missing(Exception):
    """The object, or its version, does not exist."""


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Raise _Missing for an object that does not exist and StoreUnavailable for a failure that can pass."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _MISSING | _CHANGED:
            raise _Missing from None
        if can_pass(error):
            raise StoreUnavailable(f"{what}: {code}") from error
        raise
    except BotoCoreError as error:
        if can_pass(error):
            raise StoreUnavailable(f"{what}: {type(error).__name__}") from error
        raise
