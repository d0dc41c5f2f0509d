"""Operations of the catalog. The command line and the HTTP API call them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from tillflow.listing import Page
from tillflow.order_request import Order, PlaceOrder
from tillflow.parsing import parse
from tillflow.times import utc_now

from catalog import prices, rules
from catalog.discount_limits import needed_role
from catalog.errors import InvalidBarcode, InvalidProduct, LimitNotAllowed
from catalog.labels import label_of
from catalog.models import (
    BarcodeLayouts,
    BarcodeQuery,
    Category,
    CategoryRef,
    DiscountLimit,
    DiscountLimits,
    Label,
    PriceDays,
    Product,
    ProductQuery,
    Quote,
    RateChange,
    ReturnWindow,
    RoleRef,
    SchedulePrice,
    SellerRole,
    TaxClass,
    TaxClassPercent,
    TaxClassRates,
    TaxClassRef,
    without_zeros,
)
from catalog.store import CatalogStore
from catalog.tax_rates import ClassRates

_APPROVALS: dict[SellerRole | None, Literal["none", "manager", "refused"]] = {
    "cashier": "none",
    "manager": "manager",
    None: "refused",
}


class CatalogOperations:
    """Products. dynamodb: a client; table: the catalog table."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._store = CatalogStore(dynamodb, table)

    def put_tax_class(
        self, tax_class: TaxClassPercent, version: int | None = None
    ) -> tuple[TaxClassRates, int]:
        """Create a tax class or set a rate of it, now or from a time on; return it and the version of the classes.

        The same rate changes nothing. An order has the rate of the time when it is placed; its returns and its invoice
        have that of the sale. RecordChanged if the classes are not at `version`, None for any; InvalidRequest.
        """
        now = utc_now()
        rates, changed = self._store.tax_classes.put(tax_class, now, version)
        return _in_percent(tax_class.tax_class, rates, now), changed

    def retire_tax_class(
        self, tax_class: str, retired: bool, version: int | None = None
    ) -> tuple[TaxClassRates, int]:
        """Retire a tax class: no product gets it any more; or use it again. Return it and the version of the classes.

        TaxClassInUse if a product of it is sold; InvalidRequest for one that the shop does not have; RecordChanged.
        """
        name = parse(TaxClassRef, {"tax_class": tax_class}).tax_class
        rates, changed = self._store.retire_tax_class(name, retired, version)
        return _in_percent(name, rates, utc_now()), changed

    def list_tax_classes(self) -> tuple[list[TaxClassRates], int]:
        """Return the tax classes by name, those that are retired too, and their version."""
        classes, version = self._store.tax_classes.read()
        now = utc_now()
        return [_in_percent(name, classes[name], now) for name in sorted(classes)], version

    def create_tax_class(self, tax_class: TaxClass) -> None:
        """Create a tax class; one that exists keeps its rate."""
        self._store.tax_classes.create(tax_class)

    def put_category(self, category: Category, version: int | None = None) -> int:
        """Create a category, rename it, retire it or use it again; return its version. RecordChanged."""
        return self._store.categories.put(category, version)

    def get_category(self, code: str) -> tuple[Category, int]:
        """Return a category and its version; UnknownCategory, InvalidRequest."""
        return self._store.categories.get(_checked_category(code))

    def list_categories(self, limit: int = 50, after: str = "") -> Page[Category]:
        """Return a page of the categories by their codes, those that are retired too."""
        return self._store.categories.page(limit, _checked_category(after) if after else "")

    def put_return_window(self, window: ReturnWindow, version: int | None = None) -> int:
        """Set the return window of a category; "" is any other category. Orders that are sold keep theirs.

        Return the version of the windows. RecordChanged if they are not at `version`; None for any. UnknownCategory.
        """
        return self._store.put_return_window(window, version)

    def list_return_windows(self) -> tuple[list[ReturnWindow], int]:
        """Return the return windows by category, and their version."""
        return self._store.list_return_windows()

    def put_discount_limit(
        self, role: str, limit: DiscountLimit, by_operator: bool, version: int | None = None
    ) -> int:
        """Set the most that a role may take off; return the version of the limits.

        RecordChanged if they are not at `version`; InvalidRequest; LimitNotAllowed if a manager sets that of managers.
        """
        checked = parse(RoleRef, {"role": role}).role
        if checked == "manager" and not by_operator:
            raise LimitNotAllowed
        return self._store.put_discount_limit(checked, limit, version)

    def discount_limits(self) -> tuple[DiscountLimits, int]:
        """Return the most that each role may take off, and the version of the limits."""
        return self._store.discount_limits()

    def put_price_days(self, days: PriceDays, version: int | None = None) -> int:
        """Set the days whose lowest price values a return without a receipt; return the version. RecordChanged."""
        return self._store.put_price_days(days.days, version)

    def price_days(self) -> tuple[int, int]:
        """Return the days whose lowest price values a return without a receipt, and their version."""
        return self._store.price_days()

    def put_product(self, product: Product, version: int | None = None) -> int:
        """Create or replace a product; return its version. version: None for any. InvalidProduct, RecordChanged."""
        return self._store.put_product(product, version)

    def get(self, sku: str) -> tuple[Product, int]:
        """Return a product and its version; UnknownProduct, InvalidProduct for a SKU no product has."""
        return self._store.get_product(_checked(sku))

    def schedule_price(self, request: Mapping[str, Any], version: int | None = None) -> tuple[Product, int]:
        """Change the price of a product from a time on; return the product and its version.

        UnknownProduct, InvalidProduct, RecordChanged if it is not at `version`.
        """
        change = parse(SchedulePrice, request, InvalidProduct)
        return self._store.update_product(
            change.sku, lambda product: prices.scheduled(product, change, utc_now()), version
        )

    def retire(self, sku: str, retired: bool, version: int | None = None) -> tuple[Product, int]:
        """Retire a product: it is not sold any more, and can be returned; or sell it again. Return it and its version.

        UnknownProduct, RecordChanged if it is not at `version`.
        """
        return self._store.update_product(
            _checked(sku), lambda product: product.model_copy(update={"retired": retired}), version
        )

    def find_barcode(self, barcode: str) -> tuple[Product, Label | None]:
        """Return the product with a barcode, as a scanner reads it, and the label that the barcode is of, if it is.

        UnknownProduct, InvalidBarcode.
        """
        checked = parse(BarcodeQuery, {"barcode": barcode}, InvalidBarcode).barcode
        product, measure = self._store.find_barcode(checked)
        if measure is None:
            return product, None
        return product, label_of(measure, prices.priced_at(product, utc_now()))

    def put_barcode_layouts(self, layouts: BarcodeLayouts, version: int | None = None) -> int:
        """Set the layouts of barcodes with a price or weight; return their version.

        RecordChanged if they are not at `version`; InvalidRequest if a product has a barcode that they would read as
        one of a label.
        """
        return self._store.put_layouts(layouts, version)

    def barcode_layouts(self) -> tuple[BarcodeLayouts, int]:
        """Return the layouts of barcodes with a price or weight by their prefixes, and their version."""
        layouts, version = self._store.layouts()
        return BarcodeLayouts(layouts=tuple(layouts[prefix] for prefix in sorted(layouts))), version

    def quote(self, order: PlaceOrder) -> Quote:
        """Return an order with its prices, discounts and tax, and who may give these. Changes nothing.

        InvalidOrder, UnknownProduct.
        """
        products, classes, policies = self._store.read_prices({line.sku for line in order.lines})
        started = _as_started(order, utc_now())
        priced = rules.price_order(started, products, classes, policies.windows, policies.layouts)
        return {**priced, "discount_approval": _APPROVALS[needed_role(priced, policies.discounts)]}

    def list_products(
        self, limit: int = 50, after: str = "", category: str = ""
    ) -> tuple[list[Product], str | None]:
        """Return a page of products in SKU order, and the SKU to continue after; None on the last page.

        category: only its products; UnknownCategory.
        """
        if category:
            self.get_category(category)
        return self._store.list_products(limit, _checked(after) if after else "", category)

    def version(self) -> str:
        """Return the version of the catalog; it changes with every product."""
        return self._store.version()

    def list_changes(self, since: datetime, limit: int = 50, after: str = "") -> Page[Product]:
        """Return a page of the products that changed since a version of the catalog; some may be older than it."""
        return self._store.list_changes(since, limit, after)


def _in_percent(name: str, rates: ClassRates, now: datetime) -> TaxClassRates:
    """Return the rates of a class as they are from now on."""
    changes = [
        RateChange(valid_from=valid_from, percent=without_zeros(rate.scaleb(2)))
        for valid_from, rate in rates.after(now)
    ]
    percent = without_zeros(rates.at(now).scaleb(2))
    return TaxClassRates(tax_class=name, percent=percent, changes=tuple(changes), retired=rates.retired)


def _as_started(order: PlaceOrder, now: datetime) -> Order:
    """Return an order as a workflow that starts now gets it, with references in place of tokens and codes of cards."""
    tenders = [
        {
            "type": tender.type,
            "amount": tender.amount,
            "card": f"card_{number}" if tender.type in ("card", "gift_card") else None,
        }
        for number, tender in enumerate(order.tenders, start=1)
    ]
    fields = order.model_dump(by_alias=True, exclude={"approval_note"})
    return Order.model_validate(fields | {"tenders": tenders, "started_at": now})


def _checked_category(code: str) -> str:
    return parse(CategoryRef, {"category": code}).category


def _checked(sku: str) -> str:
    return parse(ProductQuery, {"sku": sku}, InvalidProduct).sku
