"""Images of products, by the images service's API function."""

from collections.abc import Sequence

from images.models import ImageSummary

from till.services.client import Service
from till.stack import Stack


class Images:
    """Images of products."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, "ImagesApiFunction")

    def list_of_products(self, skus: Sequence[str]) -> list[list[ImageSummary]]:
        """Return the images that each product shows, by key. At most 100 SKUs."""
        if not skus:
            return []
        response = self._service.call("POST /images/search", "read", body={"skus": list(skus)})
        images = response.read(dict[str, list[ImageSummary]])
        return [images[sku] for sku in skus]
