"""Functions that workflows and other services call: prices, values, and which SKUs no product has."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.errors import InvalidOrder
from tillflow.handling import handler
from tillflow.order_request import Order
from tillflow.parsing import parse
from tillflow.references import FindUnknownIds, UnknownIds
from tillflow.times import utc_now

from catalog import rules, valuation
from catalog.discount_limits import check_discounts
from catalog.labels import check_unlabelled
from catalog.models import PricedOrder, ValuedReturn, ValueReturn
from catalog.store import CatalogStore

store = CatalogStore(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def price_order(event: dict[str, Any], context: object) -> PricedOrder:
    """Validate an order, compute its prices, discounts and tax, and check who may give these. Changes nothing."""
    order = parse(Order, event, InvalidOrder)
    products, classes, policies = store.read_prices({line.sku for line in order.lines})
    priced = rules.price_order(order, products, classes, policies.windows, policies.layouts)
    check_discounts(priced, policies.discounts)
    return priced


@handler
def value_return(event: dict[str, Any], context: object) -> ValuedReturn:
    """Value the lines of a return without a receipt at the lowest price of the last days. Changes nothing."""
    request = parse(ValueReturn, event)
    recent = store.read_recent_prices({line.sku for line in request.lines}, utc_now())
    check_unlabelled(request.lines, recent.products, recent.layouts)
    return {"lines": valuation.value_lines(request, recent.products, recent.rates)}


@handler
def find_unknown_products(event: dict[str, Any], context: object) -> UnknownIds:
    """Return those of the SKUs ``{ids}`` that no product has. Changes nothing."""
    return {"unknown": store.unknown_skus(parse(FindUnknownIds, event).valid)}
