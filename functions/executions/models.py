"""Executions of the workflows, as AWS's API describes them, with secrets masked."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

type ExecutionStatus = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"]

SALES = ("OrderCheckout", "OrderCancel", "OrderReturn", "OrderExchange")
"""The workflows whose progress a cashier follows."""


class ExecutionSummary(BaseModel):
    """One row of a list. `workflow` is the logical id of its state machine; `seconds` is null while it runs."""

    name: str
    workflow: str
    status: ExecutionStatus
    started: datetime
    seconds: float | None
    execution_arn: str


class ExecutionDetail(BaseModel):
    """An execution with its definition and history: what the execution inspector takes.

    next_after: the id of the last event here, to read the others after it; null if there are no others.
    """

    definition: dict[str, Any]
    execution: dict[str, Any]
    events: list[dict[str, Any]]
    next_after: int | None = None


class EventPage(BaseModel):
    """Events of a history, the oldest first; next_after is null on the last page."""

    events: list[dict[str, Any]]
    next_after: int | None


class ExecutionProgress(BaseModel):
    """How far an execution is. waits: every running branch of it waits for a callback, such as a person's decision.

    output: JSON, null before the execution has succeeded; error and cause: null unless it failed.
    """

    execution_arn: str
    status: ExecutionStatus
    waits: bool
    started: datetime
    stopped: datetime | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
