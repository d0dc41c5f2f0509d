"""README and the deployment guide name every command and every parameter."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from till.main import app
from tools.template.document import read

ROOT = Path(__file__).parents[2]
ALWAYS_LOCAL = {"Endpoint", "LocalPort"}


def test_readme_lists_every_command() -> None:
    assert set(documented((ROOT / "README.md").read_text())) == set(commands(typer.main.get_command(app)))


def test_deployment_guide_lists_every_parameter() -> None:
    parameters = set(read((ROOT / "template.yaml").read_text())["Parameters"])
    section = (ROOT / "docs" / "deploy.md").read_text().partition("## Parameters")[2].partition("\n## ")[0]
    named = {
        name
        for row in section.splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    assert named == parameters - ALWAYS_LOCAL


def documented(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the commands of the table: the first of a row's cell has its noun, the others their verb alone."""
    for row in text.splitlines():
        if not row.startswith("| `till "):
            continue
        noun: tuple[str, ...] = ()
        for command in re.findall(r"`([^`]+)`", row.split("|")[1]):
            words = tuple(word for word in command.split() if word == word.lower() and word[0] != "-")
            if words[0] == "till":
                *noun_words, verb = words[1:]
                noun = tuple(noun_words)
            else:
                (verb,) = words
            yield (*noun, verb)


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, inner in getattr(command, "commands", {}).items():
        if hasattr(inner, "commands"):
            yield from commands(inner, (*path, name))
        else:
            yield (*path, name)
