"""Executions in place of those of Step Functions."""

from datetime import UTC, datetime

from executions.models import ExecutionProgress, ExecutionStatus


def progress(
    status: ExecutionStatus,
    *,
    arn: str = "arn",
    waits: bool = False,
    error: str | None = None,
    cause: str | None = None,
    output: str | None = None,
) -> ExecutionProgress:
    """Return how far an execution is."""
    return ExecutionProgress(
        execution_arn=arn,
        status=status,
        waits=waits,
        started=datetime(2026, 11, 23, 10, tzinfo=UTC),
        error=error,
        cause=cause,
        output=output,
    )
