"""Pictures: no thumbnail without its image, no image without its object, no product that shows what is not there.

A picture whose event is still on its way, or waits in the dead-letter queue for a person, is between two truths.
"""

from collections.abc import Iterator

from images.recipe import OUTPUTS
from images.rules import image_id

from audit.snapshot import Item, Snapshot, Violation

_TAKEN = ("READY", "REJECTED")


def thumbnail_has_its_image(shop: Snapshot) -> Iterator[Violation]:
    """Every thumbnail is named by the row of its image."""
    named = {output["key"] for row in shop.images.values() for output in row["outputs"]}
    underway = {image_id(key) for key in shop.pictures.underway}
    for thumbnail in sorted(shop.pictures.thumbnails - named):
        if thumbnail.partition("/")[0] not in underway:
            yield Violation("thumbnail_has_its_image", thumbnail, "the thumbnail is named by no image")


def image_has_its_thumbnails(shop: Snapshot) -> Iterator[Violation]:
    """A picture that is shown has every size in every type; one that is refused or deleted has none."""
    for key, row in _at_rest(shop):
        made = {(output["size"], output["type"]) for output in row["outputs"]}
        missing = [o["key"] for o in row["outputs"] if o["key"] not in shop.pictures.thumbnails]
        if made != (OUTPUTS if row["status"] == "READY" else set()):
            message = f"the image is {row['status']} and names {len(made)} of {len(OUTPUTS)} thumbnails"
            yield Violation("image_has_its_thumbnails", key, message)
        elif missing:
            yield Violation("image_has_its_thumbnails", key, f"there is no thumbnail {', '.join(missing)}")


def image_has_its_object(shop: Snapshot) -> Iterator[Violation]:
    """What is known of a picture is known of the bytes that are there now; of what was deleted, nothing is."""
    for key, row in _at_rest(shop):
        etag = shop.pictures.originals.get(key)
        if row["status"] in _TAKEN and etag != row["etag"]:
            now = f"has ETag {etag}" if etag else "is gone"
            message = f"the image tells of an object with ETag {row['etag']}; it {now}"
            yield Violation("image_has_its_object", key, message)
        elif row["status"] == "DELETED" and etag:
            yield Violation("image_has_its_object", key, "the image is a tombstone; its object is there")


def object_has_its_image(shop: Snapshot) -> Iterator[Violation]:
    """Every object is accounted for: shown, or refused with a reason."""
    for key in sorted(shop.pictures.originals.keys() - shop.images.keys() - shop.pictures.underway):
        yield Violation("object_has_its_image", key, "nothing is known of the object")


def product_shows_its_images(shop: Snapshot) -> Iterator[Violation]:
    """A product is linked to exactly its pictures that are ready, as they are."""
    wanted = {
        (row["sku"], key): row["outputs"]
        for key, row in shop.images.items()
        if row["status"] == "READY" and row.get("sku")
    }
    shown = {
        (link["pk"].removeprefix("PRODUCT#"), link["key"]): link["outputs"]
        for link in shop.items("ImagesTable", "IMAGE#", "PRODUCT#")
    }
    for sku, key in sorted(wanted.keys() | shown.keys()):
        if wanted.get((sku, key)) != shown.get((sku, key)):
            how = "does not show it" if (sku, key) not in shown else "shows what is not there"
            yield Violation("product_shows_its_images", key, f"the product {sku} {how}")


def _at_rest(shop: Snapshot) -> Iterator[tuple[str, Item]]:
    for key, row in shop.images.items():
        if key not in shop.pictures.underway:
            yield key, row


IMAGES = (
    thumbnail_has_its_image,
    image_has_its_thumbnails,
    image_has_its_object,
    object_has_its_image,
    product_shows_its_images,
)
