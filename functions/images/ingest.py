"""One picture from S3 to its thumbnails: the steps of the ingest workflow that have more than one move."""

import tempfile
from pathlib import Path
from typing import Any

from tillflow.errors import ImageSuperseded

from images import limits, rules
from images.limits import Rejected
from images.rules import Document
from images.store import ImageStore
from images.workshop import Workshop


def prepare(store: ImageStore, workshop: Workshop, event: dict[str, Any], execution: str) -> Document:
    """Look at what changed, render it if that is called for, and upload the thumbnails.

    Answers the image document with `outcome` rendered, rejected, gone, unchanged, or settled: of a redriven
    event whose row this or another attempt has taken, with the `announcement` to make again.
    Raises ImageSuperseded when this attempt has been discarded: a delivery that comes late has no effect.
    """
    change = rules.read_change(event)
    workshop.start()  # it loads its decoders while S3 and DynamoDB answer
    row, discarded = store.find_state(change.key, rules.attempt_of(execution))
    if discarded:
        raise ImageSuperseded(change.key)
    current = store.find_current(change.key)
    image = rules.begin(change, current, row, execution)
    decision = rules.decide(change, current, row)
    if decision == "unchanged":
        if event.get("redriven") and row:
            return {**image, "outcome": "settled", "announcement": rules.announcement(row)}
        return {**image, "outcome": "unchanged"}
    if decision == "remove":
        return {**image, "outcome": "gone"}
    try:
        return {**image, **_render(store, workshop, image), "outcome": "rendered"}
    except Rejected as rejected:
        return {**image, "outcome": "rejected", "reason": rejected.reason, "sentence": str(rejected)}


def _render(store: ImageStore, workshop: Workshop, image: Document) -> Document:
    limits.check_bytes(image["bytes"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        digest = store.download(image, folder / "original")
        made = workshop.render(folder / "original", folder)
        outputs = rules.name_outputs(image, made["outputs"])
        store.upload(outputs, folder)
    return {**made, "sha256": digest, "outputs": outputs}


def settle(store: ImageStore, image: Document) -> Document:
    """Take the row for a rendered, refused or deleted picture; the announcement of it."""
    return rules.announcement(store.settle(image))


def tidy(store: ImageStore, key: str) -> Document:
    """Remove the thumbnails of an image that no attempt needs any more: {"removed": how many}."""
    row = store.find_row(key)
    return {"removed": len(store.remove_leftovers(rules.image_id(key), row))}


def discard(store: ImageStore, key: str, execution: str) -> Document:
    """Undo an attempt: close the row to it and remove its thumbnails.

    {"outcome": "discarded"}; or, when the attempt holds the row after all and its answer was lost,
    {"outcome": "settled", "announcement"} and nothing is undone.
    """
    attempt = rules.attempt_of(execution)
    row = store.discard(key, attempt)
    if row.get("attempt") == attempt:
        return {"outcome": "settled", "announcement": rules.announcement(row)}
    store.remove_leftovers(rules.image_id(key), row, discarded=attempt)
    return {"outcome": "discarded"}


def find_stale(store: ImageStore, objects: list[dict[str, Any]]) -> Document:
    """Of listed objects, the events that would bring the stale ones up to date: {"checked", "stale"}.

    objects: {"Key", "Etag", "Size"} as a distributed map's reader of an S3 listing writes them.
    """
    listed = [thing for thing in objects if not thing["Key"].endswith("/")]
    rows = store.find_rows(thing["Key"] for thing in listed)
    stale = [
        rules.stale_change(thing["Key"], thing["Etag"].strip('"'), thing["Size"])
        for thing in listed
        if rules.is_stale(rows.get(thing["Key"], {}), thing["Etag"].strip('"'))
    ]
    return {"checked": len(listed), "stale": stale}
