"""`till demo` shows each workflow's results when they are there."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from typer.testing import CliRunner

from till.demo.model import Outcome, Report
from till.main import app


@dataclass
class Workflow:
    """The demo of a workflow with one scenario that ends as `actual`."""

    name: str
    steps: list[tuple[str, str]]
    actual: str = "PAID"
    scenarios: int = 1
    title: str = field(init=False)

    def __post_init__(self) -> None:
        self.title = self.name

    def run(self, stack: Any, ended: Report) -> list[Outcome]:
        self.steps.append(("run", self.name))
        ended("sold")
        return [Outcome("sold", f"demo-{self.name}", "arn:execution", "PAID", self.actual, [])]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    steps: list[tuple[str, str]] = []
    workflows = (Workflow("first", steps), Workflow("second", steps, actual="REJECTED"))
    monkeypatch.setattr("till.demo.PIPELINES", workflows)
    monkeypatch.setattr("till.commands.demo.find_stack", object)
    monkeypatch.setattr("till.commands.demo.show", lambda *_: None)
    monkeypatch.setattr("till.commands.demo.print_table", lambda title, *_: steps.append(("printed", title)))
    return steps


def test_results_of_a_workflow_are_printed_before_the_next_one_runs(steps: list[tuple[str, str]]) -> None:
    result = CliRunner().invoke(app, ["demo"])
    assert steps == [("run", "first"), ("printed", "first"), ("run", "second"), ("printed", "second")]
    assert (result.exit_code, "1 of 1 not as expected" in result.output) == (1, True)


def test_json_has_the_outcomes_of_all_workflows(steps: list[tuple[str, str]]) -> None:
    printed = json.loads(CliRunner().invoke(app, ["demo", "--json"]).stdout)
    assert {name: [one["actual"] for one in ended] for name, ended in printed.items()} == {
        "first": ["PAID"],
        "second": ["REJECTED"],
    }
