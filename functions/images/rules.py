"""What becomes of a picture: who is newest, what to do, what is kept. Pure; rows and documents are dicts.

The row of a picture is pk IMAGE#<key>, sk IMAGE, status READY | REJECTED | DELETED. One attempt, an
execution of the workflow, writes its thumbnails under a folder of its own and then takes the row, or not.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tillflow.errors import ImageSuperseded, InvalidRequest

from images.limits import MAX_BYTES

type Document = dict[str, Any]

RECIPE = 1
"""Raise it when thumbnails are made differently: what was made by an older recipe is stale."""

SIZES = (1280, 512, 128)
"""The longest sides of the thumbnails, in pixels, largest first: each is made from the one before."""

OUTPUTS = {(size, kind) for size in SIZES for kind in ("image/webp", "image/jpeg")}
"""The thumbnails of a picture: (size, type) of each."""

TOMBSTONE_SECONDS = 7 * 86400
"""How long a deletion, or a discarded attempt, is remembered against deliveries that come late."""

UPLOAD_TYPES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/tiff": "tif",
    "image/heic": "heic",
    "image/avif": "avif",
}
UPLOAD_SECONDS = 300
_FOLDER = "products"
_SEQUENCER_DIGITS = 64
_SETTLED = {"rendered": "READY", "rejected": "REJECTED", "gone": "DELETED"}
_ANNOUNCED = {"READY": "ImageReady", "REJECTED": "ImageRejected", "DELETED": "ImageDeleted"}
_TOLD = {
    "key", "image_id", "sku", "version_id", "etag", "format", "displayed_size", "placeholder",
    "dominant_colour", "outputs", "reason", "sentence",
}  # fmt: skip
_KEPT = _TOLD | {
    "bytes", "attempt", "recipe", "stored_size", "orientation", "frames", "alpha", "icc_name", "captured_at",
    "camera", "sha256", "perceptual_hash", "quarantine_key", "execution",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """What S3 said of an object: created, deleted (for good or by a marker), or stale (a backfill says so).

    version_id, etag and sequencer are "" when the event does not carry them.
    """

    kind: str
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


def read_change(event: Mapping[str, Any]) -> Change:
    """The change an EventBridge event of S3, or of a backfill, speaks of. Raises InvalidRequest."""
    kinds = {"Object Created": "created", "Object Deleted": "deleted", "Image Stale": "stale"}
    kind = kinds.get(event.get("detail-type", ""))
    if kind is None:
        raise InvalidRequest("detail-type", event.get("detail-type"), f"one of {', '.join(kinds)}")
    detail = event.get("detail") or {}
    thing = detail.get("object") or {}
    if not isinstance(thing.get("key"), str) or not thing["key"]:
        raise InvalidRequest("detail.object.key", thing.get("key"), "the key of an object")
    return Change(
        kind=kind,
        key=thing["key"],
        version_id=thing.get("version-id", ""),
        etag=thing.get("etag", "").strip('"'),
        # S3's sequencers differ in length; padded on the right they order as text.
        sequencer=thing.get("sequencer", "").upper().ljust(_SEQUENCER_DIGITS, "0")
        if thing.get("sequencer")
        else "",
        hidden=detail.get("deletion-type") == "Delete Marker Created",
    )


def decide(change: Change, current: Current | None, row: Document) -> str:
    """What a change asks for, S3 and the row being as they are now: render, remove, or unchanged.

    S3 reads are strongly consistent, so what is there now is at least as new as the change: an event
    that is late or comes twice finds its work done or a newer event's work to leave alone.
    """
    if row and change.sequencer and change.sequencer < row["sequencer"]:
        return "unchanged"
    if current is None:
        done = row.get("status") == "DELETED" and row["sequencer"] >= change.sequencer
        return "remove" if change.kind == "deleted" and not done else "unchanged"
    if is_settled(row, current.version_id, current.etag):
        return "unchanged"
    if change.kind == "created":
        other = (change.version_id and change.version_id != current.version_id) or change.etag != current.etag
        return "unchanged" if other else "render"
    if change.kind == "deleted" and change.hidden:
        # Something was put over the marker since; its own event brings it.
        return "unchanged"
    return "render"


def is_settled(row: Document, version_id: str, etag: str) -> bool:
    """Whether the row already tells how this version ended, by today's recipe."""
    return (
        row.get("status") in ("READY", "REJECTED")
        and row["version_id"] == version_id
        and row["etag"] == etag
        and row["recipe"] == RECIPE
    )


def is_stale(row: Document, etag: str) -> bool:
    """Whether a listed object lacks its thumbnails or has those of other bytes or of an older recipe."""
    return row.get("status") not in ("READY", "REJECTED") or row["etag"] != etag or row["recipe"] != RECIPE


def attempt_of(execution: str) -> str:
    """The short name of an attempt, from its execution's ARN."""
    return hashlib.sha256(execution.encode()).hexdigest()[:16]


def image_id(key: str) -> str:
    """The name of an object's folder of thumbnails: fixed for a key, fit for a URL whatever the key holds."""
    return hashlib.sha256(key.encode()).hexdigest()[:20]


def product_of(key: str) -> str | None:
    """The SKU a key belongs to by the convention products/<SKU>/<name>; None of any other key."""
    parts = key.split("/", 2)
    return parts[1] if len(parts) == 3 and parts[0] == _FOLDER and parts[1] and parts[2] else None


def begin(change: Change, current: Current | None, row: Document, execution: str) -> Document:
    """The image document an attempt carries through the workflow, before anything was rendered."""
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


def folder_of(image: Document) -> str:
    """The prefix an attempt writes under; it says what the attempt rests on, see `leftovers`.

    <image id>/s<sequencer>.<attempt>/ of an event, <image id>/a<attempt seen>.<attempt>/ of a backfill.
    """
    basis = f"s{image['sequencer'].rstrip('0')}" if image["sequencer"] else f"a{image['seen_attempt']}"
    return f"{image['image_id']}/{basis}.{image['attempt']}/"


def name_outputs(image: Document, outputs: Iterable[Document]) -> list[Document]:
    """The outputs with the keys they are stored under: named by content, so that caches never go stale."""
    folder = folder_of(image)
    return [{**o, "key": f"{folder}{o['sha256'][:16]}-{o['file']}"} for o in outputs]


def settle(row: Document, image: Document) -> Document | None:
    """The row after an attempt took it; None when this very attempt already has.

    Raises ImageSuperseded when a newer event, or another delivery of the same one, has taken the row.
    """
    if row.get("attempt") == image["attempt"]:
        return None
    if image["sequencer"]:
        newest = not row or row["sequencer"] < image["sequencer"]
    else:
        newest = row.get("attempt", "") == image["seen_attempt"]
    if not newest or (image["outcome"] != "gone" and is_settled(row, image["version_id"], image["etag"])):
        raise ImageSuperseded(image["key"])
    kept = {name: value for name, value in image.items() if name in _KEPT}
    sequencer = max(row.get("sequencer", ""), image["sequencer"])
    return {**kept, "status": _SETTLED[image["outcome"]], "sequencer": sequencer}


def leftovers(image: str, keys: Iterable[str], row: Document, discarded: str = "") -> list[str]:
    """Of the keys in an image's folder, those no attempt can still need.

    Not the row's own. An event's attempt can only take a row of an older sequencer, a backfill's only
    the row it saw; whatever rests on neither is dead, and so is the `discarded` attempt ("" for none).
    """
    alive = {output["key"] for output in row.get("outputs", [])}
    dead = []
    for key in keys:
        basis, _, attempt = key.removeprefix(f"{image}/").partition("/")[0].rpartition(".")
        rests_on = basis[1:]
        if basis.startswith("s"):
            could_win = rests_on.ljust(_SEQUENCER_DIGITS, "0") > row.get("sequencer", "")
        else:
            could_win = rests_on == row.get("attempt", "")
        if key not in alive and (attempt == discarded or not could_win):
            dead.append(key)
    return dead


def announcement(row: Document) -> Document:
    """The event that says how a picture ended: {"detail_type", "detail"}.

    `detail.id` is the same however often it is announced; consumers drop what they have seen.
    """
    told = {name: value for name, value in row.items() if name in _TOLD}
    identity = f"{row['image_id']}#{row['attempt']}"
    return {"detail_type": _ANNOUNCED[row["status"]], "detail": {"id": identity, **told}}


def quarantine_key(image: Document) -> str:
    """Where a refused original is copied to: one place per version, whatever is delivered how often."""
    return f"{image['image_id']}/{image['version_id'] or image['etag']}"


def stale_change(key: str, etag: str, size: int) -> Document:
    """The event a backfill starts the ingest workflow with."""
    thing = {"key": key, "etag": etag, "size": size}
    return {"source": "tillflow.images", "detail-type": "Image Stale", "detail": {"object": thing}}


def upload(sku: str, name: str, content_type: str) -> Document:
    """What an upload must be: {"key", "content_type", "most_bytes", "seconds"}. Raises InvalidRequest."""
    for field, value in (("sku", sku), ("name", name)):
        if not value or "/" in value or len(value) > 200 or not value.isprintable():
            raise InvalidRequest(field, value, "1 to 200 printable characters without a slash")
    if content_type not in UPLOAD_TYPES:
        raise InvalidRequest("content_type", content_type, f"one of {', '.join(UPLOAD_TYPES)}")
    key = f"{_FOLDER}/{sku}/{name}"
    return {"key": key, "content_type": content_type, "most_bytes": MAX_BYTES, "seconds": UPLOAD_SECONDS}
