"""Whether a workflow of an order runs, over executions that were started again."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from payments.reconciliation.running import RunningOrders

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:OrderCancel"


class Executions:
    """Answer DescribeExecution from the statuses of executions by name."""

    def __init__(self, statuses: dict[str, str]) -> None:
        self._statuses = statuses

    def describe_execution(self, executionArn: str) -> dict[str, Any]:
        name = executionArn.rsplit(":", 1)[1]
        if name not in self._statuses:
            raise ClientError({"Error": {"Code": "ExecutionDoesNotExist"}}, "DescribeExecution")
        return {"status": self._statuses[name]}


@pytest.mark.parametrize(
    ("statuses", "running"),
    [
        pytest.param({}, False, id="none"),
        pytest.param({"sale-1": "RUNNING"}, True, id="first"),
        pytest.param({"sale-1": "SUCCEEDED"}, False, id="ended"),
        pytest.param({"sale-1": "FAILED", "sale-1.2": "RUNNING"}, True, id="after-a-failure"),
        pytest.param({"sale-1": "SUCCEEDED", "sale-1.2": "RUNNING"}, True, id="after-one-without-effect"),
        pytest.param({"sale-1": "SUCCEEDED", "sale-1.2": "SUCCEEDED"}, False, id="both-ended"),
        pytest.param({"sale-10": "RUNNING"}, False, id="of-another-order"),
    ],
)
def test_an_execution_that_was_started_again_is_seen(statuses: dict[str, str], running: bool) -> None:
    assert RunningOrders(Executions(statuses), [MACHINE]).is_running("sale-1") is running
