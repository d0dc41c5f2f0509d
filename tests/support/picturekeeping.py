"""The rows and objects of four pictures in order: one shown, one refused, one deleted, one being handled.

Tests break one row or lose one object.
"""

from dataclasses import dataclass, field

from images.recipe import OUTPUTS
from images.rules import image_id

from audit import Snapshot
from audit.snapshot import Pictures
from tests.support.shopkeeping import Row

SHOWN, REFUSED, DELETED, UNDERWAY = (
    f"products/MUG/{name}" for name in ("shown.jpg", "refused.svg", "deleted.png", "underway.png")
)
THUMBNAIL = f"{image_id(SHOWN)}/s01.a1/1280.webp"


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
    shown = _image(SHOWN, "READY", "e1", tuple(_outputs(SHOWN)))
    link = {"pk": "PRODUCT#MUG", "sk": f"IMAGE#{SHOWN}", "key": SHOWN, "outputs": _outputs(SHOWN)}
    mark = {"pk": f"IMAGE#{SHOWN}", "sk": "ATTEMPT#lost"}
    return [shown, link, mark, _image(REFUSED, "REJECTED", "e2"), _image(DELETED, "DELETED")]


@dataclass
class Album:
    """What the pictures' table and buckets hold."""

    rows: list[Row] = field(default_factory=_rows)
    originals: dict[str, str] = field(default_factory=lambda: {SHOWN: "e1", REFUSED: "e2", UNDERWAY: "e3"})
    thumbnails: set[str] = field(
        default_factory=lambda: {o["key"] for o in [*_outputs(SHOWN), *_outputs(UNDERWAY)[:2]]}
    )

    def row(self, key: str) -> Row:
        return next(row for row in self.rows if row["key"] == key and row["sk"] == "IMAGE")

    def snapshot(self) -> Snapshot:
        pictures = Pictures(self.originals, frozenset(self.thumbnails), frozenset({UNDERWAY}))
        return Snapshot({"ImagesTable": self.rows}, pictures=pictures)
