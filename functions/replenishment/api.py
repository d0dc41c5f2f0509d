"""Reorder policies and runs, and approvals of planned orders, over HTTP."""

import os
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from tillflow.api import Api, Call, PageQuery, Reply, accepted
from tillflow.aws import client
from tillflow.fields import Amount, BusinessId
from tillflow.references import Kind
from tillflow.references import invoked as looked_up

from replenishment.demand import invoked
from replenishment.models import Approval, PlannedOrder, Policy, ReorderPoint
from replenishment.operations import ApprovalOperations, Decision, ReorderOperations
from replenishment.suppliers import invoked as currencies_looked_up

api = Api("replenishment")
handle = api.handle

_LOOKUPS: dict[Kind, str] = {
    "location": "FIND_UNKNOWN_LOCATIONS_FUNCTION",
    "product": "FIND_UNKNOWN_PRODUCTS_FUNCTION",
    "supplier": "FIND_UNKNOWN_SUPPLIERS_FUNCTION",
}


class ApprovalDecision(BaseModel):
    """Whether the order may be sent. total: what it costs, as the person has seen it; None for any."""

    model_config = ConfigDict(frozen=True)

    decision: Decision
    note: Annotated[str, Field(max_length=200)] = ""
    total: Amount | None = None


class Decided(BaseModel):
    """delivered: False if the workflow no longer waits for the decision."""

    purchase_order_id: str
    decision: Decision
    delivered: bool


class PolicyPage(BaseModel):
    """A page of reorder policies, in no order; next_cursor is null on the last page."""

    policies: list[Policy]
    next_cursor: str | None


class PoliciesBody(BaseModel):
    """The policies whose reorder points are wanted."""

    model_config = ConfigDict(frozen=True)

    policies: Annotated[tuple[Policy, ...], Field(max_length=100)]


class RunBody(BaseModel):
    """A reorder run of all levels. segments: the shares of the levels that are read in parallel."""

    model_config = ConfigDict(frozen=True)

    run_id: BusinessId
    segments: Annotated[StrictInt, Field(gt=0, le=64)] = 64


class StartedRun(BaseModel):
    """A reorder run that has started."""

    run_id: str
    execution_arn: str


class ApprovalPage(BaseModel):
    """A page of approvals, the oldest first; next_cursor is null on the last page."""

    approvals: list[Approval]
    next_cursor: str | None


@cache
def _approvals() -> ApprovalOperations:
    return ApprovalOperations(client("dynamodb"), client("stepfunctions"), os.environ["TABLE_NAME"])


@cache
def _reorders() -> ReorderOperations:
    return ReorderOperations(
        client("dynamodb"),
        client("stepfunctions"),
        os.environ["TABLE_NAME"],
        os.environ["REORDER_ARN"],
        invoked(client("lambda"), os.environ["READ_DEMAND_FUNCTION"]),
        {kind: looked_up(client("lambda"), os.environ[name]) for kind, name in _LOOKUPS.items()},
        currencies_looked_up(client("lambda"), os.environ[_LOOKUPS["supplier"]]),
    )


@api.route("GET /reorder-policies", "manage", query=PageQuery, response=PolicyPage)
def list_policies(call: Call) -> PolicyPage:
    """List reorder policies in no order, a page at a time."""
    page = _reorders().list_policies(call.query.limit, call.after)
    return PolicyPage(policies=page.rows, next_cursor=call.cursor(page.after))


@api.route("PUT /reorder-policies", "manage", body=Policy, response=Policy, versioned=True)
def put_policy(call: Call) -> Reply:
    """Create or replace the reorder policy of a SKU at a location, at the version in If-Match, or at any."""
    return Reply(call.body, version=_reorders().put_policy(call.body, call.version))


@api.route("GET /reorder-policies/{location}/{sku}", "manage", response=Policy)
def get_policy(call: Call) -> Reply:
    """Return the reorder policy of a SKU at a location."""
    policy, version = _reorders().policy(call.path["location"], call.path["sku"])
    return Reply(policy, version=version)


@api.route("POST /reorder-policies/points", "manage", body=PoliciesBody, response=list[ReorderPoint])
def compute_reorder_points(call: Call) -> list[ReorderPoint]:
    """Return the reorder point that recent demand gives each policy, and its best supplier."""
    return _reorders().reorder_points(call.body.policies)


@api.route("POST /reorder-runs", "manage", body=RunBody, response=StartedRun, statuses=(202,))
def start_run(call: Call) -> Reply:
    """Order what is at its reorder point now, as the nightly schedule does, once per run id."""
    run_id = call.body.run_id
    started = _reorders().start_run(run_id, call.body.segments)
    run = StartedRun(run_id=run_id, execution_arn=started.arn)
    return accepted(run, f"/api/reorder-runs/{run_id}/orders", replayed=started.duplicate)


@api.route("GET /reorder-runs/{run_id}/orders", "manage", response=list[PlannedOrder])
def list_run_orders(call: Call) -> list[PlannedOrder]:
    """List the orders that a reorder run has planned, possibly none."""
    return _reorders().run_orders(call.path["run_id"])


@api.route("GET /approvals", "manage", query=PageQuery, response=ApprovalPage)
def list_approvals(call: Call) -> ApprovalPage:
    """List the planned orders that wait for a decision, the oldest first, a page at a time."""
    page = _approvals().pending_approvals(call.query.limit, call.after)
    return ApprovalPage(approvals=page.rows, next_cursor=call.cursor(page.after))


@api.route("POST /approvals/{purchase_order_id}/decision", "manage", body=ApprovalDecision, response=Decided)
def decide_approval(call: Call) -> Decided:
    """Approve or refuse a planned order; with its total, unless it costs something else by now."""
    order_id, body = call.path["purchase_order_id"], call.body
    delivered = _approvals().decide(order_id, body.decision, body.note, call.caller.username, body.total)
    return Decided(purchase_order_id=order_id, decision=body.decision, delivered=delivered)
