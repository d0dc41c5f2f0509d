"""The account and region of calls that no request has set."""

from __future__ import annotations

from contextlib import AbstractContextManager

from ministack.core.responses import request_scope

from ..settings import ACCOUNT, REGION


def default_scope() -> AbstractContextManager[None]:
    """Return a context in which MiniStack's stores are those of the default account and region."""
    scope: AbstractContextManager[None] = request_scope(ACCOUNT, REGION)
    return scope
