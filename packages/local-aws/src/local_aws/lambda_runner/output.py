"""The output of a sandbox by line, and the lines that the platform adds."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time

from .model import LogEvent

_CHUNK = 65536
_MAX_LINE = 262_144


class OutputPipe:
    """The pipe of a sandbox's standard output and error, in the order in which both were written.

    `write_end` is for the child. Belongs to one event loop.
    """

    def __init__(self) -> None:
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self._partial = b""
        self._events: list[LogEvent] = []
        asyncio.get_running_loop().add_reader(self._read_end, self._read)

    def child_started(self) -> None:
        """Close our copy of the write end, so that the pipe ends with the child."""
        os.close(self.write_end)

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            chunk = os.read(self._read_end, _CHUNK)
            if not chunk:
                asyncio.get_running_loop().remove_reader(self._read_end)
                return
            self._append(chunk)

    def _append(self, chunk: bytes) -> None:
        now = int(time.time() * 1000)
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        if len(self._partial) > _MAX_LINE:
            lines.append(self._partial)
            self._partial = b""
        for line in lines:
            # awslambdaric joins the lines of one record with \r, so that a stack trace stays one event.
            self._events.append(LogEvent(now, line.decode("utf-8", "replace").replace("\r", "\n")))

    def take(self) -> list[LogEvent]:
        """Return the events since the last call."""
        with contextlib.suppress(BlockingIOError, OSError):
            while chunk := os.read(self._read_end, _CHUNK):
                self._append(chunk)
        if self._partial:
            self._append(b"\n")
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._read_end)
        os.close(self._read_end)


def platform_event(message: str) -> LogEvent:
    return LogEvent(int(time.time() * 1000), message)


def report_line(
    request_id: str,
    *,
    duration_ms: float,
    memory: int,
    used: int,
    init_ms: float | None,
    trace_header: str | None,
    status: str | None,
    error_type: str | None,
) -> str:
    """Return the REPORT line with the fields of Lambda's; `memory` and `used` in MiB."""
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {duration_ms:.2f} ms",
        f"Billed Duration: {int(-(-(duration_ms + (init_ms or 0)) // 1))} ms",
        f"Memory Size: {memory} MB",
        f"Max Memory Used: {used} MB",
    ]
    if init_ms is not None:
        fields.append(f"Init Duration: {init_ms:.2f} ms")
    if status is not None:
        fields.append(f"Status: {status}")
    if error_type is not None:
        fields.append(f"Error Type: {error_type}")
    line = "\t".join([*fields, ""])
    if trace_header and "Sampled=1" in trace_header:
        root = trace_header.split(";")[0].removeprefix("Root=")
        line += f"\nXRAY TraceId: {root}\tSampled: true\t"
    return line
