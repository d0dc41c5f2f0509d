"""The metrics function: write what an event of the bus measures as metrics of CloudWatch.

A metric is a line of the log in CloudWatch's embedded metric format; no request is made.
"""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit, single_metric
from tillflow.handling import handler

from metrics.models import Recorded
from metrics.rules import measurements


@handler
def record_metrics(event: dict[str, Any], context: Any) -> Recorded:
    """Write the measurements of an EventBridge envelope."""
    measured = measurements(event)
    for each in measured:
        with single_metric(each.metric, MetricUnit(each.unit), each.value) as metric:
            for name, value in each.dimensions.items():
                metric.add_dimension(name, value)
    return {"measurements": len(measured)}
