"""The folder of one local stack: its files, its lock, and the stack that runs on it."""

from __future__ import annotations

import fcntl
import json
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from .errors import StackInUse
from .settings import endpoint_url

# `running` takes the lock for an instant; `lock` retries for this many seconds before it raises.
_LOCK_RETRY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class RunningStack:
    """A stack that is ready: its process, its port on 127.0.0.1, and what it found inconsistent on start.

    `container_host` is the name or address at which containers reach it, None if they cannot.
    """

    pid: int
    port: int
    warnings: tuple[str, ...] = ()
    container_host: str | None = None

    @property
    def endpoint(self) -> str:
        return endpoint_url(self.port)

    @property
    def container_endpoint(self) -> str | None:
        """The URL of all services for containers of this machine."""
        return None if self.container_host is None else f"http://{self.container_host}:{self.port}"


@dataclass(frozen=True, slots=True)
class StateFolder:
    """The folder of one local stack. Two stacks need two folders and two ports."""

    path: Path

    @property
    def state(self) -> Path:
        return self.path / "state"

    @property
    def objects(self) -> Path:
        return self.path / "s3"

    @property
    def scratch(self) -> Path:
        return self.path / "tmp"

    @property
    def packages(self) -> Path:
        return self.path / "packages"

    @property
    def executions(self) -> Path:
        return self.path / "executions.sqlite"

    @property
    def journal(self) -> Path:
        return self.state / "services.sqlite"

    @property
    def log(self) -> Path:
        return self.path / "aws.log"

    @property
    def _running(self) -> Path:
        return self.path / "running.json"

    @property
    def _lock(self) -> Path:
        return self.path / "lock"

    def prepare(self) -> None:
        """Create the folder and its subfolders."""
        for folder in (self.path, self.state, self.objects, self.scratch, self.packages):
            folder.mkdir(parents=True, exist_ok=True)

    def lock(self) -> IO[str]:
        """Hold the folder for this process until the returned file is closed. Raise StackInUse."""
        self.path.mkdir(parents=True, exist_ok=True)
        handle = self._lock.open("w")
        deadline = time.monotonic() + _LOCK_RETRY_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > deadline:
                    handle.close()
                    raise StackInUse(f"Another local stack runs on {self.path}.") from None
                time.sleep(0.005)
            else:
                return handle

    def announce(self, stack: RunningStack) -> None:
        """Record the stack that runs on this folder, for `running`."""
        scratch = self._running.with_suffix(".new")
        scratch.write_text(json.dumps(asdict(stack)))
        scratch.replace(self._running)

    def withdraw(self) -> None:
        """Remove the record of `announce`."""
        self._running.unlink(missing_ok=True)

    def running(self) -> RunningStack | None:
        """Return the stack that runs on this folder, None if there is none.

        The lock decides, since the record of a stack that was killed remains.
        """
        try:
            with self._lock.open() as handle:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return None
        except BlockingIOError:
            pass
        except OSError:
            return None
        try:
            record = json.loads(self._running.read_text())
            return RunningStack(**record | {"warnings": tuple(record["warnings"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def clear(self) -> None:
        """Delete all state: services, objects, executions, packages, logs."""
        for folder in (self.state, self.objects, self.scratch, self.packages):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (self._running, self.log, self.log.with_suffix(".log.1")):
            file.unlink(missing_ok=True)
        for file in self.path.glob(f"{self.executions.name}*"):
            file.unlink()
