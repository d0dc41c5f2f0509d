"""The replenishment functions: plan what to order, make one order per supplier, ask for approval."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse

from replenishment.models import AskApproval, OrderRef, PlanLines, RunRef
from replenishment.store import ReplenishmentStore

store = ReplenishmentStore(client("dynamodb"), os.environ["TABLE_NAME"])
APPROVAL_LIMIT = int(os.environ["APPROVAL_LIMIT"])
"""An order that costs more, in minor units of its currency, is a manager's to approve."""


@handler
def plan_lines(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{run_id, needs, demand}`` to ``{planned, unplanned: [sku]}``: a line per need that has a policy."""
    request = parse(PlanLines, event)
    return store.plan(request.run_id, request.needs, request.demand)


@handler
def group_orders(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{run_id}`` to ``{orders: [purchase order id]}``, one per supplier."""
    return {"orders": store.group(parse(RunRef, event).run_id)}


@handler
def load_order(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{run_id, purchase_order_id}`` to the order as PurchaseOrder takes it, with ``needs_approval``."""
    request = parse(OrderRef, event)
    order = store.order(request.run_id, request.purchase_order_id)
    return {**order, "needs_approval": order["total"] > APPROVAL_LIMIT}


@handler
def ask_approval(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{run_id, purchase_order_id, asked, attempt, task_token}``: the order waits for who is asked."""
    request = parse(AskApproval, event)
    store.ask(request, store.order(request.run_id, request.purchase_order_id)["total"])
    return {"purchase_order_id": request.purchase_order_id}
