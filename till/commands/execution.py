"""`till execution`: list the workflows' executions, redrive a failed one, stop a running one."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from till.errors import operator_errors
from till.numbers import number_option
from till.output import confirm, out, print_json, print_table, timestamp
from till.stack import Stack, find_stack

if TYPE_CHECKING:
    from executions.models import ExecutionSummary

app = typer.Typer(no_args_is_help=True, help="List, redrive and stop executions. `till history` shows one.")

Id = Annotated[str, typer.Argument(help="A business id, such as an order's, or an execution's ARN.")]


UNKNOWN = "Give the id of an order or the ARN of an execution; `till execution list` lists them."


class Status(StrEnum):
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(
    workflow: Annotated[
        str | None, typer.Argument(help="A workflow, such as OrderCheckout; all without.")
    ] = None,
    status: Annotated[Status | None, typer.Option(help="Only those of this status.")] = None,
    days: Annotated[
        int | None, number_option(help="Only those started in the last days.", min=1, max=90)
    ] = None,
    limit: Annotated[int, number_option(help="How many to list.", min=1, max=1000)] = 50,
    as_json: AsJson = False,
) -> None:
    """List executions, the newest first.

    Examples:

        till execution list

        till execution list OrderCheckout --status FAILED --days 1
    """
    from till.services.executions import Executions

    name = None if status is None else status.value
    with operator_errors("List the workflows with `till execution list --help`."):
        executions = Executions(find_stack()).list_executions(limit, workflow, name, days)
    if as_json:
        print_json([one.model_dump(mode="json") for one in executions])
    elif not executions:
        out.print("No executions.")
    else:
        columns = ("name!", "workflow!", "status!", "started!", "seconds>")
        print_table("Executions", columns, [_cells(one) for one in executions])


def _cells(execution: ExecutionSummary) -> tuple[object, ...]:
    seconds = "" if execution.seconds is None else execution.seconds
    return execution.name, execution.workflow, execution.status, timestamp(execution.started), seconds


@app.command()
def redrive(execution: Id) -> None:
    """Restart a failed execution from the state that failed, with its variables.

    An execution that ended in a Fail state, such as a declined order, is not redriven: it would end there again. AWS
    allows a redrive for 14 days after the end.

    Example:

        till purchase create --id po-1 --line COF-ESP-1KG=24@10.20 --supplier sup-roastery

        till execution stop po-1 --reason "stopped too early" --yes

        till execution redrive po-1
    """
    from till.services.executions import Executions

    stack = find_stack()
    arn = _latest(stack, execution)
    with operator_errors(f"See `till history {execution}`."):
        Executions(stack).redrive(arn)
    out.print(f"Redriving: see `till history {execution} --follow`.")


@app.command()
def stop(
    execution: Id,
    reason: Annotated[str, typer.Option(help="Why; it is kept as the execution's cause.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Abort a running execution. Nothing is compensated: what it has done stays, and `till audit` names it.

    Example:

        till purchase create --id po-2 --line COF-ESP-1KG=24@10.20 --supplier sup-roastery

        till execution stop po-2 --reason "entered twice" --yes
    """
    from till.services.executions import Executions

    stack = find_stack()
    arn = _latest(stack, execution)
    if not yes:
        confirm("Nothing is compensated. Stop it?")
    with operator_errors(f"See `till history {execution}`."):
        Executions(stack).stop(arn, reason)
    out.print(f"Stopped {execution}.")


def _latest(stack: Stack, execution: str) -> str:
    """The ARN of the execution that was started last for a business id."""
    from till.services.executions import Executions

    with operator_errors(UNKNOWN):
        return Executions(stack).find(execution)[-1]
