"""Products over HTTP."""

import os
from functools import cache
from typing import Annotated

from pydantic import BaseModel, Field
from tillflow.api import Api, Call, PageQuery, Reply
from tillflow.aws import client
from tillflow.errors import InvalidRequest
from tillflow.fields import Timestamp

from catalog.models import Order, PricedOrder, Product
from catalog.operations import CatalogOperations

api = Api("catalog")
handle = api.handle


class ProductQuery(PageQuery):
    """barcode: only the product with this barcode; since: only what changed since this version of the catalog."""

    barcode: Annotated[str | None, Field(pattern=r"^[0-9]{8,14}$")] = None
    since: Timestamp | None = None


class ProductPage(BaseModel):
    """A page of products; next_cursor is null on the last page. version: the catalog's, for `since`."""

    products: list[Product]
    next_cursor: str | None
    version: str


@cache
def _catalog() -> CatalogOperations:
    return CatalogOperations(client("dynamodb"), os.environ["TABLE_NAME"])


@api.route("GET /products", "read", query=ProductQuery, response=ProductPage)
def list_products(call: Call) -> Reply:
    """List products by SKU, those that changed since a version of the catalog, or the one with a barcode."""
    query: ProductQuery = call.query
    # Read first: what changes meanwhile is newer than the version, and is in the next list of changes.
    version = _catalog().version()
    if call.has(version):
        return Reply(None, etag=version)
    after: str | None = None
    if query.barcode:
        products = [_catalog().find_barcode(query.barcode)]
    elif query.since:
        page = _catalog().list_changes(query.since, query.limit, call.after)
        products, after = page.rows, page.after
    else:
        products, after = _catalog().list_products(query.limit, call.after)
    return Reply(
        ProductPage(products=products, next_cursor=call.cursor(after), version=version), etag=version
    )


@api.route("GET /products/{sku}", "read", response=Product)
def get_product(call: Call) -> Reply:
    """Return a product with its prices."""
    product, version = _catalog().get_with_version(call.path["sku"])
    return Reply(product, version=version)


@api.route("PUT /products/{sku}", "manage", body=Product, response=Product)
def put_product(call: Call) -> Reply:
    """Create or replace a product."""
    if call.body.sku != call.path["sku"]:
        raise InvalidRequest("sku", call.body.sku, f"{call.path['sku']}, the SKU of the path")
    _catalog().put_product(call.body)
    return Reply(call.body)


@api.route("POST /quotes", "sell", body=Order, response=PricedOrder)
def quote_order(call: Call) -> PricedOrder:
    """Return an order with its prices, discounts and tax, without selling it."""
    return _catalog().quote(call.body)
