"""Cases over HTTP."""

import os
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from tillflow.api import Api, Call, PageQuery, Reply
from tillflow.aws import client

from cases.measures import measure_decision
from cases.models import Case, CaseStatus, Decision, Opening
from cases.operations import CaseOperations

api = Api("cases")
handle = api.handle


class CaseQuery(PageQuery):
    """status: OPEN or RESOLVED."""

    status: CaseStatus = "OPEN"


class CasePage(BaseModel):
    """A page of cases; next_cursor is null on the last page."""

    cases: list[Case]
    next_cursor: str | None


class CaseDecision(BaseModel):
    """How a person settled a case. A note is required for done and give_up."""

    model_config = ConfigDict(frozen=True)

    decision: Decision
    note: Annotated[str, Field(max_length=500)] = ""


class RecordedDecision(CaseDecision):
    """A decision for which no workflow waits, such as that on a dead letter or on units sold without a connection."""

    opening: Opening


class Resolved(BaseModel):
    """delivered: False if the workflow no longer waits for the decision."""

    case_id: str
    decision: Decision
    delivered: bool


@cache
def _cases() -> CaseOperations:
    return CaseOperations(client("dynamodb"), client("stepfunctions"), os.environ["TABLE_NAME"])


@api.route("GET /cases", "operate", query=CaseQuery, response=CasePage)
def list_cases(call: Call) -> CasePage:
    """List the open cases, the oldest first, or the resolved ones, the newest first, a page at a time."""
    page = _cases().list_cases(call.query.status, call.query.limit, call.after)
    return CasePage(cases=page.rows, next_cursor=call.cursor(page.after))


@api.route("GET /cases/{case_id}", "operate", response=Case)
def get_case(call: Call) -> Case:
    """Return a case: what could not be done, its error, and the execution that waits."""
    return _cases().get(call.path["case_id"])


@api.route("POST /cases", "manage", body=RecordedDecision, response=Case, statuses=(201,))
def record_decision(call: Call) -> Reply:
    """Record a decision for which no workflow waits, as a resolved case, once per case id."""
    body: RecordedDecision = call.body
    _cases().record(body.opening.model_dump(), body.decision, body.note, call.caller.username)
    return Reply(_cases().get(body.opening.case_id), 201)


@api.route("POST /cases/{case_id}/decision", "operate", body=CaseDecision, response=Resolved)
def decide_case(call: Call) -> Resolved:
    """Settle a case: retry, done by hand, or give up. The workflow continues from there."""
    body: CaseDecision = call.body
    delivered = _cases().resolve(call.path["case_id"], body.decision, body.note, call.caller.username)
    if delivered:
        case = _cases().get(call.path["case_id"])
        measure_decision(case.workflow, case.opened_at)
    return Resolved(case_id=call.path["case_id"], decision=body.decision, delivered=delivered)
