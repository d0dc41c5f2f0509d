"""The requests of the cases function, its response, and a case as people see it."""

from typing import Annotated, Any, Literal, TypedDict

from pydantic import BeforeValidator, Field
from tillflow.fields import Request

type Decision = Literal["retry", "done", "give_up"]
type CaseStatus = Literal["OPEN", "RESOLVED"]


def _storable(value: Any) -> Any:
    """Shorten a message, and replace what is not Unicode text: a case is opened whatever the message is."""
    if isinstance(value, str):
        return value[:MAX_MESSAGE].encode("utf-8", "replace").decode()
    return value


MAX_MESSAGE = 32_768
"""Step Functions keeps this many characters of an error's cause."""
CaseId = Annotated[str, Field(min_length=1, max_length=1100, pattern=r"^\P{Cc}+$")]
Text = Annotated[str, Field(min_length=1, max_length=1024, pattern=r"^\P{Cc}+$")]
Message = Annotated[str, BeforeValidator(_storable)]


class Failure(Request):
    """A step that failed, as Step Functions reports it. An error has no cause if its function did not respond."""

    step: Text
    error: Message
    cause: Message = ""


class Opening(Request):
    """A case that a workflow opens.

    side: the part of the workflow that failed: compensation, steps that could not be undone; inquiry, a provider
    that cannot report an outcome; forward, a step that could not be done.

    step is the first of steps; error and cause are as Step Functions returns them, failures those of every step if
    there are several; execution is an ARN; the task token completes the workflow's wait, and is NO_WORKFLOW if none
    waits. asked is the time of the request and its retry count, as text that sorts by time: a request older than the
    case's last one is ignored.
    """

    case_id: CaseId
    business_id: Text
    workflow: Text
    side: Literal["compensation", "inquiry", "forward"]
    step: Text
    steps: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    failures: Annotated[tuple[Failure, ...], Field(max_length=100)] = ()
    error: Message = ""
    cause: Message = ""
    execution: Annotated[str, Field(max_length=2048, pattern=r"^\P{Cc}*$")] = ""
    asked: Annotated[str, Field(max_length=200, pattern=r"^\P{Cc}*$")] = ""
    task_token: Annotated[str, Field(min_length=1, max_length=2048, pattern=r"^\P{Cc}+$")]


class CaseRef(Request):
    case_id: CaseId


class Case(Request):
    """A case as stored, without its task token. `opened` counts how often it was opened."""

    case_id: str
    business_id: str
    workflow: str
    side: str
    step: str
    steps: tuple[str, ...]
    failures: tuple[Failure, ...] = ()
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
    resolved_by: str | None = None


class OpenedCase(TypedDict):
    case_id: str
    status: CaseStatus


class Resolution(TypedDict):
    """The output of the workflow's wait."""

    decision: Decision
    note: str
