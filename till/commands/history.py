"""`till history`: the states of an execution, with attempts, errors and compensations."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from till.commands.execution import UNKNOWN
from till.errors import OperatorError, operator_errors
from till.output import lines, out, print_json, print_table, styled
from till.stack import Stack, find_stack

if TYPE_CHECKING:
    from till.history import Visit
    from till.services.executions import Execution, Executions

MARKS = {
    "pivot": ("◆ ", "bold magenta"),
    "compensation": ("↩ ", "yellow"),
    "case": ("! ", "bold red"),
    "forward": ("", "green"),
    "inquiry": ("? ", "cyan"),
}
COLUMNS = ("at>", "took>", "state!", "tries>", "events!", "what happened")
FOLLOW_SECONDS = (0.5, 4.0)
"""The first pause between two looks at a running execution, and the longest."""
MOST_CHILDREN = 500
"""Children that --html writes into the page: failed ones first."""


def history(
    order_or_execution: Annotated[str, typer.Argument(help="An order's id or an execution's ARN.")],
    io: Annotated[
        bool, typer.Option("--io", help="Show each state's input, variables and output, secrets masked.")
    ] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Continue until the execution ends.")] = False,
    children: Annotated[bool, typer.Option("--children", help="Show child executions of Maps too.")] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write a self-contained page with graph and timeline.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every event as JSON.")] = False,
) -> None:
    """Show the states of an execution with their attempts, errors and compensations.

    Marks: ◆ pivot; ↩ compensation; ? inquiry; ! case. The events column has the id of the event before the
    state's first event, and the ids of its own. A cancelled order has two executions, which are both shown;
    with --json the first names the later ones.

    Examples:

        till order place docs/examples/order.json --id ord-1 --wait

        till history ord-1 --io

        till history ord-1 --html order.html

        till history "$(till order place docs/examples/order.json --json | jq -r .execution_arn)" --json
    """
    from till.services.executions import Executions

    stack = find_stack()
    if follow and (as_json or html):
        raise OperatorError("--follow cannot be combined with --json or --html.", "Use --follow alone.")
    executions = Executions(stack)
    with operator_errors(UNKNOWN):
        arns = executions.find(order_or_execution)
        loaded = [] if follow else [executions.load(arn) for arn in arns]
    if follow:
        with operator_errors(UNKNOWN):
            _follow(executions, arns[-1], io)
    elif html is not None:
        _write_pages(executions, loaded, html)
    elif as_json:
        first = _document(loaded[0])
        print_json(first | {"later_executions": [one.arn for one in loaded[1:]]})
    else:
        for one in loaded:
            _print(one, io)
            if children:
                _print_children(executions, one, io)


def show(stack: Stack, execution_arn: str) -> None:
    """Print one execution as `till history` does."""
    from till.services.executions import Executions

    _print(Executions(stack).load(execution_arn), io=False)


def _document(execution: Execution) -> dict[str, Any]:
    from till.history import compensated

    visits = execution.visits
    return {
        "execution_arn": execution.arn,
        "status": execution.description["status"],
        "started": execution.description["startDate"],
        "stopped": execution.description.get("stopDate"),
        "compensated_steps": compensated(visits),
        "states": [vars(visit) for visit in visits],
        "events": execution.events,
    }


def _print(execution: Execution, io: bool) -> None:
    from tillflow.plurals import counted

    visits = execution.visits
    name = execution.arn.rsplit(":", 1)[-1]
    title = f"{execution.workflow} {name}  {execution.description['status']}"
    print_table(title, COLUMNS, [_row(visit) for visit in visits])
    if io:
        for visit in visits:
            _print_io(visit, execution)
    attempts = sum(visit.attempts for visit in visits)
    out.print(
        f"{counted(len(execution.events), 'event')}, {counted(len(visits), 'state')}, "
        f"{counted(attempts, 'task attempt')} · {execution.arn}",
    )


def _print_children(executions: Executions, execution: Execution, io: bool) -> None:
    for run in executions.map_runs(execution).values():
        for child in run:
            _print(executions.load(child["executionArn"]), io)


def _print_io(visit: Visit, execution: Execution) -> None:
    """Print what a visit got, assigned and returned. Long texts are printed whole, as the reader asked for them."""
    own = set(visit.events)
    for event in execution.events:
        if event["id"] not in own:
            continue
        entered, exited = (event.get(f"state{kind}EventDetails", {}) for kind in ("Entered", "Exited"))
        if "input" in entered:
            out.print(f"{visit.state} input: {_compact(entered['input'])}")
        for name, value in exited.get("assignedVariables", {}).items():
            out.print(f"{visit.state} ${name}: {_compact(value)}")
        if "output" in exited:
            out.print(f"{visit.state} output: {_compact(exited['output'])}")


def _compact(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text


def _follow(executions: Executions, arn: str, io: bool) -> None:
    """Print each visit once it has ended, until the execution has. The pause doubles while nothing happens."""
    printed = 0
    pause, longest = FOLLOW_SECONDS
    while True:
        execution = executions.load(arn)
        visits = execution.visits
        ended = execution.description["status"] != "RUNNING"
        ready = visits if ended else visits[: _finished(visits)]
        for visit in ready[printed:]:
            out.print(_line(visit))
            if io:
                _print_io(visit, execution)
        pause = FOLLOW_SECONDS[0] if len(ready) > printed else min(pause * 2, longest)
        printed = max(printed, len(ready))
        if ended:
            error = execution.description.get("error", "")
            out.print(f"{execution.description['status']} {error}".rstrip())
            return
        time.sleep(pause)


def _finished(visits: list[Visit]) -> int:
    """The number of visits before the first that has not ended."""
    return next((index for index, visit in enumerate(visits) if visit.exited is None), len(visits))


def _line(visit: Visit) -> Text:
    at, took, state, tries, _, happened = _row(visit)
    times = f" ({tries} tries)" if visit.attempts > 1 else ""
    happened = Text("; ").join(happened.split("\n"))
    return Text.assemble(f"{at:>12} {took:>10}  ", state, f"{times}: ", happened)


def _write_pages(executions: Executions, loaded: list[Execution], path: Path) -> None:
    """Write a page for each execution: the first into `path`, later ones next to it with a number."""
    from stepfunctions_local.web import execution_page

    for number, execution in enumerate(loaded, start=1):
        target = path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
        runs = executions.map_runs(execution)
        listed = [child for run in runs.values() for child in run]
        chosen = sorted(listed, key=lambda child: child["status"] == "SUCCEEDED")[:MOST_CHILDREN]
        page = execution_page(
            execution.definition,
            execution.description,
            execution.events,
            children={
                child["executionArn"]: _page_data(executions.load(child["executionArn"])) for child in chosen
            },
            map_runs=runs,
        )
        try:
            target.write_text(page, encoding="utf-8")
        except OSError as error:
            raise OperatorError(
                f"Cannot write {target}: {error.strerror}.", "Choose another file."
            ) from error
        out.print(f"Wrote {target}")
        if len(listed) > len(chosen):
            out.print(f"{len(listed) - len(chosen)} of {len(listed)} child executions are not in it.")


def _page_data(execution: Execution) -> dict[str, Any]:
    return {
        "definition": execution.definition,
        "execution": execution.description,
        "events": execution.events,
    }


def _row(visit: Visit) -> tuple[str, str, Text, str, str, Text]:
    mark, colour = MARKS.get(visit.side, ("", "default"))
    duration = "" if visit.exited is None else f"{visit.exited - visit.entered:.3f}s"
    result = lines([visit.result, *(styled(error, "red") for error in _counted(visit.errors))])
    return (
        f"+{visit.entered:.3f}s",
        duration,
        styled(f"{mark}{visit.state}", colour),
        str(visit.attempts or ""),
        f"{visit.previous} → {visit.events[0]}-{visit.events[-1]}",
        result,
    )


def _counted(errors: Iterable[str]) -> list[str]:
    """Return each error once, with how often it occurred."""
    return [f"{error} ({times} times)" if times > 1 else error for error, times in Counter(errors).items()]
