"""Commands are imported when they are used."""

import json
import subprocess
import sys

import pytest
from typer.main import get_command

from till.main import COMMANDS, app

HEAVY = {
    "PIL",
    "audit",
    "boto3",
    "botocore",
    "local_aws",
    "pydantic",
    "samcli",
    "stepfunctions_local",
    "tillflow",
}
TREE = get_command(app)


def imported(*arguments: str) -> set[str]:
    """Return the top modules and those of `till` that a command imports, in a process of its own."""
    program = (
        "import json, sys\n"
        "from till.main import app\n"
        "sys.argv = ['till', *sys.argv[1:]]\n"
        "try:\n    app()\n"
        "except SystemExit:\n    pass\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    modules = json.loads(done.stderr.splitlines()[-1])
    return {name if name.startswith("till.") else name.partition(".")[0] for name in modules}


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ()], ids=str)
def test_help_imports_no_command_and_nothing_that_commands_need(arguments: tuple[str, ...]) -> None:
    modules = imported(*arguments)
    assert modules & HEAVY == set()
    assert {name for name in modules if name.startswith("till.commands")} == set()


def test_command_imports_its_own_module_alone() -> None:
    modules = imported("order", "--help")
    commands = {name for name in modules if name.startswith("till.commands.")}
    assert "till.commands.order" in commands
    assert not commands & {"till.commands.image", "till.commands.demo", "till.commands.stack"}


def test_help_of_no_command_imports_what_commands_need_to_run() -> None:
    program = (
        "import json, sys\n"
        "from typer.main import get_command\n"
        "from till.main import COMMANDS, app\n"
        "commands = get_command(app).commands\n"
        "def tops():\n    return {name.partition('.')[0] for name in sys.modules}\n"
        "imported = {}\n"
        "for name in COMMANDS:\n"
        "    before = tops()\n"
        "    commands[name]\n"
        "    imported[name] = sorted(tops() - before)\n"
        "print(json.dumps(imported))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    imported = json.loads(done.stdout)
    assert list(imported) == list(COMMANDS)
    assert {name: found for name, modules in imported.items() if (found := HEAVY & set(modules))} == {}


def test_help_of_a_command_is_printed_without_them() -> None:
    assert imported("order", "place", "--help") & HEAVY == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_listed_help_is_that_of_the_command(name: str) -> None:
    command = TREE.commands[name]  # type: ignore[attr-defined]
    assert command.name == name
    assert " ".join(command.help.split("\n\n")[0].split()) == COMMANDS[name].help


def test_misspelt_command_suggests_another_without_importing_it() -> None:
    assert "till.commands.order" not in imported("oder")
