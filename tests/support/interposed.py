"""DynamoDB clients between a store and moto: they run an action before a call, serialise calls, or stop."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError


class Interposed:
    """A client that runs an action before chosen calls, once each, and counts the calls.

    `before("transact_write_items", action)` runs `action` before the next call; `nth` counts from now. An action
    that raises makes the call fail.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._plans: dict[str, dict[int, Callable[[], object]]] = defaultdict(dict)
        self.calls: Counter[str] = Counter()

    def before(self, operation: str, action: Callable[[], object], nth: int = 1) -> None:
        self._plans[operation][self.calls[operation] + nth] = action

    def __getattr__(self, operation: str) -> Any:
        real = getattr(self._client, operation)

        def call(**request: Any) -> Any:
            self.calls[operation] += 1
            action = self._plans[operation].pop(self.calls[operation], None)
            if action:
                action()
            return real(**request)

        return call if operation in self._client.meta.method_to_api_mapping else real


class TakingTurns:
    """A client for threads: each call is atomic, which moto's are not."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._turn = threading.Lock()

    def __getattr__(self, operation: str) -> Any:
        real = getattr(self._client, operation)
        if operation == "get_paginator":
            return lambda name: _Paginator(self, name)

        def call(**request: Any) -> Any:
            with self._turn:
                return real(**request)

        return call


class _Paginator:
    def __init__(self, client: Any, operation: str) -> None:
        self._call = getattr(client, operation)

    def paginate(self, **request: Any) -> Any:
        page = self._call(**request)
        yield page
        while "LastEvaluatedKey" in page:
            page = self._call(**request, ExclusiveStartKey=page["LastEvaluatedKey"])
            yield page


def conflict() -> None:
    """Raise DynamoDB's error for a concurrent transaction on the same row."""
    raise ClientError(
        {
            "Error": {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"},
            "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}],
        },  # type: ignore[typeddict-unknown-key]
        "TransactWriteItems",
    )


def throttled() -> None:
    """Raise DynamoDB's error for a throttled request."""
    raise ClientError(
        {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "TransactWriteItems"
    )


class Died(BaseException):
    """The Lambda process ended between two calls; no handler catches it."""


class Mortal:
    """A client whose process ends before its nth call."""

    def __init__(self, client: Any, dies_before: int | None = None) -> None:
        self._client = client
        self.dies_before = dies_before
        self.made = 0

    def __getattr__(self, operation: str) -> Any:
        real = getattr(self._client, operation)
        if operation == "get_paginator":
            return lambda name: _Paginator(self, name)

        def call(**request: Any) -> Any:
            if self.made + 1 == self.dies_before:
                self.dies_before = None
                raise Died
            self.made += 1
            return real(**request)

        return call
