"""Aliases of functions that route a share of the invocations to a second version.

Source: the Lambda Developer Guide, "Implement Lambda canary deployments using a weighted alias".
"""

from __future__ import annotations

import contextvars
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ministack.services import lambda_svc

type Record = dict[str, Any]

_is_read: contextvars.ContextVar[bool] = contextvars.ContextVar("alias_is_read", default=False)


def chosen_version(function: Record | None, qualifier: str | None) -> str | None:
    """Return the version that an invocation of a weighted alias runs; None for any other qualifier."""
    alias = ((function or {}).get("aliases") or {}).get(qualifier) or {}
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights")
    if not weights:
        return None
    position = random.random()  # noqa: S311
    for version, weight in weights.items():
        position -= float(weight)
        if position < 0:
            return str(version)
    return str(alias["FunctionVersion"])


def install_alias_weights() -> None:
    """Choose a version for every trigger; `_invoke` resolves aliases itself (see `functions`)."""
    resolve = lambda_svc._effective_func_record_for_qualifier

    def resolve_weighted(
        function: Record | None, qualifier: str | None
    ) -> tuple[Record | None, Record | None]:
        version = None if _is_read.get() else chosen_version(function, qualifier)
        resolved: tuple[Record | None, Record | None] = resolve(function, version or qualifier)
        return resolved

    lambda_svc._effective_func_record_for_qualifier = resolve_weighted


@contextmanager
def main_version() -> Iterator[None]:
    """Resolve aliases to their main version, as requests that read a configuration do."""
    token = _is_read.set(True)
    try:
        yield
    finally:
        _is_read.reset(token)
