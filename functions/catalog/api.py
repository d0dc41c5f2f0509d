"""Products over HTTP."""

import os
from functools import cache
from typing import Annotated

from pydantic import BaseModel, Field
from tillflow.api import Api, Call, PageQuery, Reply, decode_cursor, encode_cursor
from tillflow.aws import client
from tillflow.errors import InvalidRequest

from catalog.models import Order, PricedOrder, Product
from catalog.operations import CatalogOperations

api = Api("catalog")
handle = api.handle


class ProductQuery(PageQuery):
    """barcode: only the product with this barcode."""

    barcode: Annotated[str | None, Field(pattern=r"^[0-9]{8,14}$")] = None


class ProductPage(BaseModel):
    """A page of products by SKU; next_cursor is null on the last page."""

    products: list[Product]
    next_cursor: str | None


@cache
def _catalog() -> CatalogOperations:
    return CatalogOperations(client("dynamodb"), os.environ["TABLE_NAME"])


@api.route("GET /products", "read", query=ProductQuery, response=ProductPage)
def list_products(call: Call) -> ProductPage:
    """List products by SKU, a page at a time, or find one by its barcode."""
    if call.query.barcode:
        return ProductPage(products=[_catalog().find_barcode(call.query.barcode)], next_cursor=None)
    products, after = _catalog().list_products(call.query.limit, decode_cursor(call.query.cursor))
    return ProductPage(products=products, next_cursor=encode_cursor(after))


@api.route("GET /products/{sku}", "read", response=Product)
def get_product(call: Call) -> Product:
    """Return a product with its prices."""
    return _catalog().get(call.path["sku"])


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
