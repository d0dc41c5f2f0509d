"""`till history`: what an execution did, state by state."""

from collections import Counter
from typing import Annotated, Any

import typer
from rich.markup import escape

from till import workflows
from till.history import Visit, compensated, sides, visits
from till.output import out, print_json, print_table
from till.stack import Stack, find_stack

MARKS = {
    "pivot": ("◆ ", "bold magenta"),
    "compensation": ("↩ ", "yellow"),
    "case": ("! ", "bold red"),
    "forward": ("", "green"),
    "inquiry": ("? ", "cyan"),
}


def history(
    order_or_execution: Annotated[str, typer.Argument(help="An order's id or an execution's ARN.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print every event as JSON.")] = False,
) -> None:
    """Show what an execution did: each state, its tries, its errors, and what was compensated.

    Marks: ◆ the pivot, after which there is no way back; ↩ a compensation; ? an inquiry; ! a case.
    The events column has the id of the event before the state's first, and the ids of its own. An order
    that was cancelled has two executions; both are shown, and with --json the first names the later ones.

    Examples:

        till history ord-20261123T101500-5f0c1a2b

        till history arn:aws:states:eu-west-1:000000000000:execution:OrderCheckout:ord-1 --json
    """
    stack = find_stack()
    executions = workflows.find(stack, order_or_execution)
    told = [_told(stack, execution) for execution in executions]
    if as_json:
        first = {**told[0], "states": [vars(visit) for visit in told[0]["states"]]}
        print_json(first | {"later_executions": [each["execution_arn"] for each in told[1:]]})
        return
    for each in told:
        _show(each)


def show(stack: Stack, execution_arn: str) -> None:
    """Print one execution as `till history` does."""
    _show(_told(stack, stack.client("stepfunctions").describe_execution(executionArn=execution_arn)))


def _told(stack: Stack, execution: dict[str, Any]) -> dict[str, Any]:
    arn = execution["executionArn"]
    recorded = workflows.events(stack, arn)
    definition = stack.client("stepfunctions").describe_state_machine_for_execution(executionArn=arn)
    found = visits(recorded, sides(definition["definition"]))
    return {
        "execution_arn": arn,
        "status": execution["status"],
        "started": execution["startDate"],
        "stopped": execution.get("stopDate"),
        "compensated_steps": compensated(found),
        "states": found,
        "events": recorded,
    }


def _show(told: dict[str, Any]) -> None:
    arn, found = told["execution_arn"], told["states"]
    print_table(
        f"{arn.rsplit(':', 1)[-1]}  {told['status']}",
        ("at>", "took>", "state!", "tries>", "events!", "what happened"),
        [_row(visit) for visit in found],
    )
    attempts = sum(visit.attempts for visit in found)
    out.print(
        f"{len(told['events'])} events, {len(found)} states, {attempts} task attempts · {arn}",
        highlight=False,
        soft_wrap=True,
    )


def _row(visit: Visit) -> tuple[str, ...]:
    mark, colour = MARKS.get(visit.side, ("", "default"))
    took = "" if visit.exited is None else f"{visit.exited - visit.entered:.3f}s"
    happened = "\n".join([visit.happened, *(f"[red]{escape(error)}[/]" for error in _counted(visit.errors))])
    return (
        f"+{visit.entered:.3f}s",
        took,
        f"[{colour}]{mark}{visit.state}[/]",
        str(visit.attempts or ""),
        f"{visit.previous} → {visit.events[0]}-{visit.events[-1]}",
        happened,
    )


def _counted(errors: list[str]) -> list[str]:
    """Each error once, with how often it came."""
    return [f"{error} ({times} times)" if times > 1 else error for error, times in Counter(errors).items()]
