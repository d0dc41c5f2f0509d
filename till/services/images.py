"""Images of products, by the images service's API function."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from images.errors import UnknownImage
from images.models import ImageSummary, ImageView, RedrivenImage, SignedUpload
from tillflow.listing import Page, every

from till.services.client import Service
from till.services.download import download
from till.stack import Stack

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 2.0


@dataclass(frozen=True, slots=True)
class UploadedObject:
    """An object as S3 stored it; version_id is "" from a bucket without versions."""

    key: str
    etag: str
    version_id: str


class Images:
    """Images of products."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, "ImagesApiFunction")

    def show(self, key: str) -> ImageView:
        """Return an image with its thumbnails; UnknownImage."""
        return self._service.call("GET /images/details", "read", query={"key": key}).read(ImageView)

    def find(self, key: str) -> ImageView | None:
        """Return an image, None if there is none."""
        try:
            return self.show(key)
        except UnknownImage:
            return None

    def list_images(self, limit: int = 50, after: str = "") -> Page[ImageSummary]:
        """Return a page of the images, in no order."""
        return self._service.pages("GET /images", "read", "images", ImageSummary, limit, after)

    def list_rejected(self) -> Iterator[ImageSummary]:
        """Return the rejected images, the newest first."""
        route = "GET /images/quarantine"
        return every(partial(self._service.pages, route, "manage", "images", ImageSummary, 100))

    def list_of_products(self, skus: Sequence[str]) -> list[list[ImageSummary]]:
        """Return the images that each product shows, by key. At most 100 SKUs."""
        if not skus:
            return []
        response = self._service.call("POST /images/search", "read", body={"skus": list(skus)})
        images = response.read(dict[str, list[ImageSummary]])
        return [images[sku] for sku in skus]

    def sign_upload(self, sku: str, name: str, content_type: str) -> SignedUpload:
        """Return a form that uploads an image of a product. InvalidRequest."""
        body = {"sku": sku, "name": name, "content_type": content_type}
        return self._service.call("POST /images/uploads", "manage", body=body).read(SignedUpload)

    def wait_until_ingested(
        self, uploaded: UploadedObject, seconds: float, pause: Callable[[float], None] = time.sleep
    ) -> ImageView | None:
        """Return the image when it has the result of an upload; None when it does not within `seconds`."""
        end, wait = time.monotonic() + seconds, _FIRST_PAUSE
        while time.monotonic() < end:
            image = self.find(uploaded.key)
            if image and (image.version_id, image.etag) == (uploaded.version_id, uploaded.etag):
                return image
            pause(wait)
            wait = min(2 * wait, _LONGEST_PAUSE)
        return None

    def redrive(self) -> Iterator[RedrivenImage]:
        """Start the ingest of every event in the dead-letter queue again; return what was started."""
        while redriven := self._service.call("POST /images/redrive", "operate").read(list[RedrivenImage]):
            yield from redriven


def read_thumbnail(image: ImageView, size: int) -> bytes:
    """Return the WebP thumbnail of an image."""
    return download(next(o.url for o in image.outputs if o.size == size and o.type == "image/webp"))
