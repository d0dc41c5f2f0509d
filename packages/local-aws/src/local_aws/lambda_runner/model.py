"""Functions, requests and outcomes: plain values."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Archive:
    """A function package or a layer: a zip identified by its digest, read only to unpack it."""

    sha256: str
    read: Callable[[], bytes] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Function:
    """One revision of a Lambda function; equal ones may share sandboxes.

    `timeout` is in seconds, `memory` in MiB. `layers` are in the order of the function's configuration:
    files of a later one overwrite those of an earlier one, as under /opt on AWS.
    """

    arn: str
    name: str
    version: str
    handler: str
    runtime: str
    role_arn: str
    timeout: int
    memory: int
    code: Archive
    layers: tuple[Archive, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    log_group: str = ""
    traced: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Identity across revisions: a new revision replaces the one with the same key."""
        return self.arn, self.version

    @property
    def region(self) -> str:
        return self.arn.split(":")[3]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Temporary credentials of a role; `expires` is a Unix time in seconds."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires: float


@dataclass(frozen=True, slots=True)
class Request:
    """One invocation. `payload` is the event as JSON bytes; `invoked_arn` is the caller's, with its qualifier."""

    request_id: str
    payload: bytes
    invoked_arn: str | None = None
    trace_header: str | None = None
    client_context: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The response of AWS: the payload as JSON bytes, and "Unhandled" when it is an error.

    `log` is the output of the invocation, with the lines of the platform.
    """

    payload: bytes
    function_error: str | None = None
    log: str = ""
    duration_ms: float = 0.0
    init_ms: float | None = None


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One CloudWatch Logs event; `timestamp` in milliseconds."""

    timestamp: int
    message: str


class Throttled(Exception):
    """An invocation that could not start in time. Nothing of it has run."""


def new_trace_header(*, sampled: bool) -> str:
    """Return an X-Ray header for an invocation without one."""
    root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return f"Root={root};Parent={secrets.token_hex(8)};Sampled={int(sampled)}"
