"""The steps of the ingest workflow, each with the table and the buckets it needs."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tillflow.errors import ImageSuperseded

from images import rules
from images.decoding import limits
from images.decoding.limits import Rejected
from images.decoding.pool import DecoderPool
from images.documents import (
    Announcement,
    Attempt,
    Discarded,
    ImageDocument,
    Quarantined,
    StaleObjects,
    Tidied,
)
from images.models import ChangeEvent, ListedObject
from images.objects import ImageObjects
from images.store import ImageStore


@dataclass(frozen=True, slots=True)
class Ingest:
    """The ingest of images. `pool` decodes; it is started by the first render."""

    store: ImageStore
    objects: ImageObjects
    pool: DecoderPool

    def render(self, event: ChangeEvent, execution: str) -> ImageDocument:
        """Read what changed, render it if that is required, and upload the thumbnails.

        Returns the image with its outcome: rendered, rejected, gone, unchanged, or settled, which is a redriven event
        whose row an attempt has taken, with the `announcement` to publish again. Raises ImageSuperseded when this
        attempt has been discarded: a late delivery has no effect.
        """
        change = rules.read_change(event)
        self.pool.start()  # It loads the decoders while S3 and DynamoDB respond.
        row, discarded = self.store.find_state(change.key, rules.attempt_of(execution))
        if discarded:
            raise ImageSuperseded(change.key)
        current = self.objects.find_current(change.key)
        attempt = rules.begin(change, current, row, execution)
        decision = rules.decide(change, current, row)
        if decision == "remove":
            return rules.conclude(attempt, "gone")
        if decision == "unchanged":
            if event.redriven and row:
                return rules.conclude(attempt, "settled", announcement=rules.announcement(row))
            return rules.conclude(attempt, "unchanged")
        try:
            return self._rendered(attempt)
        except Rejected as rejected:
            return rules.conclude(attempt, "rejected", reason=rejected.reason, sentence=str(rejected))

    def _rendered(self, attempt: Attempt) -> ImageDocument:
        limits.check_bytes(attempt["bytes"])
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            digest = self.objects.download(attempt, folder / "original")
            rendering = self.pool.render(folder / "original", folder)
            outputs = rules.name_outputs(attempt, rendering["outputs"])
            self.objects.upload(outputs, folder)
        return rules.conclude(attempt, "rendered", **{**rendering, "outputs": outputs, "sha256": digest})

    def quarantine(self, image: ImageDocument) -> Quarantined:
        """Copy a rejected original to the quarantine bucket."""
        return {"quarantine_key": self.objects.copy_to_quarantine(image)}

    def settle(self, image: ImageDocument) -> Announcement:
        """Take the row for a rendered, rejected or deleted image; return the event that reports it."""
        return rules.announcement(self.store.settle(image))

    def tidy(self, key: str) -> Tidied:
        """Remove the thumbnails of an image that no attempt needs."""
        row = self.store.find_row(key)
        return {"removed": len(self.objects.remove_leftovers(rules.image_id(key), row))}

    def discard(self, key: str, execution: str) -> Discarded:
        """Undo an attempt: invalidate it and remove its thumbnails.

        When the attempt holds the row, because the response of SettleImage was lost, nothing is undone.
        """
        attempt = rules.attempt_of(execution)
        row = self.store.discard(key, attempt)
        if row.get("attempt") == attempt:
            return {"outcome": "settled", "announcement": rules.announcement(row)}
        self.objects.remove_leftovers(rules.image_id(key), row, discarded=attempt)
        return {"outcome": "discarded"}

    def find_stale(self, objects: Sequence[ListedObject]) -> StaleObjects:
        """Return the events that update the stale ones of listed objects."""
        listed = [
            (entry.key, entry.etag.strip('"'), entry.size)
            for entry in objects
            if not rules.is_folder(entry.key)
        ]
        rows = self.store.find_rows(key for key, _, _ in listed)
        stale = [entry for entry in listed if rules.is_stale(rows.get(entry[0], {}), entry[1])]
        return {"checked": len(listed), "stale": [rules.stale_change(*entry) for entry in stale]}
