"""FindUnknownOrders: which orders do not exist, for the services that have parts of them."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse
from tillflow.references import FindUnknownIds, UnknownIds

from orders.finding import OrderFinder

finder = OrderFinder(
    client("dynamodb"), client("stepfunctions"), os.environ["TABLE_NAME"], os.environ["CHECKOUT_ARN"]
)


@handler
def find_unknown_orders(event: dict[str, Any], context: Any) -> UnknownIds:
    """Return those of the orders ``{ids}`` that do not exist."""
    return {"unknown": finder.find_unknown(parse(FindUnknownIds, event).valid)}
