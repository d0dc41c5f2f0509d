"""Invariants of images name what is broken when one row or object is."""

from collections.abc import Callable

import pytest

from audit import check
from tests.support.image_rows import DELETED_IMAGE, READY_IMAGE, REJECTED_IMAGE, THUMBNAIL, ImageRows

IMAGES: list[tuple[str, str, Callable[[ImageRows], object]]] = [
    ("thumbnail_has_its_image", "f00/s01.a1/x", lambda images: images.thumbnails.add("f00/s01.a1/x")),
    ("thumbnail_has_its_image", THUMBNAIL, lambda images: images.row(READY_IMAGE).update(outputs=[])),
    ("image_has_its_thumbnails", READY_IMAGE, lambda images: images.thumbnails.remove(THUMBNAIL)),
    ("image_has_its_thumbnails", READY_IMAGE, lambda images: images.row(READY_IMAGE)["outputs"].pop()),
    (
        "image_has_its_thumbnails",
        READY_IMAGE,
        lambda images: images.row(READY_IMAGE).update(status="REJECTED"),
    ),
    ("image_has_its_object", READY_IMAGE, lambda images: images.originals.pop(READY_IMAGE)),
    ("image_has_its_object", READY_IMAGE, lambda images: images.originals.update({READY_IMAGE: "e9"})),
    ("image_has_its_object", REJECTED_IMAGE, lambda images: images.originals.pop(REJECTED_IMAGE)),
    ("image_has_its_object", DELETED_IMAGE, lambda images: images.originals.update({DELETED_IMAGE: "e9"})),
    (
        "object_has_its_image",
        "products/MUG/x",
        lambda images: images.originals.update({"products/MUG/x": "e"}),
    ),
    ("product_shows_its_images", READY_IMAGE, lambda images: images.rows.pop(1)),
    (
        "product_shows_its_images",
        READY_IMAGE,
        lambda images: images.row(READY_IMAGE).update(status="DELETED"),
    ),
    ("product_shows_its_images", READY_IMAGE, lambda images: images.rows[1].update(outputs=[])),
]


def test_consistent_images_have_no_violations() -> None:
    assert check(ImageRows().snapshot()) == []


@pytest.mark.parametrize(
    ("name", "subject", "spoil"), IMAGES, ids=[f"{b[0]}-{n}" for n, b in enumerate(IMAGES)]
)
def test_inconsistent_image_is_reported(
    name: str, subject: str, spoil: Callable[[ImageRows], object]
) -> None:
    images = ImageRows()
    spoil(images)
    assert (name, subject) in {(broken.name, broken.subject) for broken in check(images.snapshot())}
