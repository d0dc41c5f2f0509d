"""The cases function: store a workflow's case and raise the alarm."""

import os
from typing import Any

from aws_lambda_powertools.metrics import Metrics, MetricUnit
from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse

from cases.models import OpenedCase, Opening
from cases.store import CasesStore

store = CasesStore(client("dynamodb"), os.environ["TABLE_NAME"])
metrics = Metrics(service="cases")


@metrics.log_metrics
@handler
def open_case(event: dict[str, Any], context: Any) -> OpenedCase:
    """Open the case of ``{case_id, business_id, workflow, step, side, …, task_token}``.

    The workflow ignores the response: it waits for the callback. An alarm watches CasesOpened.
    """
    opening = parse(Opening, event)
    store.open(opening)
    # Also on a second delivery: the first may have ended before its metric. The case's own count is exact.
    metrics.add_metric("CasesOpened", MetricUnit.Count, 1)
    metrics.add_metadata("case_id", opening.case_id)
    metrics.add_metadata("business_id", opening.business_id)
    return {"case_id": opening.case_id, "status": "OPEN"}
