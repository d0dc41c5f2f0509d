"""Every example in a command's help is a command line that its command accepts; tests/e2e runs them on a shop."""

import shlex
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.examples import EXAMPLES, NO_EXAMPLE, TREE, commands_of
from till.main import app

NO_HELP_OF_ITS_OWN = {"aws"}
"""Commands whose `--help` is that of another program."""


def test_every_command_has_an_example() -> None:
    assert {name for name, lines in EXAMPLES.items() if not lines} == NO_EXAMPLE


@pytest.mark.parametrize("name", sorted(EXAMPLES.keys() - NO_EXAMPLE))
def test_examples_are_accepted_by_their_commands(name: str) -> None:
    ran = [command for line in EXAMPLES[name] for command in commands_of(line)]
    assert any(command.startswith(f"till {name}") for command in ran)
    for command in ran:
        _, *words = shlex.split(command)
        found = TREE
        while hasattr(found, "commands"):
            found = found.commands[words.pop(0)]
        with CliRunner().isolation(input="Tillflow-2026\n" * 2):
            found.make_context(found.name, words)


@pytest.mark.parametrize("name", sorted(EXAMPLES.keys() - NO_EXAMPLE - NO_HELP_OF_ITS_OWN))
def test_help_prints_examples_unwrapped_in_a_narrow_terminal(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.testing._get_command", lambda _: TREE)
    printed = _printed(name)
    for line in EXAMPLES[name]:
        assert " ".join(line.split()) in printed.splitlines(), line
    assert _printed(name) == printed


def _printed(name: str) -> str:
    """Return a command's help in a narrow terminal; an example that continues on the next line is on one."""
    result: Any = CliRunner().invoke(app, [*name.split(), "--help"], env={"COLUMNS": "60"})
    assert result.exit_code == 0, result.output
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    return "\n".join(lines).replace("|\n", "| ").replace("&&\n", "&& ")
