"""Products and their settings in DynamoDB; see rows.py for the table."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from tillflow.errors import RecordChanged, StoreContention
from tillflow.listing import Page
from tillflow.store import (
    Action,
    Item,
    key,
    marshal,
    missing_rows,
    put_row,
    read_row,
    read_rows,
    retry_on_conflict,
    transact,
    unmarshal,
)
from tillflow.times import iso_utc, utc_now
from tillflow.versions import version_of, write_version

from catalog.categories import CategoryStore, members_query
from catalog.errors import InvalidProduct, UnknownProduct
from catalog.labels import Measure, check_barcode, check_layouts, is_restricted, scanned
from catalog.models import (
    BarcodeLayout,
    BarcodeLayouts,
    DiscountLimit,
    DiscountLimits,
    Product,
    ReturnWindow,
    SellerRole,
)
from catalog.prices import priced_between
from catalog.rows import (
    LAYOUTS,
    LIST,
    PRICE_DAYS,
    RATES,
    RESTRICTED,
    WINDOWS,
    barcode_key,
    changes,
    discount_attribute,
    listed_row,
    members,
    product_key,
    product_row,
    read_discount_limits,
    read_layouts,
    read_price_days,
    read_product,
    read_tax_classes,
    read_windows,
    replaced_prices_row,
    replaced_since,
    window_attribute,
)
from catalog.tax_classes import TaxClassStore
from catalog.tax_rates import ClassRates, rates_at

# A change is in the index a moment after it is written, and the clocks of two writers differ a little: what changed
# shortly before a version is read again with what changed after it.
_OVERLAP = timedelta(seconds=15)
# One row holds these settings.
_DAYS_VERSION, _WINDOWS_VERSION, _LIMITS_VERSION, _LAYOUTS_VERSION = (
    "price_days_version",
    "return_windows_version",
    "discount_limits_version",
    "barcode_layouts_version",
)


class Policies(NamedTuple):
    """What a sale obeys besides prices. windows: return windows by category, in days; layouts: by prefix."""

    windows: dict[str, int]
    discounts: DiscountLimits
    layouts: dict[str, BarcodeLayout]


class RecentPrices(NamedTuple):
    """Products with the prices that they had lately, by SKU, the rates by tax class, and the layouts by prefix.

    The first of a list is the product as it is; the others have the prices that were in effect since then.
    """

    products: dict[str, list[Product]]
    rates: dict[str, Decimal]
    layouts: dict[str, BarcodeLayout]


class CatalogStore:
    """Products and their settings in one table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self.categories = CategoryStore(client, table)
        self.tax_classes = TaxClassStore(client, table)

    def read_prices(self, skus: Iterable[str]) -> tuple[dict[str, Product], dict[str, ClassRates], Policies]:
        """Return the products that exist of these SKUs, the rates of every tax class, and the policies of sales."""
        keys = [RATES, WINDOWS, *(product_key(sku) for sku in skus)]
        rows = read_rows(self._client, self._table, keys)
        rates, row = read_tax_classes(rows.pop(RATES, {})), rows.pop(WINDOWS, {})
        policies = Policies(read_windows(row), read_discount_limits(row), read_layouts(row))
        products = (read_product(row) for row in rows.values())
        return {product.sku: product for product in products}, rates, policies

    def read_recent_prices(self, skus: Iterable[str], now: datetime) -> RecentPrices:
        """Return each product that exists as it is and as it was sold within the days of `price_days`."""
        keys = [RATES, WINDOWS, *(product_key(sku) for sku in skus)]
        rows = read_rows(self._client, self._table, keys)
        rates, settings = rates_at(read_tax_classes(rows.pop(RATES, {})), now), rows.pop(WINDOWS, {})
        since = now - timedelta(days=read_price_days(settings))
        first = replaced_since(since)
        products = [read_product(row) for row in rows.values()]
        recent = {
            product.sku: [*priced_between(product, since, now), *self._replaced(product, first)]
            for product in products
        }
        return RecentPrices(recent, rates, read_layouts(settings))

    def put_price_days(self, days: int, version: int | None = None) -> int:
        """Set the days whose lowest price values a return without a receipt; return the version. RecordChanged."""
        return write_version(
            self._client, self._table, WINDOWS, {PRICE_DAYS: days}, version, "the price days", _DAYS_VERSION
        )

    def price_days(self) -> tuple[int, int]:
        """Return the days whose lowest price values a return without a receipt, and their version."""
        row = self._row(*WINDOWS)
        return read_price_days(row), version_of(row, _DAYS_VERSION)

    def put_discount_limit(self, role: SellerRole, limit: DiscountLimit, version: int | None = None) -> int:
        """Set the most that a role may take off; return the version of the limits. RecordChanged."""
        fields = {discount_attribute(role): limit.model_dump_json()}
        return write_version(
            self._client, self._table, WINDOWS, fields, version, "the discount limits", _LIMITS_VERSION
        )

    def discount_limits(self) -> tuple[DiscountLimits, int]:
        """Return the most that each role may take off, and the version of the limits."""
        row = self._row(*WINDOWS)
        return read_discount_limits(row), version_of(row, _LIMITS_VERSION)

    def put_return_window(self, window: ReturnWindow, version: int | None = None) -> int:
        """Set the return window of a category; return the version of the windows. Orders that are sold keep theirs.

        RecordChanged if the windows are not at `version`; UnknownCategory.
        """
        if window.category and window.category not in read_windows(self._row(*WINDOWS)):
            self.categories.get(window.category)
        fields = {window_attribute(window.category): window.days}
        return write_version(
            self._client, self._table, WINDOWS, fields, version, "the return windows", _WINDOWS_VERSION
        )

    def list_return_windows(self) -> tuple[list[ReturnWindow], int]:
        """Return the return windows by category, and their version."""
        row = self._row(*WINDOWS)
        windows = read_windows(row)
        listed = [ReturnWindow(category=category, days=windows[category]) for category in sorted(windows)]
        return listed, version_of(row, _WINDOWS_VERSION)

    def put_layouts(self, layouts: BarcodeLayouts, version: int | None = None) -> int:
        """Set the layouts of barcodes with a price or weight; return their version.

        RecordChanged if they are not at `version`; InvalidRequest if a product has a barcode that they would read as
        one of a label.
        """
        check_layouts({layout.prefix: layout for layout in layouts.layouts}, self._restricted())
        fields = {LAYOUTS: [layout.model_dump() for layout in layouts.layouts]}
        return write_version(
            self._client, self._table, WINDOWS, fields, version, "the barcode layouts", _LAYOUTS_VERSION
        )

    def layouts(self) -> tuple[dict[str, BarcodeLayout], int]:
        """Return the layouts of barcodes with a price or weight by prefix, and their version."""
        row = self._row(*WINDOWS)
        return read_layouts(row), version_of(row, _LAYOUTS_VERSION)

    def retire_tax_class(
        self, tax_class: str, retired: bool, version: int | None = None
    ) -> tuple[ClassRates, int]:
        """Retire a tax class, or use it again; return it and the version of the classes.

        TaxClassInUse if products of it are sold; InvalidRequest for one that the shop does not have; RecordChanged.
        """
        return self.tax_classes.retire(tax_class, retired, lambda: self._sold_with(tax_class), version)

    def put_product(self, product: Product, version: int | None = None) -> int:
        """Create or replace a product and return its version.

        InvalidProduct if its tax class has no rate, its category does not exist or is retired, or another product has
        its barcode; RecordChanged if it is not at `version`.
        """

        def put() -> int:
            return self._write_product(product, self._row(*product_key(product.sku)), version)

        return retry_on_conflict(put)

    def replace_product(self, product: Product, before: Product | None, version: int, marker: Action) -> None:
        """Write a product over the one that was read at a version, in one transaction with a marker.

        StoreContention if it has changed since, InvalidProduct as of `put_product`, and what the marker raises.
        """
        row = {} if before is None else {"version": version, **before.model_dump(mode="json")}
        self._write_product(product, row, version, (marker,))

    def update_product(
        self, sku: str, rule: Callable[[Product], Product], version: int | None = None
    ) -> tuple[Product, int]:
        """Apply a rule to a product and return the result and its version.

        UnknownProduct, RecordChanged if it is not at `version`, and what the rule raises.
        """

        def update() -> tuple[Product, int]:
            row = self._row(*product_key(sku))
            if not row:
                raise UnknownProduct(sku)
            product = rule(read_product(row))
            return product, self._write_product(product, row, version)

        return retry_on_conflict(update)

    def unknown_skus(self, skus: Iterable[str]) -> list[str]:
        """Return those of the SKUs that no product has."""
        return missing_rows(self._client, self._table, {sku: product_key(sku) for sku in skus})

    def get_product(self, sku: str) -> tuple[Product, int]:
        """Return the product of a SKU and its version; UnknownProduct."""
        row = self._row(*product_key(sku))
        if not row:
            raise UnknownProduct(sku)
        return read_product(row), row["version"]

    def find_barcode(self, barcode: str) -> tuple[Product, Measure | None]:
        """Return the product with a barcode, and what the barcode has in it; UnknownProduct, InvalidBarcode."""
        measure = scanned(barcode, self.layouts()[0]) if is_restricted(barcode) else None
        row = self._row(*barcode_key(measure.item if measure else barcode))
        if not row:
            raise UnknownProduct(barcode)
        return self.get_product(row["sku"])[0], measure

    def version(self) -> str:
        """Return the version of the catalog: the time of its last change; "" while it is empty."""
        last = changes(self._client, self._table).page(LIST, 1, newest_first=True).rows
        return str(last[0]["changed_at"]) if last else ""

    def list_changes(self, since: datetime, limit: int, after: str) -> Page[Product]:
        """Return a page of the products that changed since a version, or shortly before it, by time of change."""
        first = iso_utc(since - _OVERLAP)
        page = changes(self._client, self._table).rows(LIST, limit, after, between=(first, "9"))
        return page.convert(lambda rows: map(read_product, rows))

    def list_products(
        self, limit: int = 50, after: str = "", category: str = ""
    ) -> tuple[list[Product], str | None]:
        """Return up to `limit` (at most 100) products in SKU order after that SKU, and the SKU to continue after.

        category: only its products. The second is None on the last page.
        """
        partition = members(category) if category else LIST
        page = self._client.query(**members_query(self._table, partition, limit, after), ConsistentRead=True)
        listed = {row["sk"]: row for row in map(unmarshal, page["Items"])}
        # A category has the SKUs alone; so has the list, of a product that an earlier release has written.
        copies = {sku: row for sku, row in listed.items() if "sku" in row}
        rows = read_rows(
            self._client, self._table, [product_key(sku) for sku in listed.keys() - copies.keys()]
        )
        read = copies | {row["sku"]: row for row in rows.values()}
        products = [read_product(read[sku]) for sku in listed if sku in read]
        return products, list(listed)[-1] if "LastEvaluatedKey" in page else None

    def _sold_with(self, tax_class: str) -> list[str]:
        """Return the SKUs of the products of a tax class that are not retired, of the whole list."""
        skus: list[str] = []
        after: str | None = ""
        while after is not None:
            products, after = self.list_products(100, after)
            skus += [one.sku for one in products if one.tax_class == tax_class and not one.retired]
        return skus

    def _row(self, pk: str, sk: str) -> Item:
        return read_row(self._client, self._table, pk, sk)

    def _write_product(
        self, product: Product, before: Item, expected: int | None, markers: Sequence[Action] = ()
    ) -> int:
        """Write a product over the row that was read of it, with markers; return its version."""
        if is_restricted(product.barcode or ""):
            check_barcode(product, self.layouts()[0])
        version: int = before.get("version", 0)
        if expected not in (None, version):
            raise RecordChanged(f"product {product.sku}", expected)
        row = product_row(product, version + 1, utc_now())
        condition = "version = :version" if before else "attribute_not_exists(pk)"
        values = {"ExpressionAttributeValues": marshal({":version": version})} if before else {}
        what = f"writing product {product.sku}"
        actions = [
            *markers,
            self.tax_classes.check(product),
            put_row(
                self._table, row, lambda _: StoreContention(what), ConditionExpression=condition, **values
            ),
            put_row(self._table, listed_row(product)),
            *self.categories.membership(product, before),
        ]
        if before:
            actions += self._keep_prices(read_product(before), product, version)
        if product.barcode:
            actions += self._claim_barcode(product.barcode, product.sku)
        if (old := before.get("barcode")) and old != product.barcode:
            actions += self._drop_barcode(old)
        transact(self._client, actions, what)
        return version + 1

    def _keep_prices(self, before: Product, after: Product, version: int) -> list[Action]:
        if (before.prices, before.tax_included) == (after.prices, after.tax_included):
            return []
        return [put_row(self._table, replaced_prices_row(before, version, utc_now()))]

    def _replaced(self, product: Product, first: str) -> list[Product]:
        """Return the product with each of its prices that were replaced from a sort key on."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=marshal(
                {":pk": product_key(product.sku)[0], ":first": first, ":last": "PRICE#~"}
            ),
            ConsistentRead=True,
        )
        rows = [unmarshal(row) for page in pages for row in page["Items"]]
        return [
            product.model_copy(update={"prices": row["prices"], "tax_included": row["tax_included"]})
            for row in rows
        ]

    def _claim_barcode(self, barcode: str, sku: str) -> list[Action]:
        def taken(row: Item) -> InvalidProduct:
            return InvalidProduct("barcode", barcode, f"a barcode no other product has; {row['sku']} has it")

        pk, sk = barcode_key(barcode)
        claim = put_row(
            self._table,
            {"pk": pk, "sk": sk, "sku": sku},
            taken,
            ConditionExpression="attribute_not_exists(pk) OR sku = :sku",
            ExpressionAttributeValues=marshal({":sku": sku}),
        )
        listed = put_row(self._table, {"pk": RESTRICTED, "sk": barcode})
        return [claim, *([listed] if is_restricted(barcode) else ())]

    def _drop_barcode(self, barcode: str) -> list[Action]:
        places = [barcode_key(barcode), *([(RESTRICTED, barcode)] if is_restricted(barcode) else ())]
        return [Action("Delete", {"TableName": self._table, "Key": key(*place)}) for place in places]

    def _restricted(self) -> Iterator[str]:
        """Return the products' barcodes that begin with 2."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": RESTRICTED}},
            ConsistentRead=True,
        )
        return (row["sk"]["S"] for page in pages for row in page["Items"])
