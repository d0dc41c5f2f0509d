"""`till history`: the states of an execution, with attempts, errors and compensations."""

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
    order_or_execution: Annotated[str, typer.Argument(help="Id of an order, or ARN of an execution.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print every event as JSON.")] = False,
) -> None:
    """Show the states of an execution with their attempts, errors and compensations.

    Marks: ◆ pivot; ↩ compensation; ? inquiry; ! case. The events column has the id of the event before the
    state's first event, and the ids of its own. A cancelled order has two executions, which are both shown;
    with --json the first names the later ones.

    Examples:

        till history ord-20261123T101500-5f0c1a2b

        till history arn:aws:states:eu-west-1:000000000000:execution:OrderCheckout:ord-1 --json
    """
    stack = find_stack()
    executions = workflows.find(stack, order_or_execution)
    reports = [_report(stack, execution) for execution in executions]
    if as_json:
        first = {**reports[0], "states": [vars(visit) for visit in reports[0]["states"]]}
        print_json(first | {"later_executions": [each["execution_arn"] for each in reports[1:]]})
        return
    for report in reports:
        _show(report)


def show(stack: Stack, execution_arn: str) -> None:
    """Print one execution."""
    _show(_report(stack, stack.client("stepfunctions").describe_execution(executionArn=execution_arn)))


def _report(stack: Stack, execution: dict[str, Any]) -> dict[str, Any]:
    arn = execution["executionArn"]
    events = workflows.events(stack, arn)
    definition = stack.client("stepfunctions").describe_state_machine_for_execution(executionArn=arn)
    entries = visits(events, sides(definition["definition"]))
    return {
        "execution_arn": arn,
        "status": execution["status"],
        "started": execution["startDate"],
        "stopped": execution.get("stopDate"),
        "compensated_steps": compensated(entries),
        "states": entries,
        "events": events,
    }


def _show(report: dict[str, Any]) -> None:
    arn, entries = report["execution_arn"], report["states"]
    print_table(
        f"{arn.rsplit(':', 1)[-1]}  {report['status']}",
        ("start>", "duration>", "state!", "attempts>", "events!", "result"),
        [_row(visit) for visit in entries],
    )
    attempts = sum(visit.attempts for visit in entries)
    out.print(
        f"{len(report['events'])} events, {len(entries)} states, {attempts} task attempts · {arn}",
        highlight=False,
        soft_wrap=True,
    )


def _row(visit: Visit) -> tuple[str, ...]:
    mark, colour = MARKS.get(visit.side, ("", "default"))
    duration = "" if visit.exited is None else f"{visit.exited - visit.entered:.3f}s"
    result = "\n".join([visit.result, *(f"[red]{escape(error)}[/]" for error in _counted(visit.errors))])
    return (
        f"+{visit.entered:.3f}s",
        duration,
        f"[{colour}]{mark}{visit.state}[/]",
        str(visit.attempts or ""),
        f"{visit.previous} → {visit.events[0]}-{visit.events[-1]}",
        result,
    )


def _counted(errors: list[str]) -> list[str]:
    """Return each error once, with its number."""
    return [f"{error} ({times} times)" if times > 1 else error for error, times in Counter(errors).items()]
