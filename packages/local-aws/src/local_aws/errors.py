"""Errors of starting and stopping a local stack. Each has an exit code, by which a parent process recognises it."""

from __future__ import annotations


class CannotStart(RuntimeError):
    """A stack that cannot start or stop; the message says why."""

    exit_code = 1


class NotReady(CannotStart):
    """A stack that was started and did not become ready; its log has the details."""


class StackInUse(CannotStart):
    """A state folder that another process holds."""

    exit_code = 3


class UnreadableState(CannotStart):
    """State on disk that cannot be read. It is left as it is."""

    exit_code = 4


class PortInUse(CannotStart):
    """A port that another program listens on."""

    exit_code = 5


def port_in_use(port: int) -> PortInUse:
    """Return the error for a port that another program listens on."""
    return PortInUse(f"Port {port} on 127.0.0.1 is in use by another program.")


_BY_EXIT_CODE = {error.exit_code: error for error in (StackInUse, UnreadableState, PortInUse)}


def error_of_exit_code(code: int) -> type[CannotStart]:
    """Return the error by which a stack's process exited; NotReady for an unknown code."""
    return _BY_EXIT_CODE.get(code, NotReady)
