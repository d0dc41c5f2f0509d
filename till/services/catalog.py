"""Products, by the catalog's API function."""

from collections.abc import Mapping
from typing import Any

from catalog.errors import InvalidProduct, UnknownCategory
from catalog.models import (
    BarcodeLayout,
    BarcodeLayouts,
    Category,
    Label,
    PriceDays,
    Product,
    ReturnWindow,
    SchedulePrice,
    TaxClassPercent,
    TaxClassRates,
)
from tillflow.listing import MOST_ROWS, Page
from tillflow.parsing import parse

from till.services.client import Response, Service
from till.stack import Stack


class Catalog:
    """Products and the settings of their prices and returns."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, "CatalogApiFunction")

    def list_products(self, limit: int, after: str, category: str = "") -> Page[Product]:
        """Return a page of products by SKU. after: the cursor of the page before; category: only its products."""
        return self._service.pages(
            "GET /products", "read", "products", Product, limit, after, category=category or None
        )

    def get(self, sku: str) -> Product:
        """Return a product; UnknownProduct, InvalidProduct for a SKU no product has."""
        return self._service.call("GET /products/{sku}", "read", path={"sku": sku}).read(Product)

    def find_barcode(self, barcode: str) -> tuple[Product, Label | None]:
        """Return the product with a barcode, and what its label has in it; UnknownProduct, InvalidBarcode."""
        body = self._service.call("GET /products", "read", query={"barcode": barcode}).body
        label = Label.model_validate(body["label"]) if body["label"] else None
        return Product.model_validate(body["products"][0]), label

    def schedule_price(self, request: Mapping[str, Any]) -> None:
        """Change the price of a product from a time on. UnknownProduct, InvalidProduct."""
        change = parse(SchedulePrice, request, InvalidProduct).model_dump(mode="json")
        path = {"sku": change.pop("sku")}
        self._service.call("POST /products/{sku}/prices", "manage", path=path, body=change)

    def retire(self, sku: str, retired: bool) -> None:
        """Stop selling a product, or sell it again. UnknownProduct, InvalidProduct."""
        body = {"retired": retired}
        self._service.call("PUT /products/{sku}/retired", "manage", path={"sku": sku}, body=body)

    def list_categories(self, after: str = "") -> Page[Category]:
        """Return a page of the categories by their codes. after: the cursor of the page before."""
        return self._service.pages("GET /categories", "read", "categories", Category, MOST_ROWS, after)

    def rename_category(self, code: str, name: str) -> None:
        """Create a category, or rename it at the version that is read; one that is retired stays so. RecordChanged."""
        try:
            category, version = self._category(code)
        except UnknownCategory:
            category, version = Category(category=code, name=name), 0
        self._put_category(category.model_copy(update={"name": name}), version)

    def retire_category(self, code: str, retired: bool) -> None:
        """Retire a category, or use it again. UnknownCategory, RecordChanged."""
        category, version = self._category(code)
        self._put_category(category.model_copy(update={"retired": retired}), version)

    def _category(self, code: str) -> tuple[Category, int | None]:
        response = self._service.call("GET /categories/{category}", "read", path={"category": code})
        return response.read(Category), response.version

    def _put_category(self, category: Category, version: int | None) -> None:
        self._service.call(
            "PUT /categories/{category}",
            "manage",
            path={"category": category.category},
            body=category.model_dump(),
            version=version,
        )

    def list_tax_classes(self) -> list[TaxClassRates]:
        """Return the tax classes by name, with the rates to come."""
        return self._service.call("GET /settings/tax-classes", "read").read(list[TaxClassRates])

    def put_tax_class(self, tax_class: TaxClassPercent) -> TaxClassRates:
        """Create a tax class, or set a rate of it now or from a time on, and return it. InvalidRequest."""
        body = tax_class.model_dump(mode="json", exclude_none=True)
        path = {"tax_class": body.pop("tax_class")}
        route = "PUT /settings/tax-classes/{tax_class}"
        return self._service.call(route, "manage", path=path, body=body).read(TaxClassRates)

    def retire_tax_class(self, tax_class: str, retired: bool) -> None:
        """Retire a tax class, or use it again. InvalidRequest, TaxClassInUse."""
        path, body = {"tax_class": tax_class}, {"retired": retired}
        route = "PUT /settings/tax-classes/{tax_class}/retired"
        self._service.call(route, "manage", path=path, body=body)

    def list_return_windows(self) -> list[ReturnWindow]:
        """Return the return windows by category."""
        return self._service.call("GET /settings/return-windows", "read").read(list[ReturnWindow])

    def put_return_window(self, window: ReturnWindow) -> None:
        """Set the return window of a category."""
        self._service.call("PUT /settings/return-windows", "manage", body=window.model_dump())

    def barcode_layouts(self) -> BarcodeLayouts:
        """Return how barcodes with a price or weight in them are laid out."""
        return self._layouts().read(BarcodeLayouts)

    def put_barcode_layout(self, layout: BarcodeLayout) -> None:
        """Set the layout of a prefix. InvalidRequest, RecordChanged."""
        self._replace_layout(layout.prefix, (layout,))

    def remove_barcode_layout(self, prefix: str) -> None:
        """Remove the layout of a prefix, if it has one. RecordChanged."""
        self._replace_layout(prefix, ())

    def _replace_layout(self, prefix: str, layouts: tuple[BarcodeLayout, ...]) -> None:
        response = self._layouts()
        others = [one for one in response.read(BarcodeLayouts).layouts if one.prefix != prefix]
        body = BarcodeLayouts(layouts=(*others, *layouts)).model_dump()
        self._service.call("PUT /settings/barcode-layouts", "manage", body=body, version=response.version)

    def _layouts(self) -> Response:
        return self._service.call("GET /settings/barcode-layouts", "read")

    def price_days(self) -> int:
        """Return the days whose lowest price values a return without a receipt."""
        return self._service.call("GET /settings/price-days", "read").read(PriceDays).days

    def put_price_days(self, days: PriceDays) -> None:
        """Set the days whose lowest price values a return without a receipt."""
        self._service.call("PUT /settings/price-days", "manage", body=days.model_dump())
