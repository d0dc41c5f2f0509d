"""Cases and dead-letter queues over HTTP."""

import json
import os
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from tillflow.api import Api, Call, PageQuery, Reply
from tillflow.api.idempotency import IdempotencyKeys
from tillflow.aws import client
from tillflow.fields import QueryNumber

from cases.dead_letters.limits import MOST_MESSAGES
from cases.dead_letters.models import (
    DeadLetter,
    DeadLetterQueue,
    DropBody,
    Dropped,
    RedriveBody,
    Redriven,
)
from cases.dead_letters.operations import DeadLetterOperations
from cases.dead_letters.queues import MessageQueues, QueueUrls
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


class DeadLetterQueues(BaseModel):
    """All dead-letter queues."""

    queues: list[DeadLetterQueue]


class MessagesQuery(BaseModel):
    """limit: how many messages to read. A queue has no pages."""

    model_config = ConfigDict(frozen=True)

    limit: Annotated[QueryNumber, Field(ge=1, le=MOST_MESSAGES)] = 10


class DeadLetters(BaseModel):
    """Messages of a dead-letter queue, in no order."""

    messages: list[DeadLetter]


@cache
def _cases() -> CaseOperations:
    return CaseOperations(client("dynamodb"), client("stepfunctions"), os.environ["TABLE_NAME"])


@cache
def _keys() -> IdempotencyKeys:
    return IdempotencyKeys(client("dynamodb"), os.environ["TABLE_NAME"])


@cache
def _dead_letters() -> DeadLetterOperations:
    urls = TypeAdapter(dict[str, QueueUrls]).validate_python(json.loads(os.environ["DEAD_LETTER_QUEUES"]))
    queues = MessageQueues(client("sqs"), client("logs"), os.environ["LOG_GROUP"])
    return DeadLetterOperations(queues, urls, _cases())


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


@api.route("GET /dead-letters", "operate", response=DeadLetterQueues)
def list_dead_letter_queues(call: Call) -> DeadLetterQueues:
    """List the dead-letter queues with the approximate number of their messages."""
    return DeadLetterQueues(queues=_dead_letters().list_queues())


@api.route("GET /dead-letters/{queue}/messages", "operate", query=MessagesQuery, response=DeadLetters)
def list_dead_letters(call: Call) -> DeadLetters:
    """Show messages of a dead-letter queue, with why, when and how often they failed. None is removed."""
    return DeadLetters(messages=_dead_letters().list_messages(call.path["queue"], call.query.limit))


@api.route("POST /dead-letters/{queue}/redrive", "operate", body=RedriveBody, response=Redriven, keyed=True)
def redrive_dead_letters(call: Call) -> Reply:
    """Move messages back to the queue that they came from; none is left when the list is empty."""
    body: RedriveBody = call.body
    queue, operations = call.path["queue"], _dead_letters()

    def redrive() -> Redriven:
        if body.message_id is not None:
            return Redriven(message_ids=operations.redrive_message(queue, body.message_id))
        return Redriven(message_ids=operations.redrive(queue, body.limit))

    return _keys().reply(call, Redriven, redrive)


@api.route(
    "POST /dead-letters/{queue}/messages/{message_id}/drop", "operate", body=DropBody, response=Dropped
)
def drop_dead_letter(call: Call) -> Dropped:
    """Remove a message. A resolved case keeps its content, the note and who dropped it."""
    return _dead_letters().drop(
        call.path["queue"], call.path["message_id"], call.body.note, call.caller.username
    )
