"""Products over HTTP."""

import os
from functools import cache
from hashlib import sha256
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator
from tillflow.api import Api, Call, PageQuery, Reply, accepted
from tillflow.aws import client, s3_client
from tillflow.errors import InvalidRequest
from tillflow.fields import Timestamp, UnitAmount
from tillflow.money import Currency
from tillflow.order_request import PlaceOrder
from tillflow.parsing import parse

from catalog.imports.models import ImportRef, ImportReport, SignedImport, StartImport
from catalog.imports.objects import ImportObjects
from catalog.imports.operations import ImportOperations
from catalog.imports.store import ImportStore
from catalog.models import (
    BarcodeLayouts,
    Category,
    CategoryCode,
    DiscountLimit,
    DiscountLimits,
    Label,
    PriceDays,
    Product,
    Quote,
    ReturnWindow,
    TaxClassPercent,
    TaxClassRates,
    TaxPercent,
)
from catalog.operations import CatalogOperations

api = Api("catalog")
handle = api.handle


class ProductQuery(PageQuery):
    """category: only its products; barcode: only the product with this barcode; since: only what changed since this
    version of the catalog. At most one of them.
    """

    category: CategoryCode | None = None
    barcode: Annotated[str | None, Field(pattern=r"^[0-9]{8,14}$")] = None
    since: Timestamp | None = None

    @model_validator(mode="after")
    def one_filter(self) -> Self:
        if sum(one is not None for one in (self.category, self.barcode, self.since)) > 1:
            raise ValueError("at most one of category, barcode and since")
        return self


class ProductPage(BaseModel):
    """A page of products; next_cursor is null on the last page.

    version: the catalog's, for `since`; label: what the barcode of the query has in it, if it is that of a label.
    """

    products: list[Product]
    next_cursor: str | None
    version: str
    label: Label | None = None


class CategoryPage(BaseModel):
    """A page of categories; next_cursor is null on the last page."""

    categories: list[Category]
    next_cursor: str | None


class StartedImport(BaseModel):
    """An import that has started."""

    import_id: str
    execution_arn: str


class NewPrice(BaseModel):
    """The price of a unit in minor units from a time on."""

    model_config = ConfigDict(frozen=True)

    currency: Currency
    price: UnitAmount
    valid_from: Timestamp


class Retirement(BaseModel):
    """retired: the product, or products of the class, are not sold any more; what was sold can be returned."""

    model_config = ConfigDict(frozen=True)

    retired: StrictBool


@cache
def _catalog() -> CatalogOperations:
    return CatalogOperations(client("dynamodb"), os.environ["TABLE_NAME"])


@cache
def _imports() -> ImportOperations:
    store = ImportStore(client("dynamodb"), os.environ["TABLE_NAME"])
    objects = ImportObjects(s3_client(), os.environ["IMPORTS_BUCKET"])
    return ImportOperations(store, objects, client("stepfunctions"), os.environ["IMPORT_ARN"])


@api.route("GET /products", "read", query=ProductQuery, response=ProductPage)
def list_products(call: Call) -> Reply:
    """List products by SKU, those of a category or that changed since a version, or the one with a barcode."""
    query: ProductQuery = call.query
    # Read first: what changes meanwhile is newer than the version, and is in the next list of changes.
    version = _catalog().version()
    # What a label costs depends on the time and on the layouts too.
    if not query.barcode and call.has(version):
        return Reply(None, etag=version)
    after: str | None = None
    label: Label | None = None
    if query.barcode:
        product, label = _catalog().find_barcode(query.barcode)
        products = [product]
    elif query.since:
        page = _catalog().list_changes(query.since, query.limit, call.after)
        products, after = page.rows, page.after
    else:
        products, after = _catalog().list_products(query.limit, call.after, query.category or "")
    listed = ProductPage(products=products, next_cursor=call.cursor(after), version=version, label=label)
    return Reply(listed, etag=_etag(version, label))


def _etag(version: str, label: Label | None) -> str:
    """Return the ETag of a list of products, which differs by what a label has in it."""
    if label is None:
        return version
    return f"{version}-{sha256(label.model_dump_json().encode()).hexdigest()[:16]}"


@api.route("GET /products/{sku}", "read", response=Product)
def get_product(call: Call) -> Reply:
    """Return a product with its prices."""
    product, version = _catalog().get(call.path["sku"])
    return Reply(product, version=version)


@api.route("PUT /products/{sku}", "manage", body=Product, response=Product, versioned=True)
def put_product(call: Call) -> Reply:
    """Create or replace a product; with If-Match replace it at that version."""
    if call.body.sku != call.path["sku"]:
        raise InvalidRequest("sku", call.body.sku, f"{call.path['sku']}, the SKU of the path")
    return Reply(call.body, version=_catalog().put_product(call.body, call.version))


@api.route("POST /products/{sku}/prices", "manage", body=NewPrice, response=Product, versioned=True)
def schedule_price(call: Call) -> Reply:
    """Change the price of a product from a time on, at the version in If-Match, or at its newest."""
    change = {**call.body.model_dump(mode="json"), "sku": call.path["sku"]}
    product, version = _catalog().schedule_price(change, call.version)
    return Reply(product, version=version)


@api.route("PUT /products/{sku}/retired", "manage", body=Retirement, response=Product, versioned=True)
def retire_product(call: Call) -> Reply:
    """Stop selling a product, or sell it again, at the version in If-Match, or at its newest."""
    product, version = _catalog().retire(call.path["sku"], call.body.retired, call.version)
    return Reply(product, version=version)


@api.route("GET /categories", "read", query=PageQuery, response=CategoryPage)
def list_categories(call: Call) -> CategoryPage:
    """List the categories of products by their codes, those that are retired too."""
    page = _catalog().list_categories(call.query.limit, call.after)
    return CategoryPage(categories=page.rows, next_cursor=call.cursor(page.after))


@api.route("GET /categories/{category}", "read", response=Category)
def get_category(call: Call) -> Reply:
    """Return a category of products."""
    category, version = _catalog().get_category(call.path["category"])
    return Reply(category, version=version)


@api.route("PUT /categories/{category}", "manage", body=Category, response=Category, versioned=True)
def put_category(call: Call) -> Reply:
    """Create a category, rename it, retire it or use it again, at the version in If-Match, or at its newest."""
    if call.body.category != call.path["category"]:
        raise InvalidRequest("category", call.body.category, f"{call.path['category']}, the code of the path")
    return Reply(call.body, version=_catalog().put_category(call.body, call.version))


@api.route("GET /settings/return-windows", "read", response=list[ReturnWindow])
def list_return_windows(call: Call) -> Reply:
    """List the return windows by category; the one without a category is that of any other."""
    windows, version = _catalog().list_return_windows()
    return Reply(windows, version=version)


@api.route("PUT /settings/return-windows", "manage", body=ReturnWindow, response=ReturnWindow, versioned=True)
def put_return_window(call: Call) -> Reply:
    """Set the return window of a category; orders that are sold keep theirs. If-Match: the version of the list."""
    return Reply(call.body, version=_catalog().put_return_window(call.body, call.version))


@api.route("GET /settings/price-days", "read", response=PriceDays)
def get_price_days(call: Call) -> Reply:
    """Return the days whose lowest price values a return without a receipt."""
    days, version = _catalog().price_days()
    return Reply(PriceDays(days=days), version=version)


@api.route("PUT /settings/price-days", "manage", body=PriceDays, response=PriceDays, versioned=True)
def put_price_days(call: Call) -> Reply:
    """Set the days whose lowest price values a return without a receipt, at the version in If-Match, or at any."""
    return Reply(call.body, version=_catalog().put_price_days(call.body, call.version))


@api.route("GET /settings/barcode-layouts", "read", response=BarcodeLayouts)
def get_barcode_layouts(call: Call) -> Reply:
    """Return how barcodes with a price or weight in them are laid out, by their prefixes."""
    layouts, version = _catalog().barcode_layouts()
    return Reply(layouts, version=version)


@api.route(
    "PUT /settings/barcode-layouts", "manage", body=BarcodeLayouts, response=BarcodeLayouts, versioned=True
)
def put_barcode_layouts(call: Call) -> Reply:
    """Set how barcodes with a price or weight in them are laid out. If-Match: the version of the layouts."""
    return Reply(call.body, version=_catalog().put_barcode_layouts(call.body, call.version))


@api.route("GET /settings/tax-classes", "read", response=list[TaxClassRates])
def list_tax_classes(call: Call) -> Reply:
    """List the tax classes of products by name, with their rates in percent, those to come and retired classes too."""
    classes, version = _catalog().list_tax_classes()
    return Reply(classes, version=version)


@api.route(
    "PUT /settings/tax-classes/{tax_class}", "manage", body=TaxPercent, response=TaxClassRates, versioned=True
)
def put_tax_class(call: Call) -> Reply:
    """Create a tax class or set its rate, now or from a time on; orders that are sold keep theirs.

    A change to come is replaced by another rate at its time, and withdrawn by the rate before it. If-Match: the
    version of the list.
    """
    request = parse(TaxClassPercent, {**call.body.model_dump(), "tax_class": call.path["tax_class"]})
    tax_class, version = _catalog().put_tax_class(request, call.version)
    return Reply(tax_class, version=version)


@api.route(
    "PUT /settings/tax-classes/{tax_class}/retired",
    "manage",
    body=Retirement,
    response=TaxClassRates,
    versioned=True,
)
def retire_tax_class(call: Call) -> Reply:
    """Retire a tax class that no product on sale has, or use it again. If-Match: the version of the list."""
    tax_class, version = _catalog().retire_tax_class(call.path["tax_class"], call.body.retired, call.version)
    return Reply(tax_class, version=version)


@api.route("GET /settings/discount-limits", "read", response=DiscountLimits)
def get_discount_limits(call: Call) -> Reply:
    """Return the most that a cashier may take off an order, and a manager by an approval."""
    limits, version = _catalog().discount_limits()
    return Reply(limits, version=version)


@api.route(
    "PUT /settings/discount-limits/{role}",
    "manage",
    body=DiscountLimit,
    response=DiscountLimit,
    versioned=True,
)
def put_discount_limit(call: Call) -> Reply:
    """Set the most that a role may take off an order; that of managers is for operators. If-Match: of the limits."""
    by_operator = "operator" in call.caller.groups
    version = _catalog().put_discount_limit(call.path["role"], call.body, by_operator, call.version)
    return Reply(call.body, version=version)


@api.route("POST /quotes", "sell", body=PlaceOrder, response=Quote)
def quote_order(call: Call) -> Quote:
    """Return an order with its prices, discounts and tax, and whether these need an approval, without selling it."""
    return _catalog().quote(call.body)


@api.route("POST /product-imports/uploads", "manage", body=ImportRef, response=SignedImport, statuses=(201,))
def sign_import(call: Call) -> Reply:
    """Sign a form by which the CSV file of an import is uploaded to S3 within a few minutes."""
    return Reply(_imports().sign_upload(call.body.import_id), 201)


@api.route("POST /product-imports", "manage", body=StartImport, response=StartedImport, statuses=(202,))
def start_import(call: Call) -> Reply:
    """Import the products of an uploaded file; with dry_run report what would change. One that failed continues."""
    started = _imports().start(call.body)
    body = StartedImport(import_id=call.body.import_id, execution_arn=started.arn)
    return accepted(body, f"/api/product-imports/{call.body.import_id}", replayed=started.duplicate)


@api.route("GET /product-imports/{import_id}", "manage", response=ImportReport)
def get_import(call: Call) -> ImportReport:
    """Return an import with its counts, its first problems and the address of its result file."""
    return _imports().report(call.path["import_id"])
