"""Approvals of planned purchase orders over HTTP."""

import os
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from tillflow.api import Api, Call
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


@cache
def _approvals() -> ApprovalOperations:
    return ApprovalOperations(client("dynamodb"), client("stepfunctions"), os.environ["TABLE_NAME"])


@api.route("GET /approvals", "manage", response=list[Approval])
def list_approvals(call: Call) -> list[Approval]:
    """List the planned orders that wait for a decision, the oldest first."""
    return _approvals().pending_approvals()


@api.route("POST /approvals/{purchase_order_id}/decision", "manage", body=ApprovalDecision, response=Decided)
def decide_approval(call: Call) -> Decided:
    """Approve or refuse a planned order."""
    order_id, body = call.path["purchase_order_id"], call.body
    delivered = _approvals().decide(order_id, body.decision, body.note, call.caller.username)
    return Decided(purchase_order_id=order_id, decision=body.decision, delivered=delivered)
