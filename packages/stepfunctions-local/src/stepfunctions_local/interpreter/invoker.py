"""The delivery of a task to its service, which an invoker can intercept."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ..integrations import Integration, TaskRequest
from ..services import TaskServices


@dataclass(slots=True)
class TaskCall:
    """One delivery of one attempt of a Task to its service.

    `attempt` counts the state's retries from 0; `test_case` is the `#TestCase` the execution was started with.
    """

    integration: Integration
    request: TaskRequest
    services: TaskServices
    machine_name: str
    state_name: str
    attempt: int = 0
    test_case: str | None = None

    async def proceed(self) -> Any:
        """Make the call as the definition specifies it."""
        return await self.integration.invoke(self.request, self.services)


@dataclass(slots=True)
class TaskResult:
    """An invoker's final result of a task: nothing is submitted, polled or called back."""

    output: Any


type Invoker = Callable[[TaskCall], Awaitable[Any]]
