"""Commands of the AWS CLI in the documentation exist in the CLI of the project, with their options."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from awscli.clidriver import create_clidriver

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(
    r"(?:^|[`$(&|;] ?| {4})(?:till )?aws ([a-z][a-z0-9-]+) ([a-z][a-z0-9-]+)((?:\\\n|[^`\n])*)", re.M
)


def commands() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for document in DOCUMENTS:
        for service, operation, rest in COMMAND.findall(document.read_text()):
            own = re.split(r" [|&]|\baws ", rest)[0]
            yield service, operation, tuple(re.findall(r"--([a-z][a-z-]*)", own))


COMMANDS = sorted(set(commands()))


@pytest.fixture(scope="module")
def cli() -> Any:
    return create_clidriver().create_help_command()


def test_documentation_has_commands_of_the_cli() -> None:
    assert ("logs", "filter-log-events") in {command[:2] for command in COMMANDS}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_documented_command_exists(cli: Any, command: Any) -> None:
    service, operation, options = command
    of_service = cli.command_table[service].create_help_command().command_table
    assert operation in of_service, f"aws {service} {operation}"
    known = {*of_service[operation].arg_table, *cli.arg_table}
    assert set(options) - known == set()
