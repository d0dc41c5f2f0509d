"""From an operation's name and parameters to its answer, durable before it is given."""

import importlib
from collections.abc import Callable
from functools import cache
from typing import Any

from ..engine import Engine
from ..errors import ApiError, DefinitionError
from . import parameters

_MODULES = (
    "activities",
    "aliases",
    "callbacks",
    "executions",
    "map_runs",
    "state_machines",
    "tags",
    "versions",
    "test_state",
)

_TRACED = ("StartExecution", "StartSyncExecution")
_LONGEST_TRACE_HEADER = 256


@cache
def operation_named(name: str) -> Callable[..., Any] | None:
    """What performs an operation, or None. Modules are loaded until it is found, the dearest one last."""
    for module in _MODULES:
        operations: dict[str, Callable[..., Any]] = importlib.import_module(
            f".{module}", __package__
        ).OPERATIONS
        if name in operations:
            return operations[name]
    return None


async def dispatch(
    engine: Engine, operation: str, params: dict[str, Any], trace_header: str | None = None
) -> dict[str, Any]:
    """An operation's answer. Raises ApiError.

    `trace_header` is the caller's own X-Ray trace: an execution it starts, giving none, goes on with that.
    """
    if trace_header is not None and operation in _TRACED and len(trace_header) <= _LONGEST_TRACE_HEADER:
        params.setdefault("traceHeader", trace_header)
    perform = operation_named(operation)
    if perform is None:
        raise ApiError("UnknownOperationException", f"Unknown operation: {operation}")
    parameters.check(operation, params)
    try:
        result = perform(engine, params)
        response: dict[str, Any] = result if isinstance(result, dict) else await result
    except DefinitionError as wrong:
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{wrong}'") from None
    await engine.store.committed()
    return response
