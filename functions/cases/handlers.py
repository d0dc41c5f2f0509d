"""The cases function: store a workflow's case and raise the alarm."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse

from cases.measures import measure_opening
from cases.models import OpenedCase, Opening
from cases.store import CasesStore

store = CasesStore(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def open_case(event: dict[str, Any], context: Any) -> OpenedCase:
    """Open the case of ``{case_id, business_id, workflow, step, side, …, task_token}``.

    The workflow ignores the response: it waits for the callback. An alarm watches CasesOpened.
    """
    opening = parse(Opening, event)
    store.open(opening)
    # Also on a second delivery: the first may have ended before its metric. The case's own count is exact.
    measure_opening(opening)
    return {"case_id": opening.case_id, "status": "OPEN"}
