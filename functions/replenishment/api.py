"""Approvals of planned purchase orders over HTTP."""

import os
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from tillflow.api import Api, Call, PageQuery
from tillflow.aws import client

from replenishment.models import Approval
from replenishment.operations import ApprovalOperations, Decision

api = Api("replenishment")
handle = api.handle


class ApprovalDecision(BaseModel):
    """Whether the order may be sent; a refusal needs a note."""

    model_config = ConfigDict(frozen=True)

    decision: Decision
    note: Annotated[str, Field(max_length=200)] = ""


class Decided(BaseModel):
    """delivered: False if the workflow no longer waits for the decision."""

    purchase_order_id: str
    decision: Decision
    delivered: bool


class ApprovalPage(BaseModel):
    """A page of approvals, the oldest first; next_cursor is null on the last page."""

    approvals: list[Approval]
    next_cursor: str | None


@cache
def _approvals() -> ApprovalOperations:
    return ApprovalOperations(client("dynamodb"), client("stepfunctions"), os.environ["TABLE_NAME"])


@api.route("GET /approvals", "manage", query=PageQuery, response=ApprovalPage)
def list_approvals(call: Call) -> ApprovalPage:
    """List the planned orders that wait for a decision, the oldest first, a page at a time."""
    page = _approvals().pending_approvals(call.query.limit, call.after)
    return ApprovalPage(approvals=page.rows, next_cursor=call.cursor(page.after))


@api.route("POST /approvals/{purchase_order_id}/decision", "manage", body=ApprovalDecision, response=Decided)
def decide_approval(call: Call) -> Decided:
    """Approve or refuse a planned order."""
    order_id, body = call.path["purchase_order_id"], call.body
    delivered = _approvals().decide(order_id, body.decision, body.note, call.caller.username)
    return Decided(purchase_order_id=order_id, decision=body.decision, delivered=delivered)
