"""`till demo` runs workflows at the same time and shows their results in order."""

import json
from dataclasses import dataclass, field
from threading import Event
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from till.demo.model import Outcome, Report
from till.demo.runner import WORKERS, Interrupted, run_pipelines
from till.main import app
from till.stack import Stack


@dataclass
class Workflow:
    """The demo of a workflow with one scenario that ends as `actual`, once `waits_for` is set."""

    name: str
    steps: list[tuple[str, str]]
    actual: str = "PAID"
    waits_for: Event | None = None
    scenarios: int = 1
    title: str = field(init=False)
    has_ended: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.title = self.name

    def run(self, stack: Any, ended: Report) -> list[Outcome]:
        if self.waits_for is not None:
            assert self.waits_for.wait(10)
        self.steps.append(("run", self.name))
        self.has_ended.set()
        ended("sold")
        return [Outcome("sold", f"demo-{self.name}", "arn:execution", "PAID", self.actual, [])]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    steps: list[tuple[str, str]] = []
    second = Workflow("second", steps, actual="REJECTED")
    first = Workflow("first", steps, waits_for=second.has_ended)
    third = Workflow("third", steps, waits_for=first.has_ended)
    monkeypatch.setattr("till.demo.PIPELINES", (first, second, third))
    monkeypatch.setattr("till.commands.demo.find_stack", object)
    monkeypatch.setattr("till.commands.demo.show", lambda *_: None)
    monkeypatch.setattr("till.commands.demo.print_table", lambda title, *_: steps.append(("printed", title)))
    return steps


def test_results_of_workflows_that_run_at_the_same_time_are_printed_in_order(
    steps: list[tuple[str, str]],
) -> None:
    result = CliRunner().invoke(app, ["demo"])
    assert [name for step, name in steps if step == "run"] == ["second", "first", "third"]
    assert [name for step, name in steps if step == "printed"] == ["first", "second", "third"]
    assert (result.exit_code, "1 of 1 not as expected" in result.output) == (1, True)


def test_results_of_a_workflow_are_printed_while_a_later_one_runs(
    steps: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    is_printed = Event()
    workflows = (Workflow("first", steps), Workflow("second", steps, waits_for=is_printed))
    monkeypatch.setattr("till.demo.PIPELINES", workflows)
    monkeypatch.setattr("till.commands.demo.print_table", lambda *_: is_printed.set())
    assert CliRunner().invoke(app, ["demo"]).exit_code == 0


def test_json_has_the_outcomes_of_all_workflows(steps: list[tuple[str, str]]) -> None:
    printed = json.loads(CliRunner().invoke(app, ["demo", "--json"]).stdout)
    assert {name: [one["actual"] for one in ended] for name, ended in printed.items()} == {
        "first": ["PAID"],
        "second": ["REJECTED"],
        "third": ["PAID"],
    }


def test_workflows_stop_when_the_results_are_no_longer_wanted() -> None:
    steps: list[tuple[str, str]] = []
    is_closed, interrupted = Event(), Event()

    class Running(Workflow):
        def run(self, stack: Any, ended: Report) -> list[Outcome]:
            try:
                return super().run(stack, ended)
            except Interrupted:
                interrupted.set()
                raise

    running = [Running(f"running {number}", steps, waits_for=is_closed) for number in range(WORKERS)]
    waiting = Workflow("waiting", steps)
    results = run_pipelines(cast(Stack, None), [Workflow("first", steps), *running, waiting], lambda *_: None)
    assert next(results)[0].name == "first"
    results.close()
    is_closed.set()
    assert interrupted.wait(10)
    assert not waiting.has_ended.is_set()
