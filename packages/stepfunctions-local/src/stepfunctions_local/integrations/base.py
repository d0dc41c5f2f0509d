"""What an integration is: the request it is given and the seam the interpreter drives it through."""

from dataclasses import dataclass, field
from typing import Any, Literal

from ..services import TaskServices

Pattern = Literal["request_response", "sync", "sync2", "task_token", "activity", "lambda_arn"]


class UnknownResource(ValueError):
    """A Task's Resource that Step Functions does not have."""

    def __init__(self, resource: str):
        super().__init__(
            f"The resource provided {resource} is not recognized. The value is not a valid resource ARN, "
            "or the resource is not available in this region."
        )
        self.resource = resource


@dataclass(slots=True)
class TaskRequest:
    """One attempt of one Task: its evaluated arguments and whose authority it runs with.

    `credentials` is the evaluated Credentials field ({"RoleArn": …}) or None; `timeout` is in seconds or None.
    `attempt` is unique to the attempt, and the same when it is delivered again after a restart.
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
        """Whose call it is, for the services port: the state machine's role, and the one Credentials names."""
        role = (self.credentials or {}).get("RoleArn")
        own = {} if role is None else {"task_role_arn": role}
        return {"role_arn": self.role_arn, **own}


@dataclass(frozen=True, slots=True)
class Integration:
    """A service task of one kind. `resource_type` and `resource` are as history events show them."""

    arn: str
    resource_type: str
    resource: str
    pattern: Pattern = "request_response"
    required: tuple[str, ...] = field(default=())

    def argument_faults(self, names: set[str]) -> list[str]:
        """What is wrong with the names of the arguments an object gives: missing ones, unsupported ones."""
        missing = (name for name in self.required if name not in names)
        return [f"The field '{name}' is required but was missing" for name in missing]

    async def invoke(self, request: TaskRequest, services: TaskServices) -> Any:
        """Make the call. Answers the task's output, or with a pattern that waits, what TaskSubmitted shows.

        Raises StateError with AWS's error name and cause.
        """
        raise NotImplementedError

    async def complete(self, request: TaskRequest, submitted: Any, services: TaskServices) -> Any:
        """With a `.sync` pattern, wait for what was submitted and answer its output. Safe to run again."""
        raise NotImplementedError

    async def cancel(self, request: TaskRequest, submitted: Any, services: TaskServices) -> None:
        """With a `.sync` pattern, stop what was submitted: its state was stopped or timed out."""
