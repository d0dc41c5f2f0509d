"""The requests of the cases function, its response, and a case as people see it."""

from typing import Annotated, Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field

type Decision = Literal["retry", "done", "give_up"]
type CaseStatus = Literal["OPEN", "RESOLVED"]


class Opening(BaseModel):
    """A case that a workflow opens.

    side: the part of the workflow that failed: compensation, steps that could not be undone; inquiry, a provider
    that cannot report an outcome; forward, a step that could not be done.

    step is the first of steps; error and cause are as Step Functions returns them; execution is an ARN; the task
    token completes the workflow's wait. asked is the time of the request and its retry count, as text that sorts
    by time: a request older than the case's last one is ignored.
    """

    model_config = ConfigDict(frozen=True)

    case_id: Annotated[str, Field(min_length=1, max_length=256)]
    business_id: Annotated[str, Field(min_length=1)]
    workflow: Annotated[str, Field(min_length=1)]
    side: Literal["compensation", "inquiry", "forward"]
    step: Annotated[str, Field(min_length=1)]
    steps: tuple[str, ...] = ()
    error: str = ""
    cause: str = ""
    execution: str = ""
    asked: str = ""
    task_token: Annotated[str, Field(min_length=1)]


class Case(BaseModel):
    """A case as stored, without its task token. `opened` counts how often it was opened."""

    model_config = ConfigDict(frozen=True)

    case_id: str
    business_id: str
    workflow: str
    side: str
    step: str
    steps: tuple[str, ...]
    error: str
    cause: str
    execution: str
    status: CaseStatus
    opened: int
    first_opened_at: str
    opened_at: str
    decision: str | None = None
    note: str | None = None
    resolved_at: str | None = None


class OpenedCase(TypedDict):
    case_id: str
    status: CaseStatus


class Resolution(TypedDict):
    """The output of the workflow's wait."""

    decision: Decision
    note: str
