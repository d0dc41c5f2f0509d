"""The cases function: keeps a parked workflow's case and raises the alarm."""

import os
from typing import Any

from aws_lambda_powertools.metrics import Metrics, MetricUnit
from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse

from cases.models import Opening
from cases.store import CasesStore

store = CasesStore(client("dynamodb"), os.environ["TABLE_NAME"])
metrics = Metrics(namespace="Tillflow", service="cases")


@metrics.log_metrics
@handler
def open_case(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{case_id, business_id, workflow, step, side, …, task_token}`` to ``{case_id, status}``.

    The answer goes nowhere: the workflow waits for the callback. An alarm watches CasesOpened.
    """
    opening = parse(Opening, event)
    store.open(opening)
    # Again on a second delivery: the first may have died before its alarm. The case counts exactly.
    metrics.add_metric("CasesOpened", MetricUnit.Count, 1)
    metrics.add_metadata("case_id", opening.case_id)
    metrics.add_metadata("business_id", opening.business_id)
    return {"case_id": opening.case_id, "status": "OPEN"}
