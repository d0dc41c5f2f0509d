"""Wait for an order: on its row, with backoff; Step Functions is asked rarely, because it allows few calls a second."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from till.errors import OperatorError
from till.output import err
from till.stack import Stack

if TYPE_CHECKING:
    from executions.models import ExecutionProgress
    from orders.models import Order

    from till.services.executions import Executions

Wait = Annotated[
    bool,
    typer.Option(
        "--wait", help="Wait for the result; exit 1 unless it is as asked, or if a person has to decide."
    ),
]
"""The option of every command that starts a workflow. Without it the command ends once the workflow has started."""

FIRST_PAUSE, RARE_PAUSE, LONGEST_PAUSE = 0.25, 1.0, 2.0
LONGEST_WAIT = 120.0


@contextmanager
def not_stopped(name: str, command: str) -> Iterator[None]:
    """Print the command that shows `name` if Ctrl-C ends this one: the workflow of `name` continues."""
    try:
        yield
    except KeyboardInterrupt:
        err.print(f"Ctrl-C ends this command, not {name}, which continues. See it with `{command}`.")
        raise


@contextmanager
def waiting_for(name: str, command: str) -> Iterator[None]:
    """Print the command that shows `name`, whose workflow has started, and a spinner while it is waited for.

    Both are on stderr: the result of --json stays JSON.
    """
    err.print(f"Waiting for {name}. To see it later: {command}")
    with not_stopped(name, command), err.status(f"Waiting for {name}"):
        yield


def wait_for_order(
    stack: Stack, order_id: str, execution: str, final: tuple[str, ...], longest: float = LONGEST_WAIT
) -> ExecutionProgress:
    """Wait until the order has a `final` status or needs an operator; return the progress of the execution.

    The execution is RUNNING if it waits for a case, its own or that of the order's checkout.
    """
    from till.services.executions import Executions
    from till.services.orders import Orders

    executions = Executions(stack)
    deadline, pause = time.monotonic() + longest, FIRST_PAUSE
    while True:
        order = Orders(stack).find(order_id)
        if (order and order.status in final) or pause >= RARE_PAUSE:
            progress = executions.progress(execution)
            if progress.status != "RUNNING":
                return progress
            if pause >= RARE_PAUSE and (progress.waits or _has_open_case(executions, order, execution)):
                return progress
        if time.monotonic() > deadline:
            raise OperatorError(
                f"{execution} is still running after {longest:.0f} seconds.",
                f"See its progress with `till history {order_id}`.",
            )
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def _has_open_case(executions: Executions, order: Order | None, execution: str) -> bool:
    """Return whether the checkout of an order waits for a callback: a case is open, or about to be.

    execution: another execution of the order. The checkout may have been deleted 90 days after its end.
    """
    from executions.errors import UnknownExecution

    if order is None or order.execution == execution:
        return False
    try:
        progress = executions.progress(order.execution)
    except UnknownExecution:
        return False
    return progress.waits
