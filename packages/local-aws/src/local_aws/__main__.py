"""`python -m local.aws`: run the local AWS in the foreground until it is told to stop."""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
from pathlib import Path

from .home import DEFAULT_PORT, CannotStart, Home, home
from .server import serve


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local_aws", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="port on 127.0.0.1 (default %(default)s)"
    )
    parser.add_argument(
        "--state-dir", type=Path, help="folder that keeps its state (default: the project's .local)"
    )
    parser.add_argument("--with-parent", type=int, metavar="PID", help="end when this process ends (Linux)")
    options = parser.parse_args()
    if options.with_parent:
        _end_with(options.with_parent)
    try:
        serve(Home(options.state_dir.resolve()) if options.state_dir else home(), options.port)
    except CannotStart as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"{where}{error.strerror or error}.\n")
        return 1
    return 0


def _end_with(parent: int) -> None:
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
    if os.getppid() != parent:
        raise SystemExit("The process that asked for this stack is gone.")


if __name__ == "__main__":
    sys.exit(main())
