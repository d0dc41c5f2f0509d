"""The command line: `stepfunctions-local start | validate | test | history`."""

import argparse
import sys
from collections.abc import Sequence

from ..errors import StoreError
from . import history, start, test, validate
from .errors import CommandError

_COMMANDS = (start, validate, test, history)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    parsed = _parser().parse_args(arguments)
    try:
        status: int = parsed.run(parsed)
    except (CommandError, StoreError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="stepfunctions-local", description="AWS Step Functions on one machine."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_parser(commands)
    return parser
