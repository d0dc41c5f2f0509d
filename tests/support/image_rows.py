"""Rows and objects of four consistent images: READY, REJECTED, DELETED, and one whose ingest is pending.

Tests change one row or remove one object.
"""

from dataclasses import dataclass, field

from images.recipe import OUTPUTS
from images.rules import image_id

from audit import Snapshot
from audit.snapshot import Pictures
from tests.support.shop_rows import Row

READY_IMAGE, REJECTED_IMAGE, DELETED_IMAGE, PENDING_IMAGE = (
    f"products/MUG/{name}" for name in ("ready.jpg", "rejected.svg", "deleted.png", "pending.png")
)
THUMBNAIL = f"{image_id(READY_IMAGE)}/s01.a1/1280.webp"


def _outputs(key: str) -> list[Row]:
    folder = f"{image_id(key)}/s01.a1"
    return [
        {"key": f"{folder}/{size}.{kind.removeprefix('image/')}", "size": size, "type": kind}
        for size, kind in sorted(OUTPUTS)
    ]


def _image(key: str, status: str, etag: str = "", outputs: tuple[Row, ...] = ()) -> Row:
    about = {"key": key, "sku": "MUG", "status": status, "etag": etag, "outputs": list(outputs)}
    return {"pk": f"IMAGE#{key}", "sk": "IMAGE", **about}


def _rows() -> list[Row]:
    ready = _image(READY_IMAGE, "READY", "e1", tuple(_outputs(READY_IMAGE)))
    link = {
        "pk": "PRODUCT#MUG",
        "sk": f"IMAGE#{image_id(READY_IMAGE)}",
        "key": READY_IMAGE,
        "outputs": _outputs(READY_IMAGE),
    }
    discarded = {"pk": f"IMAGE#{READY_IMAGE}", "sk": "ATTEMPT#lost"}
    return [
        ready,
        link,
        discarded,
        _image(REJECTED_IMAGE, "REJECTED", "e2"),
        _image(DELETED_IMAGE, "DELETED"),
    ]


@dataclass
class ImageRows:
    """The content of the images table and buckets."""

    rows: list[Row] = field(default_factory=_rows)
    originals: dict[str, str] = field(
        default_factory=lambda: {READY_IMAGE: "e1", REJECTED_IMAGE: "e2", PENDING_IMAGE: "e3"}
    )
    thumbnails: set[str] = field(
        default_factory=lambda: {o["key"] for o in [*_outputs(READY_IMAGE), *_outputs(PENDING_IMAGE)[:2]]}
    )

    def row(self, key: str) -> Row:
        return next(row for row in self.rows if row["key"] == key and row["sk"] == "IMAGE")

    def snapshot(self) -> Snapshot:
        pictures = Pictures(self.originals, frozenset(self.thumbnails), frozenset({PENDING_IMAGE}))
        return Snapshot({"ImagesTable": self.rows}, pictures=pictures)
