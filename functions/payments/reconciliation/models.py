"""Requests and responses of the reconciliation, and what it compares. Amounts are integer minor units."""

from dataclasses import dataclass
from typing import Annotated, Literal, TypedDict

from pydantic import BaseModel, Field, StrictInt
from tillflow.fields import BusinessId, Day, Record, Request

from payments.models import Tender

type Stage = Literal["unsettled", "charges", "refunds", "tenders", "refunded"]
type Kind = Literal[
    "CaptureNotBooked",
    "CaptureMissing",
    "AmountsDiffer",
    "RefundNotBooked",
    "RefundMissing",
    "AuthorisationOpen",
]
type Accord = Literal["agreed", "unsettled", "foreign"]
type Verdict = Accord | Kind
type RunStatus = Literal["RUNNING", "COMPLETE"]

MAX_PAGES = 100_000


class OpenReconciliation(Request):
    """A request to compare a day, in UTC."""

    run_id: BusinessId
    day: Day


class Cursor(Record):
    """The position of a page: a list of one of the providers, or of ours, and the position in it."""

    stage: Stage
    provider: Annotated[str, Field(max_length=40)]
    after: Annotated[str, Field(max_length=2048)] = ""


class CursorDocument(TypedDict):
    """A Cursor as a workflow keeps it."""

    stage: Stage
    provider: str
    after: str


class ComparePage(Request):
    """A request to compare a page of a run. Pages are numbered from 1."""

    run_id: BusinessId
    page: Annotated[StrictInt, Field(ge=1, le=MAX_PAGES)]
    cursor: Cursor


class RunRef(Request):
    """A request about a run."""

    run_id: BusinessId


class DifferenceCase(TypedDict):
    """The request to open the case of a difference; see the cases service."""

    case_id: str
    business_id: str
    workflow: str
    side: Literal["forward"]
    step: str
    error: str
    cause: str
    task_token: str


class OpenedRun(TypedDict):
    """A run that was opened, and the position of its first page; None if no provider is outside this system."""

    run_id: str
    day: str
    cursor: CursorDocument | None


class ComparedPage(TypedDict):
    """The cases of a page's differences, and the position of the next page; None after the last one."""

    run_id: str
    differences: list[DifferenceCase]
    cursor: CursorDocument | None


class ClosedRun(TypedDict):
    """The counts of a run: charges and tenders compared, those in progress, of other systems, and the differences."""

    run_id: str
    day: str
    compared: int
    unsettled: int
    foreign: int
    differences: int


class Difference(BaseModel):
    """A difference of a run, with the id of its case."""

    case_id: str
    order_id: str
    kind: str
    description: str


class Reconciliation(BaseModel):
    """A run as people see it. Counts are null while it is in progress."""

    run_id: str
    day: str
    status: RunStatus
    opened_at: str
    completed_at: str | None = None
    compared: int | None = None
    unsettled: int | None = None
    foreign: int | None = None
    differences: int | None = None


class ReconciliationReport(Reconciliation):
    """A run with each of its differences and its case."""

    cases: list[Difference]


@dataclass(frozen=True, slots=True)
class BookedTender:
    """A tender as it is stored, and the time of its last change."""

    tender: Tender
    changed_at: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A charge at a provider by its reference, and the tender that it is for, as far as either is known."""

    provider: str
    reference: str
    order_id: str = ""
    tender_no: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """What comparing a subject resulted in; `case` of a difference."""

    subject: Subject
    verdict: Verdict
    case: DifferenceCase | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it is stored."""

    run_id: str
    day: str
    status: RunStatus


class StartedDay(TypedDict):
    """The execution that compares a day."""

    run_id: str
    execution_arn: str
