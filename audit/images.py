"""Images: thumbnails, rows, objects and product links agree.

An image whose event has not been delivered, is being ingested or is in the dead-letter queue is not checked.
"""

from collections.abc import Iterator

from images.recipe import OUTPUTS
from images.rules import image_id

from audit.snapshot import Breach, Item, Snapshot, invariant

_WITH_OBJECT = ("READY", "REJECTED")


@invariant
def thumbnail_has_its_image(shop: Snapshot) -> Iterator[Breach]:
    """The row of an image names each of its thumbnails."""
    named = {output["key"] for row in shop.images.values() for output in row["outputs"]}
    pending = {image_id(key) for key in shop.pictures.pending}
    for thumbnail in sorted(shop.pictures.thumbnails - named):
        if thumbnail.partition("/")[0] not in pending:
            yield thumbnail, "no image names this thumbnail"


@invariant
def image_has_its_thumbnails(shop: Snapshot) -> Iterator[Breach]:
    """A READY image has a thumbnail of each size and type; a rejected or deleted one has none."""
    for key, row in _settled(shop):
        made = {(output["size"], output["type"]) for output in row["outputs"]}
        missing = [o["key"] for o in row["outputs"] if o["key"] not in shop.pictures.thumbnails]
        if made != (OUTPUTS if row["status"] == "READY" else set()):
            message = f"the image is {row['status']} and names {len(made)} of {len(OUTPUTS)} thumbnails"
            yield key, message
        elif missing:
            yield key, f"missing thumbnails: {', '.join(missing)}"


@invariant
def image_has_its_object(shop: Snapshot) -> Iterator[Breach]:
    """A row is about the current content of its object; the row of a deleted object is a tombstone."""
    for key, row in _settled(shop):
        etag = shop.pictures.originals.get(key)
        if row["status"] in _WITH_OBJECT and etag != row["etag"]:
            now = f"has ETag {etag}" if etag else "is gone"
            message = f"the row is about an object with ETag {row['etag']}; the object {now}"
            yield key, message
        elif row["status"] == "DELETED" and etag:
            yield key, "the row is a tombstone; the object exists"


@invariant
def object_has_its_image(shop: Snapshot) -> Iterator[Breach]:
    """Every object has a row: READY, or REJECTED with a reason."""
    for key in sorted(shop.pictures.originals.keys() - shop.images.keys() - shop.pictures.pending):
        yield key, "the object has no row"


@invariant
def product_shows_its_images(shop: Snapshot) -> Iterator[Breach]:
    """A product is linked to exactly its READY images, with their current thumbnails."""
    expected = {
        (row["sku"], key): row["outputs"]
        for key, row in shop.images.items()
        if row["status"] == "READY" and row.get("sku")
    }
    linked = {
        (link["pk"].removeprefix("PRODUCT#"), link["key"]): link["outputs"]
        for link in shop.items("ImagesTable", "IMAGE#", "PRODUCT#")
    }
    for sku, key in sorted(expected.keys() | linked.keys()):
        if expected.get((sku, key)) != linked.get((sku, key)):
            how = "no link to it" if (sku, key) not in linked else "a stale link to it"
            yield key, f"the product {sku} has {how}"


def _settled(shop: Snapshot) -> Iterator[tuple[str, Item]]:
    for key, row in shop.images.items():
        if key not in shop.pictures.pending:
            yield key, row


IMAGES = (
    thumbnail_has_its_image,
    image_has_its_thumbnails,
    image_has_its_object,
    object_has_its_image,
    product_shows_its_images,
)
