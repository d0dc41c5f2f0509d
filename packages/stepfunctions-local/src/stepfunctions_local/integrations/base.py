"""The interface of integrations, and the request of a task."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..services import TaskServices

Pattern = Literal["request_response", "sync", "sync2", "task_token", "activity", "lambda_arn"]


class UnknownResource(ValueError):
    """A Task's Resource that Step Functions does not support."""

    def __init__(self, resource: str):
        super().__init__(
            f"The resource provided {resource} is not recognized. The value is not a valid resource ARN, "
            "or the resource is not available in this region."
        )
        self.resource = resource


@dataclass(slots=True)
class TaskRequest:
    """One attempt of one Task: its evaluated arguments and the roles it runs with.

    `credentials` is the evaluated Credentials field ({"RoleArn": …}) or None; `timeout` is in seconds or None.
    `attempt` identifies the attempt; it stays the same when the attempt is delivered again after a restart.
    """

    resource: str
    arguments: Any
    role_arn: str | None = None
    credentials: dict[str, Any] | None = None
    execution_arn: str = ""
    state_machine_arn: str = ""
    state_name: str = ""
    task_token: str | None = None
    region: str = "us-east-1"
    trace_header: str | None = None
    timeout: float | None = None
    attempt: str = ""

    @property
    def authority(self) -> dict[str, str | None]:
        """The roles of the call: the state machine's role, and the one in Credentials."""
        role = (self.credentials or {}).get("RoleArn")
        task_role = {} if role is None else {"task_role_arn": role}
        return {"role_arn": self.role_arn, **task_role}


@dataclass(frozen=True, slots=True)
class Integration:
    """A kind of service task. `resource_type` and `resource` are as in history events."""

    arn: str
    resource_type: str
    resource: str
    pattern: Pattern = "request_response"
    required: tuple[str, ...] = field(default=())

    def argument_errors(self, names: set[str]) -> list[str]:
        """Return AWS's messages for missing and unsupported argument names."""
        missing = (name for name in self.required if name not in names)
        return [f"The field '{name}' is required but was missing" for name in missing]

    def value_errors(self, arguments: Mapping[str, Any]) -> list[str]:
        """Return AWS's messages for literal values of arguments that are not accepted."""
        return []

    def check_arguments(self, arguments: Any) -> None:
        """Raise RuntimeFailure for evaluated arguments with which the task cannot be started."""

    async def invoke(self, request: TaskRequest, services: TaskServices) -> Any:
        """Make the call and return the task's output, or the output of TaskSubmitted for a pattern that waits.

        Raises StateError with AWS's error name and cause.
        """
        raise NotImplementedError

    async def complete(self, request: TaskRequest, submitted: Any, services: TaskServices) -> Any:
        """With a `.sync` pattern, wait for the submitted job and return its output. Safe to repeat."""
        raise NotImplementedError

    async def cancel(self, request: TaskRequest, submitted: Any, services: TaskServices) -> None:
        """With a `.sync` pattern, stop the submitted job because its state was stopped or timed out."""
