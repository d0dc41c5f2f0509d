"""The examples in the help of every command, by command."""

import re
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from till.main import app

NO_EXAMPLE = {"down", "status", "reset"}
"""Commands without arguments that act on the local AWS."""


def _examples(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, list[str]]]:
    for name, inner in getattr(command, "commands", {}).items():
        yield from _examples(inner, (*path, name))
    if not hasattr(command, "commands"):
        _, _, text = (command.help or "").partition("Example")
        lines = text.partition("\n")[2].replace("|\n", "|").replace("&&\n", "&&").splitlines()
        yield " ".join(path), [line.strip() for line in lines if line.strip()]


TREE: Any = get_command(app)
"""The command tree; it takes a moment to build."""

EXAMPLES = dict(_examples(TREE))
"""The lines of the examples; one that ends with a pipe includes the next."""


def commands_of(line: str) -> list[str]:
    """Return the commands of till in a line of shell, with a value in place of what the shell inserts."""
    inserted = re.findall(r"\$\((till [^|)]*)", line)
    rest = re.sub(r'"?\$\([^)]*\)"?', "2026-12-01", line)
    parts = (
        re.fullmatch(r"\s*(?:\S+=\S+ |xargs -I \S+ )*(till .*)", part) for part in re.split(r"[|>]|&&", rest)
    )
    return inserted + [part[1] for part in parts if part]
