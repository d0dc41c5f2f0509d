"""Run a local AWS in the foreground until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
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
    parser.add_argument(
        "--stop-with-input", action="store_true", help="Stop at the end of file of standard input."
    )
    options = parser.parse_args()
    if options.stop_with_input:
        threading.Thread(target=_stop_with_input, daemon=True).start()
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


def _stop_with_input() -> None:
    # Another process may hold the other end for its life only: its end, by SIGKILL too, is an end of file here.
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
