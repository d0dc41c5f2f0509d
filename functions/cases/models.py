"""What a workflow says when it parks a case."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Opening(BaseModel):
    """A parked workflow. side: compensation, steps that could not be undone; inquiry, a provider that cannot
    say what it did; forward, a step after the pivot.

    step is the first of steps; error and cause as Step Functions gave them; execution is an ARN; the
    task token lets the workflow go on once the case is decided. asked is when the workflow asked, in an
    order that text sorts by: what was asked before the case's last opening came late.
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
