"""Requests and responses of an import. A row's number is that of its record in the file; the header is record 1."""

from typing import Annotated, Literal, TypedDict

from pydantic import BaseModel, Field, StrictBool, StrictInt
from tillflow.fields import BusinessId, Record, Request

MAX_ROWS = 20_000
MAX_BYTES = 10 * 1024 * 1024
MAX_BATCH = 40
"""Rows of a batch, each a transaction of its own: a batch ends well within the timeout of its function."""
SHOWN_PROBLEMS = 100
"""Problems that a report has; the result file has all."""

type Verdict = Literal["created", "updated", "unchanged", "refused"]


class ImportRef(BaseModel):
    """The id of an import."""

    import_id: BusinessId


class StartImport(Record):
    """A request to import the uploaded file of this id. dry_run: report what would change, and change nothing."""

    import_id: BusinessId
    dry_run: StrictBool = False


class ImportRow(Record):
    """A row of the file: its number, and its cells by column."""

    row: Annotated[StrictInt, Field(ge=2, le=MAX_ROWS + 1)]
    cells: Annotated[dict[str, str], Field(max_length=200)]


class ImportBatch(Request):
    """Rows of an import that are applied together, in their order."""

    import_id: BusinessId
    rows: Annotated[tuple[ImportRow, ...], Field(min_length=1, max_length=MAX_BATCH)]


class RowProblem(TypedDict):
    """A cell that is not accepted: the row's number, the column, the value as it is shown, and what is accepted."""

    row: int
    sku: str
    field: str
    value: str
    accepted: str


class RowResult(TypedDict):
    """What became of a row, and why it was refused."""

    row: int
    sku: str
    verdict: Verdict
    problems: list[RowProblem]


class CheckedImport(TypedDict):
    """An import whose file was read. status: OPEN, or REJECTED for a file that no row is applied of."""

    import_id: str
    dry_run: bool
    status: Literal["OPEN", "REJECTED"]
    key: str
    version_id: str
    rows: int


class AppliedBatch(TypedDict):
    """The number of rows of a batch that were applied, or would be in a dry run."""

    import_id: str
    rows: int


class ClosedImport(TypedDict):
    """How many rows of an import had each verdict."""

    import_id: str
    dry_run: bool
    rows: int
    created: int
    updated: int
    unchanged: int
    refused: int


class ImportReport(BaseModel):
    """An import. status: RUNNING until all rows are applied, REJECTED for a file that no row was applied of, COMPLETE.

    problems: the first of them; result_url: of a CSV file with each row, for some minutes, once the import is complete.
    """

    import_id: str
    dry_run: bool
    status: Literal["RUNNING", "REJECTED", "COMPLETE"]
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    problems: list[RowProblem] = Field(default_factory=list)
    result_url: str | None = None


class SignedImport(BaseModel):
    """A form that uploads the file of an import: the client sends `fields`, then the field `file`, to `url`."""

    import_id: str
    url: str
    fields: dict[str, str]
