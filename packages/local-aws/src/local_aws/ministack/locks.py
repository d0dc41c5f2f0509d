"""Functions of MiniStack that run in one thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any


def locked(lock: threading.RLock, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that holds the lock while it runs."""

    @wraps(function)
    def run(*arguments: Any, **named: Any) -> Any:
        with lock:
            return function(*arguments, **named)

    return run
