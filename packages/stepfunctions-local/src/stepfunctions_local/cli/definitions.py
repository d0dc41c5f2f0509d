"""Definition files of the commands, with the placeholders of AWS SAM's DefinitionSubstitutions."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import CommandError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that apply to definition files."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="Value of the placeholder ${NAME}; may be repeated.",
    )
    parser.add_argument(
        "--type", choices=["STANDARD", "EXPRESS"], default="STANDARD", help="Type of the state machine."
    )


def read(path: Path, substitutions: list[str]) -> str:
    """Return a definition with its placeholders replaced. Raises CommandError, OSError."""
    text = path.read_text()
    for substitution in substitutions:
        name, separator, value = substitution.partition("=")
        if not separator:
            raise CommandError(f"--set must be NAME=VALUE; got '{substitution}'")
        text = text.replace(f"${{{name}}}", json.dumps(value)[1:-1])
    return text


def task_states(definition: str) -> set[str]:
    """Return the names of the Task states of a definition, those in branches and item processors too."""
    try:
        return set(_task_states(json.loads(definition)))
    except ValueError:
        # The diagnostics say where the text is not JSON.
        return set()


def _task_states(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _task_states(item)
    elif isinstance(value, dict):
        states = value.get("States")
        if isinstance(states, dict):
            yield from (name for name, state in states.items() if _is_task(state))
        for item in value.values():
            yield from _task_states(item)


def _is_task(state: Any) -> bool:
    return isinstance(state, dict) and state.get("Type") == "Task"
