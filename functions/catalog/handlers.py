"""PriceOrder: the only function of the catalog a workflow calls."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.errors import InvalidOrder
from tillflow.handling import handler
from tillflow.parsing import parse

from catalog import rules
from catalog.models import Order
from catalog.store import CatalogStore

store = CatalogStore(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def price_order(event: dict[str, Any], context: object) -> dict[str, Any]:
    """The order as the till sent it -> the priced order. Changes nothing."""
    order = parse(Order, event, InvalidOrder)
    products, rates = store.read_prices({line.sku for line in order.lines})
    return rules.price_order(order, products, rates)
