"""Compare a page. Apart from the other steps, because it alone looks into executions of orders."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse

from payments.composition import configured_books
from payments.reconciliation.models import ComparedPage, ComparePage
from payments.reconciliation.running import RunningOrders
from payments.reconciliation.service import Comparison
from payments.reconciliation.store import ReconciliationStore

_dynamodb = client("dynamodb")
_orders = RunningOrders(client("stepfunctions"), (os.environ["CHECKOUT_ARN"], os.environ["CANCEL_ARN"]))
comparison = Comparison(
    ReconciliationStore(_dynamodb, os.environ["TABLE_NAME"]), configured_books(_dynamodb), _orders.is_running
)


@handler
def compare_page(event: dict[str, Any], context: object) -> ComparedPage:
    """Compare the page of ``{run_id, page, cursor}`` and return the cases of its differences."""
    return comparison.compare(parse(ComparePage, event))
