"""`validate`: report the diagnostics of definitions."""

import argparse
import sys
from pathlib import Path
from typing import Any

from ..validation import diagnose
from . import definitions


def add_parser(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "validate",
        help="Validate definitions.",
        description="Validate definitions as CreateStateMachine does.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="Definition in JSON.")
    parser.add_argument("--warnings", action="store_true", help="Also print warnings.")
    definitions.add_arguments(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the diagnostics and return 1 when a definition has errors."""
    failed = False
    for path in arguments.files:
        diagnostics = diagnose(definitions.read(path, arguments.set), arguments.type)
        errors = [item for item in diagnostics if item.severity == "ERROR"]
        failed = failed or bool(errors)
        for item in diagnostics if arguments.warnings else errors:
            sys.stdout.write(f"{path}: {item.severity.lower()}: {item}\n")
        if not errors:
            sys.stdout.write(f"{path}: valid\n")
    return 1 if failed else 0
