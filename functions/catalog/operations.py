"""What a till or a person asks of the catalog. The command line and an HTTP API call the same methods."""

from typing import Any

from catalog.models import Product
from catalog.store import CatalogStore


class CatalogOperations:
    """Products. dynamodb: a client; table: the catalog table."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._store = CatalogStore(dynamodb, table)

    def get(self, sku: str) -> Product:
        """Return a product; UnknownProduct."""
        return self._store.get_product(sku)

    def find_barcode(self, barcode: str) -> Product:
        """Return the product with a barcode, as a scanner reads it; UnknownProduct."""
        return self._store.find_barcode(barcode)

    def list_products(self, limit: int = 50, after: str = "") -> tuple[list[Product], str | None]:
        """Return a page of products in SKU order, and the SKU to continue after; None on the last page."""
        return self._store.list_products(limit, after)
