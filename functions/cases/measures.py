"""Metrics of cases: how many are opened at which step, and how old a case is when a person decides it."""

from datetime import datetime

from aws_lambda_powertools.metrics import MetricUnit, single_metric
from tillflow.times import utc_now

from cases.models import Opening


def measure_opening(opening: Opening) -> None:
    """Count an opened case, for the alarm, and by its step."""
    with single_metric("CasesOpened", MetricUnit.Count, 1) as metric:
        metric.add_metadata("case_id", opening.case_id)
        metric.add_metadata("business_id", opening.business_id)
    with single_metric("CasesOpenedByStep", MetricUnit.Count, 1) as metric:
        metric.add_dimension("workflow", opening.workflow)
        metric.add_dimension("step", opening.step)


def measure_decision(workflow: str, opened_at: str) -> None:
    """Record the age of a case that was decided: the time since it was last opened."""
    age = utc_now() - datetime.fromisoformat(opened_at)
    with single_metric("CaseAge", MetricUnit.Seconds, max(0, round(age.total_seconds()))) as metric:
        metric.add_dimension("workflow", workflow)
