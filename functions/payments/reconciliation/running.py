"""Whether a workflow of an order runs. Asked only about orders whose tender is between two states."""

from collections.abc import Sequence
from typing import Any

from tillflow.executions import FAILED, describe_execution, execution_arn

MOST_REPEATED = 20
"""Executions of a workflow that failed and was started again, as `<order id>.<n>`, that are looked at."""


class RunningOrders:
    """Executions of orders. states: a Step Functions client; machines: the ARNs of their workflows."""

    def __init__(self, states: Any, machines: Sequence[str]) -> None:
        self._states = states
        self._machines = machines

    def is_running(self, order_id: str) -> bool:
        """Return whether an execution that may change the tenders of an order runs."""
        return any(self._runs(machine, order_id) for machine in self._machines)

    def _runs(self, machine: str, order_id: str) -> bool:
        for number in range(1, MOST_REPEATED + 1):
            name = order_id if number == 1 else f"{order_id}.{number}"
            execution = describe_execution(self._states, execution_arn(machine, name))
            if execution is None or execution["status"] not in FAILED:
                return execution is not None and execution["status"] == "RUNNING"
        return False
