"""Every example in a command's help is a command line that its command accepts; tests/e2e runs them on a shop."""

import shlex

import pytest
from typer.testing import CliRunner

from tests.support.examples import EXAMPLES, NO_EXAMPLE, TREE, commands_of


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
