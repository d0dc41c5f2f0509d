"""What the runner is asked to run and what it answers: plain values, no behaviour of their own."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Archive:
    """A function package or a layer: a zip known by its digest, read only when it has to be unpacked."""

    sha256: str
    read: Callable[[], bytes] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Function:
    """One published state of a Lambda function; two equal ones may share sandboxes.

    `timeout` is in seconds, `memory` in MiB. `layers` are in the order of the function's configuration:
    a later one overwrites an earlier one's files, as under /opt on AWS.
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
        """Identity across revisions: what a new revision replaces."""
        return self.arn, self.version

    @property
    def region(self) -> str:
        return self.arn.split(":")[3]


@dataclass(frozen=True, slots=True)
class Credentials:
    """A role's temporary credentials; `expires` is a Unix time in seconds."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires: float


@dataclass(frozen=True, slots=True)
class Request:
    """One invocation. `payload` is the event as JSON bytes; `invoked_arn` what the caller named, alias and all."""

    request_id: str
    payload: bytes
    invoked_arn: str | None = None
    trace_header: str | None = None
    client_context: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What AWS would answer: the payload as JSON bytes, and "Unhandled" when it is an error.

    `log` is everything the invocation wrote, platform lines included.
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


def new_trace_header(*, sampled: bool) -> str:
    """An X-Ray header for an invocation that came with none, as Lambda makes one."""
    root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return f"Root={root};Parent={secrets.token_hex(8)};Sampled={int(sampled)}"
