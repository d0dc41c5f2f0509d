"""Wait for an order: on its row, with backoff; Step Functions is asked rarely, because it allows few calls a second."""

import time
from typing import Annotated, Any

import typer
from tillflow.executions import describe_execution

from till import workflows
from till.errors import OperatorError
from till.services.orders import Orders
from till.stack import Stack

Wait = Annotated[
    bool,
    typer.Option(
        "--wait", help="Wait for the result; exit 1 unless it is as asked, or if a person has to decide."
    ),
]
"""The option of every command that starts a workflow. Without it the command ends once the workflow has started."""

FIRST_PAUSE, RARE_PAUSE, LONGEST_PAUSE = 0.25, 1.0, 2.0
LONGEST_WAIT = 120.0


def wait_for_order(
    stack: Stack, order_id: str, execution: str, final: tuple[str, ...], longest: float = LONGEST_WAIT
) -> dict[str, Any]:
    """Wait until the order has a `final` status or needs an operator; return the description of the execution.

    The execution is RUNNING if it waits for a case, its own or that of the order's checkout.
    """
    deadline, pause = time.monotonic() + longest, FIRST_PAUSE
    while True:
        order = Orders(stack).find(order_id)
        if (order and order.status in final) or pause >= RARE_PAUSE:
            description = workflows.describe(stack, execution)
            if description["status"] != "RUNNING":
                return description
            waiting = {execution} | ({order.execution} if order else set())
            if pause >= RARE_PAUSE and any(_has_open_case(stack, arn) for arn in waiting):
                return description
        if time.monotonic() > deadline:
            raise OperatorError(
                f"{execution} is still running after {longest:.0f} seconds.",
                f"See its progress with `till history {order_id}`.",
            )
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def _has_open_case(stack: Stack, arn: str) -> bool:
    """Return whether an execution waits for a callback: a case is open, or about to be."""
    description = describe_execution(stack.client("stepfunctions"), arn)
    running = description is not None and description["status"] == "RUNNING"
    return running and workflows.waits_for_callback(stack, arn)
