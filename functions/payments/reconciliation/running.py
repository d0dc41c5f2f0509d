"""Whether a workflow of an order runs. Asked only about orders whose tender is between two states."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from tillflow.executions import repeated_executions

MOST_REPEATED = 20
"""Executions of a workflow that had no effect and was started again, as `<order id>.<n>`, that are looked at."""


class RunningOrders:
    """Executions of orders. states: a Step Functions client; machines: the ARNs of their workflows."""

    def __init__(self, states: Any, machines: Sequence[str]) -> None:
        self._states = states
        self._machines = machines

    def is_running(self, order_id: str) -> bool:
        """Return whether an execution that may change the tenders of an order runs."""
        return any(self._runs(machine, order_id) for machine in self._machines)

    def _runs(self, machine: str, order_id: str) -> bool:
        executions = islice(repeated_executions(self._states, machine, order_id), MOST_REPEATED)
        return any(execution["status"] == "RUNNING" for execution in executions)
