"""One execution environment: a process under AWS's runtime client that runs one invocation at a time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import service_errors
from .environment import layer_search_path, sandbox_environment
from .model import Credentials, Function, LogEvent, Outcome, Request
from .output import OutputPipe, platform_event, report_line
from .packages import PackageStore, PublicPaths
from .processes import Launch, Process, ProcessStarter
from .runtime_api import HandlerResult, RuntimeApi

# AWS limits the Init phase to 10 s and then repeats it within the function's timeout. A machine that starts many
# sandboxes on two cores is slower than AWS.
INIT_TIMEOUT = 30.0

# A sandbox is not used when the credentials of its role expire within this many seconds.
_CREDENTIAL_MARGIN = 300.0

# How often the memory of a process with an invocation is checked.
_MEMORY_CHECK_SECONDS = 0.05

type LogSink = Callable[[str, str, list[LogEvent]], None]
type CredentialSource = Callable[[str, str], Awaitable[Credentials]]


@dataclass(frozen=True, slots=True)
class Platform:
    """What all sandboxes of one runner share.

    `runtime_python` is the interpreter of an environment with awslambdaric and boto3;
    `credentials` assumes a role (ARN, session name); `logs` takes (group, stream, events); `processes` starts them.
    """

    runtime_python: Path
    endpoint_url: str
    packages: PackageStore
    credentials: CredentialSource
    logs: LogSink
    processes: ProcessStarter = field(default_factory=ProcessStarter)


class InitFailed(Exception):
    """A sandbox that did not start; `payload` is the response to the invocation that needed it."""

    def __init__(self, payload: bytes, events: list[LogEvent]) -> None:
        super().__init__(payload.decode())
        self.payload = payload
        self.events = events


class Sandbox:
    """Call `start` once, `invoke` while `usable`, then `end`. Belongs to one event loop."""

    def __init__(self, function: Function, platform: Platform) -> None:
        self.function = function
        self.idle_since = time.monotonic()
        self._platform = platform
        self._stream = _log_stream_name(function)
        self._process: Process | None = None
        self._exit: asyncio.Task[int] | None = None
        self._credentials_end = 0.0
        self._init_ms: float | None = None
        self._init_events: list[LogEvent] = []
        self._out_of_memory = False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def usable(self) -> bool:
        alive = self._exit is not None and not self._exit.done()
        return alive and time.time() < self._credentials_end - _CREDENTIAL_MARGIN

    async def start(self) -> None:
        """Start the runtime and wait for its first poll.

        Raise InitFailed with Lambda's payload when the handler cannot be imported, the runtime exits or takes
        too long, or the role cannot be assumed.
        """
        started = time.perf_counter()
        role = self.function.role_arn
        try:
            credentials, (task_root, opt) = await asyncio.gather(
                self._platform.credentials(role, self.function.name), asyncio.to_thread(self._unpack)
            )
        except PermissionError as error:
            raise InitFailed(service_errors.cannot_assume_role(role, str(error)), []) from error
        self._credentials_end = credentials.expires
        python = self._platform.runtime_python
        runtimes = (python.parent.parent, python.resolve().parent.parent)
        self._paths = PublicPaths(task_root, opt, runtimes)
        self._scratch = Path(tempfile.mkdtemp(prefix="sandbox-"))
        self._output = OutputPipe()
        self._api = RuntimeApi(self.function)
        await self._api.open()
        await self._spawn(credentials, task_root, opt)
        assert self._exit is not None
        ends: set[asyncio.Future[Any]] = {self._api.ready, self._exit}
        done, _ = await asyncio.wait(ends, timeout=INIT_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        if self._api.ready not in done:
            raise await self._init_failure(exited=bool(done))
        self._init_ms = (time.perf_counter() - started) * 1000
        self._init_events = [platform_event(f"INIT_START Runtime Version: {self.function.runtime}")]
        self._init_events += self._output.take()

    def _unpack(self) -> tuple[Path, Path | None]:
        packages, function = self._platform.packages, self.function
        return packages.task_root(function.code), packages.opt(function.layers)

    async def _spawn(self, credentials: Credentials, task_root: Path, opt: Path | None) -> None:
        function, python = self.function, self._platform.runtime_python
        environment = sandbox_environment(
            function,
            runtime_api=self._api.address,
            endpoint_url=self._platform.endpoint_url,
            credentials=credentials,
            runtime_dir=python.parent.parent,
            task_root=task_root,
            opt=opt,
            scratch=self._scratch,
            log_stream=self._stream,
        )
        layers = layer_search_path(opt, function.runtime)
        launch = Launch(python, function.handler, task_root, layers, environment, self._output.write_end)
        try:
            self._process = await self._platform.processes.start(launch)
        finally:
            self._output.child_started()
        self._exit = asyncio.create_task(self._process.wait())

    async def _init_failure(self, *, exited: bool) -> InitFailed:
        assert self._process is not None
        if not exited:
            payload = service_errors.timed_out(str(uuid.uuid4()), INIT_TIMEOUT)
        elif self._api.init_error is not None:
            payload = self._api.init_error
        else:
            payload = service_errors.exited(str(uuid.uuid4()), self._process.returncode or 0)
        events = self._public(self._output.take())
        await self.end()
        return InitFailed(self._paths.hide(payload), events)

    async def invoke(self, request: Request) -> Outcome:
        """Run one invocation until its response, its timeout or the end of the process."""
        assert self._exit is not None
        function, request_id = self.function, request.request_id
        init_ms, self._init_ms = self._init_ms, None
        events, self._init_events = self._init_events, []
        # Output of the handler's threads between invocations comes first.
        events += self._output.take()
        events.append(platform_event(f"START RequestId: {request_id} Version: {function.version}"))
        started = time.perf_counter()
        response = self._api.deliver(request, int((time.time() + function.timeout) * 1000))
        await self._until_ended(response, function.timeout)
        duration_ms = (time.perf_counter() - started) * 1000
        used = function.memory if self._out_of_memory else min(_memory(self.pid, "VmHWM:"), function.memory)
        payload, failed, status = await self._conclude(request_id, response)
        if failed:
            payload = self._paths.hide(payload)
        events += self._output.take() if status is None else self._final_output
        if status == "timeout":
            stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            events.append(
                platform_event(f"{stamp} {request_id} Task timed out after {function.timeout:.2f} seconds")
            )
            duration_ms = function.timeout * 1000
        elif status == "error":
            reason = service_errors.exit_reason(self._exit.result())
            events.append(platform_event(f"RequestId: {request_id} Error: {reason}\nRuntime.ExitError"))
        events.append(platform_event(f"END RequestId: {request_id}"))
        events.append(
            platform_event(
                report_line(
                    request_id,
                    duration_ms=duration_ms,
                    memory=function.memory,
                    used=used,
                    init_ms=init_ms,
                    trace_header=request.trace_header,
                    status=status,
                    error_type=self._error_type() if status == "error" else None,
                )
            )
        )
        events = self._public(events)
        self._platform.logs(function.log_group, self._stream, events)
        self.idle_since = time.monotonic()
        log = "\n".join(event.message for event in events)
        return Outcome(payload, "Unhandled" if failed else None, log, duration_ms, init_ms)

    def _public(self, events: list[LogEvent]) -> list[LogEvent]:
        """Return events with AWS's folders."""
        return [replace(event, message=self._paths.hide_text(event.message)) for event in events]

    async def _until_ended(self, response: asyncio.Future[HandlerResult], timeout: float) -> None:
        """Wait for the response, the exit or the timeout; kill a process that uses more memory than it has."""
        assert self._exit is not None
        deadline = time.monotonic() + timeout
        ends: set[asyncio.Future[Any]] = {response, self._exit}
        while (remaining := deadline - time.monotonic()) > 0:
            done, _ = await asyncio.wait(
                ends, timeout=min(remaining, _MEMORY_CHECK_SECONDS), return_when=asyncio.FIRST_COMPLETED
            )
            if done:
                return
            if sum(_memory(pid, "RssAnon:") for pid in _descendants(self.pid)) > self.function.memory:
                self._out_of_memory = True
                self.kill()
                await self._exit
                return

    def _error_type(self) -> str:
        return "Runtime.OutOfMemory" if self._out_of_memory else "Runtime.ExitError"

    async def _conclude(
        self, request_id: str, response: asyncio.Future[HandlerResult]
    ) -> tuple[bytes, bool, str | None]:
        """Return the payload, whether it is an error, and the status of the REPORT line where Lambda has one."""
        assert self._exit is not None
        if response.done():
            if response.result().ends_runtime:
                self.kill()
                await self._exit
            return response.result().payload, response.result().failed, None
        crashed = self._exit.done()
        self._final_output: list[LogEvent] = []
        if not crashed:
            self.kill()
            await self._exit
        self._final_output = self._output.take()
        if crashed:
            payload, status = service_errors.exited(request_id, self._exit.result()), "error"
        else:
            payload, status = service_errors.timed_out(request_id, self.function.timeout), "timeout"
        return payload, True, status

    def kill(self) -> None:
        """Kill the process and its children: they have a process group of their own."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def end(self) -> None:
        """Kill the process and free its resources. Call once after `start`, even if that failed."""
        self.kill()
        if self._exit is not None:
            await self._exit
        self._api.close()
        self._output.close()
        await asyncio.to_thread(shutil.rmtree, self._scratch, ignore_errors=True)


def _memory(pid: int | None, field: str) -> int:
    """Return a size of a process in MiB, by its name in /proc; 0 where the system does not report it."""
    with contextlib.suppress(OSError, StopIteration, ValueError):
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in status if line.startswith(field)).split()[1]) // 1024
    return 0


def _descendants(pid: int | None) -> list[int]:
    """Return a process and the processes that it and its children have started."""
    if pid is None:
        return []
    processes = [pid]
    for parent in processes:
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{parent}/task").iterdir():
                processes += [int(child) for child in (thread / "children").read_text().split()]
    return processes


def _log_stream_name(function: Function) -> str:
    """Return a new name, which names the function where its log group may be shared.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
    """
    day, own, sandbox = f"{datetime.now(UTC):%Y/%m/%d}", f"/aws/lambda/{function.name}", uuid.uuid4().hex
    if function.log_group == own:
        return f"{day}/[{function.version}]{sandbox}"
    return f"{day}/{function.name}[{function.version}][{sandbox}]"
