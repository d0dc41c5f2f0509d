"""Definition files of the commands, with the placeholders of AWS SAM's DefinitionSubstitutions."""

import argparse
import json
from pathlib import Path

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
