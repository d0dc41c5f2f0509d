"""Dispatch of operations: validate the request, perform it, and wait until it is durable."""

import importlib
from collections.abc import Callable
from functools import cache
from typing import Any

from ..engine import Engine
from ..errors import ApiError, DefinitionError
from . import parameters
from .access import check_account
from .session import Session

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
_MAX_TRACE_HEADER = 256


@cache
def operation_named(name: str) -> Callable[..., Any] | None:
    """Return the function of an operation, or None. Modules are imported in order, the slowest one last."""
    for module in _MODULES:
        operations: dict[str, Callable[..., Any]] = importlib.import_module(
            f".{module}", __package__
        ).OPERATIONS
        if name in operations:
            return operations[name]
    return None


async def dispatch(
    engine: Engine,
    operation: str,
    params: dict[str, Any],
    trace_header: str | None = None,
    account: str | None = None,
    *,
    by_task: bool = False,
) -> dict[str, Any]:
    """Perform an operation and return its response. Raises ApiError.

    `trace_header` is the caller's X-Ray trace header, which an execution inherits unless the request has one.
    `account` is the account of the caller's credentials, by default the engine's. `by_task` says that the caller is
    a task, whose account is that of its role.
    """
    if trace_header is not None and operation in _TRACED and len(trace_header) <= _MAX_TRACE_HEADER:
        params.setdefault("traceHeader", trace_header)
    perform = operation_named(operation)
    if perform is None:
        raise ApiError("UnknownOperationException", f"Unknown operation: {operation}")
    parameters.check(operation, params)
    params = _without_nulls(params)
    if account is not None:
        # Roles of tasks may be of another account than the engine's machines: they are not checked here.
        check_account(operation, params, account, *((engine.config.account,) if by_task else ()))
    engine.retention.apply()
    try:
        result = perform(Session(engine, account or engine.config.account), params)
        response: dict[str, Any] = result if isinstance(result, dict) else await result
    except DefinitionError as error:
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{error}'") from None
    await engine.store.committed()
    return response


def _without_nulls(value: Any) -> Any:
    """Return params without the members that are null: they count as missing."""
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
