"""Run a local AWS in the foreground until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
from pathlib import Path

from .errors import CannotStart
from .server import serve
from .settings import DEFAULT_PORT
from .state_folder import StateFolder


def main() -> int:
    parser = argparse.ArgumentParser(prog="local-aws", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="Port on 127.0.0.1 (default %(default)s)."
    )
    parser.add_argument(
        "--state-dir",
        type=Path,
        default=Path(".local-aws"),
        help="Folder of the stack's state (default %(default)s).",
    )
    parser.add_argument(
        "--lambda-python",
        type=Path,
        default=Path(sys.executable),
        help="Python of an environment with boto3 and awslambdaric, for Lambda handlers (default: this one).",
    )
    parser.add_argument("--with-parent", type=int, metavar="PID", help="Stop when this process ends (Linux).")
    options = parser.parse_args()
    if options.with_parent:
        _stop_with_parent(options.with_parent)
    try:
        serve(StateFolder(options.state_dir.resolve()), options.port, lambda_python=options.lambda_python)
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except OSError as error:
        prefix = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"{prefix}{error.strerror or error}.\n")
        return CannotStart.exit_code
    return 0


def _stop_with_parent(parent: int) -> None:
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
    if os.getppid() != parent:
        raise SystemExit("The parent process has ended.")


if __name__ == "__main__":
    sys.exit(main())
