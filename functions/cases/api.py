"""Cases over HTTP."""

import os
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from tillflow.api import Api, Call
from tillflow.aws import client

from cases.models import Case, CaseStatus, Decision
from cases.operations import CaseOperations

api = Api("cases")
handle = api.handle


class CaseFilter(BaseModel):
    """status: OPEN or RESOLVED; all cases without it."""

    model_config = ConfigDict(frozen=True)

    status: CaseStatus | None = None


class CaseDecision(BaseModel):
    """How a person settled a case. A note is required for done and give_up."""

    model_config = ConfigDict(frozen=True)

    decision: Decision
    note: Annotated[str, Field(max_length=500)] = ""


class Resolved(BaseModel):
    """delivered: False if the workflow no longer waits for the decision."""

    case_id: str
    decision: Decision
    delivered: bool


@cache
def _cases() -> CaseOperations:
    return CaseOperations(client("dynamodb"), client("stepfunctions"), os.environ["TABLE_NAME"])


@api.route("GET /cases", "operate", query=CaseFilter, response=list[Case])
def list_cases(call: Call) -> list[Case]:
    """List cases, the oldest first."""
    return _cases().list_all(call.query.status)


@api.route("GET /cases/{case_id}", "operate", response=Case)
def get_case(call: Call) -> Case:
    """Return a case: what could not be done, its error, and the execution that waits."""
    return _cases().get(call.path["case_id"])


@api.route("POST /cases/{case_id}/decision", "operate", body=CaseDecision, response=Resolved)
def decide_case(call: Call) -> Resolved:
    """Settle a case: retry, done by hand, or give up. The workflow continues from there."""
    body: CaseDecision = call.body
    delivered = _cases().resolve(call.path["case_id"], body.decision, body.note, call.caller.username)
    return Resolved(case_id=call.path["case_id"], decision=body.decision, delivered=delivered)
