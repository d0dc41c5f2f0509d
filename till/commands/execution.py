"""`till execution`: list the workflows' executions, redrive a failed one, stop a running one."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from till import executions, workflows
from till.errors import OperatorError
from till.output import out, print_json, print_table
from till.stack import Stack, find_stack

app = typer.Typer(no_args_is_help=True, help="List, redrive and stop executions. `till history` shows one.")

Id = Annotated[str, typer.Argument(help="A business id, such as an order's, or an execution's ARN.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(
    workflow: Annotated[
        str | None, typer.Argument(help="A workflow, such as OrderCheckout; all without.")
    ] = None,
    status: Annotated[
        str | None, typer.Option(help="RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(help="Only those started in the last days.", min=1, max=365)
    ] = None,
    limit: Annotated[int, typer.Option(help="How many to list.", min=1, max=1000)] = 50,
    as_json: AsJson = False,
) -> None:
    """List executions, the newest first.

    Examples:

        till execution list

        till execution list OrderCheckout --status FAILED --days 1
    """
    since = None if days is None else datetime.now(UTC) - timedelta(days=days)
    found = executions.list_executions(find_stack(), workflow, status, since, limit)
    rows = [
        {
            "name": one["name"],
            "workflow": one["workflow"],
            "status": one["status"],
            "started": one["startDate"].astimezone(UTC).isoformat(timespec="milliseconds"),
            "seconds": _seconds(one),
            "execution_arn": one["executionArn"],
        }
        for one in found
    ]
    if as_json:
        print_json(rows)
    elif not rows:
        out.print("No executions.")
    else:
        columns = ("name!", "workflow!", "status!", "started!", "seconds>")
        print_table(
            "Executions", columns, [["" if v is None else v for v in list(row.values())[:5]] for row in rows]
        )


def _seconds(execution: dict[str, Any]) -> float | None:
    """How long an execution took; None while it runs."""
    if "stopDate" not in execution:
        return None
    seconds: float = (execution["stopDate"] - execution["startDate"]).total_seconds()
    return round(seconds, 3)


@app.command()
def redrive(execution: Id) -> None:
    """Restart a failed execution from the state that failed, with its variables.

    An execution that ended in a Fail state, such as a declined order, is not redriven: it would end there again. AWS
    allows a redrive for 14 days after the end.

    Example:

        till execution redrive ord-20261123T101500-5f0c1a2b
    """
    stack = find_stack()
    found = _latest(stack, execution)
    executions.redrive(stack, found)
    out.print(
        f"Redriving {found.description['name']}: see `till history {execution} --follow`.", soft_wrap=True
    )


@app.command()
def stop(
    execution: Id,
    reason: Annotated[str, typer.Option(help="Why; it is kept as the execution's cause.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Abort a running execution. Nothing is compensated: what it has done stays, and `till audit` names it.

    Example:

        till execution stop po-1 --reason "entered twice" --yes
    """
    stack = find_stack()
    found = _latest(stack, execution)
    if not yes:
        typer.confirm("Nothing is compensated. Stop it?", abort=True)
    executions.stop(stack, found, reason)
    out.print(f"Stopped {found.description['name']}.", soft_wrap=True)


def _latest(stack: Stack, execution: str) -> executions.Execution:
    """The execution that was started last for a business id."""
    described = workflows.find(stack, execution)
    if not described:
        raise OperatorError(f"No workflow has run for {execution}.", "")
    return executions.load(stack, described[-1]["executionArn"])
