"""The nightly start of a reconciliation. Scheduled with a function, because a schedule cannot name an execution."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.times import utc_now

from payments.reconciliation import rules
from payments.reconciliation.models import StartedDay
from payments.reconciliation.operations import ReconciliationOperations

_operations = ReconciliationOperations(
    client("dynamodb"), client("stepfunctions"), os.environ["TABLE_NAME"], os.environ["RECONCILIATION_ARN"]
)


@handler
def start_reconciliation(event: dict[str, Any], context: object) -> StartedDay:
    """Start the reconciliation of the newest day that is over, once."""
    day = rules.newest_settled(utc_now()).isoformat()
    return {"run_id": day, "execution_arn": _operations.start(day).arn}
