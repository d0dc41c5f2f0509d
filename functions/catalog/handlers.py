"""PriceOrder: the function of the catalog that a checkout calls."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.errors import InvalidOrder
from tillflow.handling import handler
from tillflow.parsing import parse

from catalog import rules
from catalog.models import Order, PricedOrder
from catalog.store import CatalogStore

store = CatalogStore(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def price_order(event: dict[str, Any], context: object) -> PricedOrder:
    """Validate an order and compute its prices, discounts and tax. Changes nothing."""
    order = parse(Order, event, InvalidOrder)
    products, rates, windows = store.read_prices({line.sku for line in order.lines})
    return rules.price_order(order, products, rates, windows)
