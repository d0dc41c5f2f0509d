"""Run the SAM CLI of the project's environment against the local AWS."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

_QUOTED_LINES = 15


class DeployFailed(RuntimeError):
    """A build or deployment that failed; the message has the reason."""


class SamProcess:
    """A `sam` command in a process of its own, which runs in `folder` and writes sam-COMMAND.log there.

    It ends with this process, even when that is killed.
    """

    def __init__(
        self, folder: Path, project: Path, command: str, options: list[str], environment: dict[str, str]
    ) -> None:
        self.command = command
        self._log = folder / f"sam-{command}.log"
        # sam leaves an empty temporary folder for each package.
        self._temporary = TemporaryDirectory(prefix=f"sam-{command}-", dir=folder)
        config = ["--config-file", str(project / "samconfig.toml"), "--config-env", "local"]
        with self._log.open("wb") as log:
            sam = [sys.executable, "-m", "till.sam_cli", command, *config, *options]
            self._process = subprocess.Popen(
                [sys.executable, "-m", "till.process_group", str(os.getpid()), *sam],
                # sam keeps dependencies in the working folder and deletes those of other builds.
                cwd=folder,
                env=_environment() | environment | {"TMPDIR": self._temporary.name},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A group of its own: `stop` ends its children too.
                start_new_session=True,
                # The process inherits the lock of builds, which is then held until sam has ended.
                close_fds=False,
            )

    def wait(self) -> bool:
        """Wait for the end of the process and return whether it succeeded."""
        code = self._process.wait()
        self._temporary.cleanup()
        return code == 0

    def stop(self) -> None:
        """End the process, if it runs, with its children."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
        self.wait()

    def failure(self, reasons: list[str]) -> DeployFailed:
        """Return the error of the command with these reasons; without any, with the first error of its output."""
        reasons = reasons or _error_lines(self._log.read_text(errors="replace").strip().splitlines())
        return DeployFailed("\n".join([f"`sam {self.command}` failed:", *reasons]))


def _environment() -> dict[str, str]:
    environment = os.environ | {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.2"}
    environment.pop("AWS_PROFILE", None)
    # The makefiles of packages compile with the first python3.13 on PATH: the project's.
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
    return environment


def _error_lines(lines: list[str]) -> list[str]:
    """Return sam's output from its first error on; its last lines if there is none."""
    first = next((number for number, line in enumerate(lines) if line.startswith("Error:")), None)
    return lines[-_QUOTED_LINES:] if first is None else lines[first:][:_QUOTED_LINES]
