"""Rules of image ingest: which change is newest, what it requires and what is kept. Pure.

An attempt is one execution of the ingest workflow. It writes its thumbnails under a prefix of its own and then takes
the image's row, or loses it to a newer attempt.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from tillflow.errors import ImageSuperseded, InvalidRequest

from images.documents import Announcement, Attempt, Decision, ImageDocument, Outcome, Output
from images.models import MAX_KEY_BYTES, ChangeEvent, UploadRequest
from images.recipe import RECIPE

type Row = Mapping[str, Any]
"""The stored state of an image; empty when there is none. See images.rows."""

TOMBSTONE_SECONDS = 7 * 86400
"""How long a deletion or a discarded attempt is remembered, for deliveries that arrive late."""

_FOLDER = "products"
_SEQUENCER_DIGITS = 64
_STATUSES = {"rendered": "READY", "rejected": "REJECTED", "gone": "DELETED"}
_DETAIL_TYPES = {"READY": "ImageReady", "REJECTED": "ImageRejected", "DELETED": "ImageDeleted"}
_ANNOUNCED = {
    "key", "image_id", "sku", "version_id", "etag", "format", "displayed_size", "placeholder",
    "dominant_colour", "outputs", "reason", "sentence",
}  # fmt: skip
_STORED = _ANNOUNCED | {
    "bytes", "attempt", "recipe", "stored_size", "orientation", "frames", "alpha", "icc_name", "captured_at",
    "camera", "sha256", "perceptual_hash", "quarantine_key", "execution",
}  # fmt: skip
_KINDS: dict[str, Literal["created", "deleted", "stale"]] = {
    "Object Created": "created",
    "Object Deleted": "deleted",
    "Image Stale": "stale",
}


@dataclass(frozen=True, slots=True)
class Change:
    """A change of an object: created, deleted (permanently, or hidden by a delete marker), or found stale.

    version_id, etag and sequencer are "" when the event does not have them.
    """

    kind: Literal["created", "deleted", "stale"]
    key: str
    version_id: str
    etag: str
    sequencer: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Current:
    """The newest version of an object as S3 has it now; size in bytes."""

    version_id: str
    etag: str
    size: int


def read_change(event: ChangeEvent) -> Change:
    """Return the change that an event reports."""
    changed = event.detail.object
    # S3's sequencers differ in length; padded on the right they sort as text.
    sequencer = changed.sequencer.upper().ljust(_SEQUENCER_DIGITS, "0") if changed.sequencer else ""
    return Change(
        kind=_KINDS[event.detail_type],
        key=changed.key,
        version_id=changed.version_id,
        etag=changed.etag.strip('"'),
        sequencer=sequencer,
        hidden=event.detail.deletion_type == "Delete Marker Created",
    )


def decide(change: Change, current: Current | None, row: Row) -> Decision:
    """Return what a change requires, given what S3 and the row hold now.

    S3 reads are strongly consistent: the current object is at least as new as the change. An event that is late or
    repeated finds its work done, or leaves it to a newer event.
    """
    if is_folder(change.key):
        return "unchanged"
    if row and change.sequencer and change.sequencer < row["sequencer"]:
        return "unchanged"
    if current is None:
        is_done = row.get("status") == "DELETED" and row["sequencer"] >= change.sequencer
        return "remove" if change.kind == "deleted" and not is_done else "unchanged"
    if is_settled(row, current.version_id, current.etag):
        return "unchanged"
    if change.kind == "created":
        replaced = change.version_id and change.version_id != current.version_id
        return "unchanged" if replaced or change.etag != current.etag else "render"
    if change.kind == "deleted" and change.hidden:
        # A newer version hides the marker; the event of that version updates the image.
        return "unchanged"
    return "render"


def is_folder(key: str) -> bool:
    """Return whether a key is a folder marker, as S3's console creates: an empty object and not an image."""
    return key.endswith("/")


def is_settled(row: Row, version_id: str, etag: str) -> bool:
    """Return whether the row has the result of this version by the current recipe."""
    return (
        row.get("status") in ("READY", "REJECTED")
        and row["version_id"] == version_id
        and row["etag"] == etag
        and row["recipe"] == RECIPE
    )


def is_stale(row: Row, etag: str) -> bool:
    """Return whether an object lacks thumbnails or has those of other content or of an older recipe."""
    return row.get("status") not in ("READY", "REJECTED") or row["etag"] != etag or row["recipe"] != RECIPE


def attempt_of(execution: str) -> str:
    """Return the short id of an attempt, from its execution's ARN."""
    return hashlib.sha256(execution.encode()).hexdigest()[:16]


def image_id(key: str) -> str:
    """Return the prefix of an object's thumbnails: fixed for a key, valid in a URL whatever the key contains."""
    return hashlib.sha256(key.encode()).hexdigest()[:20]


def product_of(key: str) -> str | None:
    """Return the SKU of a key of the form products/<SKU>/<name>; None for any other key."""
    parts = key.split("/", 2)
    return parts[1] if len(parts) == 3 and parts[0] == _FOLDER and parts[1] and parts[2] else None


def begin(change: Change, current: Current | None, row: Row, execution: str) -> Attempt:
    """Return the attempt of an execution, before anything is rendered."""
    return {
        "key": change.key,
        "image_id": image_id(change.key),
        "sku": product_of(change.key),
        "version_id": current.version_id if current else "",
        "etag": current.etag if current else "",
        "bytes": current.size if current else 0,
        "sequencer": change.sequencer,
        "seen_attempt": row.get("attempt", ""),
        "attempt": attempt_of(execution),
        "recipe": RECIPE,
        "execution": execution,
        "outputs": [],
    }


def conclude(attempt: Attempt, outcome: Outcome, **result: Any) -> ImageDocument:
    """Return the image document of an attempt with its outcome and what belongs to it."""
    return cast(ImageDocument, {**attempt, **result, "outcome": outcome})


def folder_of(attempt: Attempt) -> str:
    """Return the prefix an attempt writes under; it names what the attempt is based on, see `leftovers`.

    <image id>/s<sequencer>.<attempt>/ of an event, <image id>/a<attempt seen>.<attempt>/ of a backfill.
    """
    basis = f"s{attempt['sequencer'].rstrip('0')}" if attempt["sequencer"] else f"a{attempt['seen_attempt']}"
    return f"{attempt['image_id']}/{basis}.{attempt['attempt']}/"


def name_outputs(attempt: Attempt, outputs: Iterable[Output]) -> list[Output]:
    """Return the outputs with their keys, named by content so that caches are never stale."""
    folder = folder_of(attempt)
    return [{**output, "key": f"{folder}{output['sha256'][:16]}-{output['file']}"} for output in outputs]


def settle(row: Row, image: ImageDocument) -> dict[str, Any] | None:
    """Return the row after an attempt took it; None when this attempt already has.

    Raises ImageSuperseded when a newer event, or another delivery of the same one, has taken the row.
    """
    if row.get("attempt") == image["attempt"]:
        return None
    if image["sequencer"]:
        is_newest = not row or row["sequencer"] < image["sequencer"]
    else:
        is_newest = row.get("attempt", "") == image["seen_attempt"]
    if not is_newest or (image["outcome"] != "gone" and is_settled(row, image["version_id"], image["etag"])):
        raise ImageSuperseded(image["key"])
    stored = {name: value for name, value in image.items() if name in _STORED}
    sequencer = max(row.get("sequencer", ""), image["sequencer"])
    return {**stored, "status": _STATUSES[image["outcome"]], "sequencer": sequencer}


def leftovers(image: str, keys: Iterable[str], row: Row, discarded: str = "") -> list[str]:
    """Return the keys under an image's prefix that no attempt can still need.

    The row's own outputs are needed. An event's attempt can only take a row with an older sequencer, a backfill's only
    the row it read; an attempt based on neither has lost, and so has the `discarded` one ("" for none).
    """
    needed = {output["key"] for output in row.get("outputs", [])}
    unneeded = []
    for key in keys:
        basis, _, attempt = key.removeprefix(f"{image}/").partition("/")[0].rpartition(".")
        if basis.startswith("s"):
            can_win = basis[1:].ljust(_SEQUENCER_DIGITS, "0") > row.get("sequencer", "")
        else:
            can_win = basis[1:] == row.get("attempt", "")
        if key not in needed and (attempt == discarded or not can_win):
            unneeded.append(key)
    return unneeded


def announcement(row: Row) -> Announcement:
    """Return the event that reports the state of an image."""
    announced = {name: value for name, value in row.items() if name in _ANNOUNCED}
    event_id = f"{row['image_id']}#{row['attempt']}"
    return {"detail_type": _DETAIL_TYPES[row["status"]], "detail": {"id": event_id, **announced}}


def quarantine_key(image: ImageDocument) -> str:
    """Return the key a rejected original is copied to: one for each version, however often it is delivered."""
    return f"{image['image_id']}/{image['version_id'] or image['etag']}"


def stale_change(key: str, etag: str, size: int) -> dict[str, Any]:
    """Return the event with which a backfill starts the ingest workflow."""
    return {
        "source": "tillflow.images",
        "detail-type": "Image Stale",
        "detail": {"object": {"key": key, "etag": etag, "size": size}},
    }


def upload_key(request: UploadRequest) -> str:
    """Return the object key of an upload. Raises InvalidRequest when it is longer than S3 accepts."""
    key = f"{_FOLDER}/{request.sku}/{request.name}"
    if len(key.encode()) > MAX_KEY_BYTES:
        raise InvalidRequest(
            "name", request.name, f"a key {key.split('/')[0]}/<sku>/<name> of at most 1,024 bytes"
        )
    return key
