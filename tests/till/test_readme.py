"""The README's table of commands, and what the commands' help says of it, agree with the commands."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.examples import TREE
from till.defaults import CURRENCY, CURRENCY_VARIABLE, LOCATION, LOCATION_VARIABLE
from till.main import app

README = (Path(__file__).parents[2] / "README.md").read_text()
VARIABLES = {"--currency": (CURRENCY, CURRENCY_VARIABLE), "--location": (LOCATION, LOCATION_VARIABLE)}


def commands(group: Any = TREE, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name, command in getattr(group, "commands", {}).items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def documented() -> Iterator[str]:
    """Yield the commands of the table: a row names the first whole, the others by their last word."""
    for row in re.findall(r"^\| (`till .*?) \| ", README, re.M):
        group = ""
        for name in re.findall(r"`(?:till )?([a-z -]+?)(?: --[a-z]+| [A-Z ]+)*`", row):
            group, _, last = name.rpartition(" ") if f"`till {name}" in row else (group, "", name)
            yield f"{group} {last}".strip()


def test_readme_lists_every_command() -> None:
    assert sorted(documented()) == sorted(name for name, _ in commands())


@pytest.mark.parametrize("option", VARIABLES)
def test_variable_replaces_each_default_of_the_demo_shop(option: str) -> None:
    default, variable = VARIABLES[option]
    options = [
        (name, parameter.envvar)
        for name, command in commands()
        for parameter in command.params
        if option in parameter.opts and parameter.default == default
    ]
    assert len(options) > 3
    assert [one for one in options if one[1] != variable] == []


def test_amount_is_in_the_currency_of_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.testing._get_command", lambda _: TREE)
    result = CliRunner().invoke(app, ["gift-card", "issue", "5.50"], env={CURRENCY_VARIABLE: "JPY"})
    assert "at most 0 decimals in JPY" in result.output


@pytest.mark.parametrize(
    "group", [name for name, group in TREE.commands.items() if hasattr(group, "commands")]
)
def test_help_of_a_group_that_names_its_commands_names_all(group: str) -> None:
    inner = TREE.commands[group].commands
    _, colon, listed = TREE.commands[group].help.partition(": ")
    words = set(re.findall(r"[a-z]+", listed))
    if colon and len(words & set(inner)) > 1:
        assert [name for name in inner if not set(name.split("-")) & words] == []
