"""`till demo`: run the scenarios of every workflow."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from till.commands.history import show
from till.output import err, lines, out, print_json, print_table, styled
from till.stack import Stack, find_stack

if TYPE_CHECKING:
    from till.demo import Outcome, Pipeline

_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    MofNCompleteColumn(),
    TextColumn("{task.fields[last]}"),
)


def demo(
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcomes as JSON, by workflow.")] = False,
) -> None:
    """Run all scenarios on the deployment and compare their results with the expected ones.

    Several workflows run at the same time. Shows the history of one execution of each, a compensated one if there is
    one. New ids and separate stock make it repeatable. Exit 1 if a result differs.

    Examples:

        till demo

        till demo --json | jq '.order_checkout[] | {scenario, actual}'
    """
    from till.demo import PIPELINES
    from till.demo.runner import run_pipelines

    stack = find_stack()
    outcomes: dict[str, list[Outcome]] = {}
    progress = Progress(*_COLUMNS, console=err, transient=True)
    bar = progress.add_task("Scenarios", total=sum(one.scenarios for one in PIPELINES), last="")

    def advance(pipeline: Pipeline, scenario: str) -> None:
        progress.update(bar, advance=1, last=f"{pipeline.title}: {scenario}")

    with closing(run_pipelines(stack, PIPELINES, advance)) as results:
        for pipeline, ended in _with_progress(results, progress):
            outcomes[pipeline.name] = ended
            if not as_json:
                _show(stack, pipeline.title, ended)
    if as_json:
        print_json({name: [outcome.document() for outcome in ended] for name, ended in outcomes.items()})
    if not all(outcome.as_expected for ended in outcomes.values() for outcome in ended):
        raise typer.Exit(1)


def _with_progress[T](results: Iterator[T], progress: Progress) -> Iterator[T]:
    """Yield the results; the progress is shown while the next one is waited for, not while one is printed."""
    while True:
        with progress:
            try:
                result = next(results)
            except StopIteration:
                return
        yield result


def _show(stack: Stack, title: str, outcomes: list[Outcome]) -> None:
    """Print a row per scenario and result, then the history of a compensated execution."""
    rows = []
    for scenario, group in groupby(outcomes, key=lambda outcome: outcome.scenario):
        alike: dict[tuple[str, str], list[Outcome]] = {}
        for outcome in group:
            alike.setdefault((outcome.expected, outcome.actual), []).append(outcome)
        for (expected, actual), members in alike.items():
            count = f"{len(members)} × " if len(members) > 1 else ""
            ended = (
                styled("as expected", "green")
                if expected == actual
                else styled(f"{count}{actual}", "bold red")
            )
            rows.append(
                (
                    scenario,
                    count + expected,
                    ended,
                    lines(members[0].compensated_steps),
                    members[0].business_id,
                )
            )
    print_table(title, ("scenario", "expected", "actual", "compensated", "order!"), rows)
    wrong = sum(not outcome.as_expected for outcome in outcomes)
    if wrong:
        out.print(styled(f"{wrong} of {len(outcomes)} not as expected", "red"))
    else:
        out.print(styled(f"{len(outcomes)} of {len(outcomes)} as expected", "green"))
    example = next((outcome for outcome in outcomes if outcome.compensated_steps), outcomes[0])
    out.print(f"Example: till history {shlex.quote(example.business_id)}")
    show(stack, example.execution_arn)
    out.print()
