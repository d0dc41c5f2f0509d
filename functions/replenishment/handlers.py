"""The replenishment functions: plan lines, group them into one order per supplier, request approvals."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse

from replenishment.models import (
    ApprovalRequested,
    AskApproval,
    GroupedOrders,
    LoadOrder,
    PlanLines,
    PlannedLines,
    PlannedOrder,
    RunRef,
)
from replenishment.store import ReplenishmentStore

store = ReplenishmentStore(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def plan_lines(event: dict[str, Any], context: Any) -> PlannedLines:
    """Plan a line for each need of ``{run_id, needs, demand}`` that has a policy."""
    request = parse(PlanLines, event)
    return store.plan(request.run_id, request.needs, request.demand)


@handler
def group_orders(event: dict[str, Any], context: Any) -> GroupedOrders:
    """Make the orders of ``{run_id}``, one per supplier; return how many there are."""
    return {"orders": store.group(parse(RunRef, event).run_id)}


@handler
def load_order(event: dict[str, Any], context: Any) -> PlannedOrder:
    """Return the planned order of ``{run_id, number}``."""
    request = parse(LoadOrder, event)
    return store.order(request.run_id, request.number)


@handler
def ask_approval(event: dict[str, Any], context: Any) -> ApprovalRequested:
    """Record the request of ``{run_id, purchase_order_id, total, currency, asked, attempt, task_token}``."""
    request = parse(AskApproval, event)
    store.request_approval(request)
    return {"purchase_order_id": request.purchase_order_id}
