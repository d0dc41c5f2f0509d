"""Executions over HTTP: the data of the execution inspector, redrive and stop."""

import json
import os
from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field
from tillflow.api import Api, Call, PageQuery, Reply
from tillflow.aws import client
from tillflow.fields import QueryNumber
from tillflow.times import utc_now

from executions.models import (
    SALES,
    EventPage,
    ExecutionDetail,
    ExecutionProgress,
    ExecutionStatus,
    ExecutionSummary,
)
from executions.operations import ExecutionOperations

api = Api("executions")
handle = api.handle


class ExecutionQuery(PageQuery):
    """workflow: a logical id such as OrderCheckout; days: only those started in the last days.

    business_id: all executions that are named after it, on one page.
    """

    workflow: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9]{1,64}$")] = None
    status: ExecutionStatus | None = None
    days: Annotated[QueryNumber, Field(ge=1, le=90)] | None = None
    business_id: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_.-]{1,80}$")] = None


class ExecutionPage(BaseModel):
    """A page of executions, the newest first; next_cursor is null on the last page."""

    executions: list[ExecutionSummary]
    next_cursor: str | None


class EventsQuery(BaseModel):
    """after: only events after the one of this id."""

    model_config = ConfigDict(frozen=True)

    after: Annotated[QueryNumber, Field(ge=0, le=10**9)] = 0


class ChildPage(BaseModel):
    """A page of the executions of a distributed Map's run, as AWS's API returns them."""

    executions: list[dict[str, Any]]
    next_cursor: str | None


class StopBody(BaseModel):
    """Why an execution is stopped; it becomes the execution's cause."""

    model_config = ConfigDict(frozen=True)

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class Accepted(BaseModel):
    """What was asked for was begun."""

    execution_arn: str


@cache
def _executions() -> ExecutionOperations:
    return ExecutionOperations(client("stepfunctions"), json.loads(os.environ["WORKFLOWS"]))


@api.route("GET /executions", "operate", query=ExecutionQuery, response=ExecutionPage)
def list_executions(call: Call) -> ExecutionPage:
    """List executions, the newest first, a page at a time."""
    query: ExecutionQuery = call.query
    if query.business_id is not None:
        return ExecutionPage(executions=_executions().find_all(query.business_id), next_cursor=None)
    since = None if query.days is None else utc_now() - timedelta(days=query.days)
    page = _executions().list_executions(query.workflow, query.status, since, query.limit, call.after)
    return ExecutionPage(executions=page.rows, next_cursor=call.cursor(page.after))


@api.route("GET /executions/{execution}", "operate", response=ExecutionDetail)
def get_execution(call: Call) -> Reply:
    """Return an execution with its definition and history, secrets masked, by its name or ARN.

    An ended one has an ETag. Of a long history the first events are returned.
    """
    arn = _arn(call)
    etag = _executions().etag(arn)
    return Reply(None if etag and call.has(etag) else _executions().get(arn), etag=etag)


@api.route("GET /executions/{execution}/events", "operate", query=EventsQuery, response=EventPage)
def list_events(call: Call) -> EventPage:
    """List events of an execution, the oldest first, secrets masked: as many as a response holds."""
    return _executions().events(_arn(call), call.query.after)


@api.route("GET /executions/{execution}/progress", "manage", response=ExecutionProgress)
def get_progress(call: Call) -> ExecutionProgress:
    """Return how far an execution is: its status, and whether it waits for a callback."""
    return _executions().progress(_arn(call))


@api.route("GET /executions/{execution}/sale-progress", "read", response=ExecutionProgress)
def get_sale_progress(call: Call) -> ExecutionProgress:
    """Return how far the execution of a sale, a cancel, a return or an exchange is."""
    return _executions().progress(_arn(call), SALES)


@api.route("GET /map-runs/{map_run}/executions", "operate", query=PageQuery, response=ChildPage)
def list_children(call: Call) -> ChildPage:
    """List the executions of a distributed Map's run, a page at a time."""
    page = _executions().children(unquote(call.path["map_run"]), call.query.limit, call.after)
    return ChildPage(executions=page.rows, next_cursor=call.cursor(page.after))


@api.route("POST /executions/{execution}/redrive", "operate", response=Accepted, statuses=(202,), keyed=True)
def redrive_execution(call: Call) -> Reply:
    """Restart a failed execution from the state that failed."""
    arn, key = _arn(call), call.idempotency_key
    token = None if key is None else sha256(f"{call.caller.username} {key}".encode()).hexdigest()
    _executions().redrive(arn, token)
    return Reply(Accepted(execution_arn=arn), 202)


@api.route("POST /executions/{execution}/stop", "operate", body=StopBody, response=Accepted, statuses=(202,))
def stop_execution(call: Call) -> Reply:
    """Abort a running execution. Nothing is compensated. The same again changes nothing."""
    arn = _arn(call)
    _executions().stop(arn, f"{call.body.reason} ({call.caller.username})")
    return Reply(Accepted(execution_arn=arn), 202)


def _arn(call: Call) -> str:
    return _executions().find(unquote(call.path["execution"]))
