"""Where the local stack keeps what, and how to find the one that runs there."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

PROJECT = Path(__file__).parents[4]
REGION = "us-east-1"
ACCOUNT = "000000000000"
DEFAULT_PORT = 4566

# MiniStack's root user. Everything else is a role, with what its policies allow.
ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"  # noqa: S105 - the emulator's own published key, no secret

_HOME_VARIABLE = "TILLFLOW_HOME"
_PORT_VARIABLE = "TILLFLOW_PORT"

# Whoever asks whether a stack runs holds the lock for an instant: a starting stack is not refused for that.
_PROBED_FOR = 0.5


class CannotStart(RuntimeError):
    """The stack cannot run here; the message says why and what to do, in a sentence or two."""


class NeverReady(CannotStart):
    """A stack was started and did not come up: its log says more than the message."""


class StackInUse(CannotStart):
    """Another process runs on this folder."""


@dataclass(frozen=True, slots=True)
class RunningStack:
    """A local stack that has said it is ready: its process and its port on 127.0.0.1."""

    pid: int
    port: int

    @property
    def endpoint(self) -> str:
        return endpoint_url(self.port)


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one local stack; two stacks need two folders and two ports."""

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
    def log(self) -> Path:
        return self.path / "aws.log"

    @property
    def deployed(self) -> Path:
        """What was deployed last: see till.deploy."""
        return self.path / "deployed.json"

    @property
    def _running(self) -> Path:
        return self.path / "running.json"

    def prepare(self) -> None:
        for folder in (self.path, self.state, self.objects, self.scratch, self.packages):
            folder.mkdir(parents=True, exist_ok=True)

    def lock(self) -> IO[str]:
        """Hold the folder for this process until the file is closed. Raises StackInUse."""
        self.path.mkdir(parents=True, exist_ok=True)
        handle = (self.path / "lock").open("w")
        given_up = time.monotonic() + _PROBED_FOR
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > given_up:
                    handle.close()
                    raise StackInUse(
                        f"Another local stack runs on {self.path}: end it with `till down`."
                    ) from None
                time.sleep(0.005)
            else:
                return handle

    def announce(self, stack: RunningStack) -> None:
        scratch = self._running.with_suffix(".new")
        scratch.write_text(json.dumps(asdict(stack)))
        scratch.replace(self._running)

    def withdraw(self) -> None:
        self._running.unlink(missing_ok=True)

    def running(self) -> RunningStack | None:
        """The stack that runs on this folder, if one does: the lock tells, whatever a crash left behind."""
        try:
            with (self.path / "lock").open() as handle:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return None
        except BlockingIOError:
            pass
        except OSError:
            return None
        try:
            return RunningStack(**json.loads(self._running.read_text()))
        except (OSError, ValueError, TypeError):
            return None


def home(environ: Mapping[str, str] = os.environ) -> Home:
    """The project's own .local folder, or the one TILLFLOW_HOME names."""
    chosen = environ.get(_HOME_VARIABLE)
    return Home(Path(chosen).resolve() if chosen else PROJECT / ".local")


def port(environ: Mapping[str, str] = os.environ) -> int:
    """The port TILLFLOW_PORT names, or 4566. Raises CannotStart when it names none."""
    chosen = environ.get(_PORT_VARIABLE) or str(DEFAULT_PORT)
    if not (chosen.isascii() and chosen.isdigit() and 0 < int(chosen) < 65536):
        raise CannotStart(
            f"{_PORT_VARIABLE} is {chosen!r}; expected a port from 1 to 65535, for example {_PORT_VARIABLE}=4570."
        )
    return int(chosen)


def endpoint_url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def client_environment(stack: RunningStack) -> dict[str, str]:
    """What aws, sam and boto3 need to talk to a local stack."""
    return {
        "AWS_ENDPOINT_URL": stack.endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }
