"""Executions of the workflows, as AWS's API describes them, with secrets masked."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

type ExecutionStatus = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"]


class ExecutionSummary(BaseModel):
    """One row of a list. `workflow` is the logical id of its state machine; `seconds` is null while it runs."""

    name: str
    workflow: str
    status: ExecutionStatus
    started: datetime
    seconds: float | None
    execution_arn: str


class ExecutionDetail(BaseModel):
    """An execution with its definition and whole history: what the execution inspector takes."""

    definition: dict[str, Any]
    execution: dict[str, Any]
    events: list[dict[str, Any]]
