"""What the adapter needs of the engine it puts into MiniStack."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, Protocol

type Answer = dict[str, Any]


class StepFunctions(Protocol):
    """An engine callable from any thread. Operations are AWS's, in AWS's JSON shapes."""

    def submit(self, operation: str, params: Answer, trace_header: str | None = None) -> Future[Answer]:
        """Start an operation; the future raises ApiError for AWS's error answers.

        `trace_header` is the caller's X-Ray trace, for the execution it may start.
        """
        ...

    def call(self, operation: str, params: Answer) -> Answer:
        """`submit` and wait."""
        ...
