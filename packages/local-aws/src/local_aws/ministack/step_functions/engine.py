"""What the adapter calls of the Step Functions engine."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, Protocol


class StepFunctions(Protocol):
    """An engine that is callable from any thread, with AWS's operations in AWS's JSON shapes."""

    def submit(
        self,
        operation: str,
        params: dict[str, Any],
        trace_header: str | None = None,
        account: str | None = None,
    ) -> Future[dict[str, Any]]:
        """Start an operation; the future raises ApiError."""
        ...

    def call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Run an operation and return its response. Raise ApiError."""
        ...
