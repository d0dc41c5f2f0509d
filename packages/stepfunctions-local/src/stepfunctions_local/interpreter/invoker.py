"""What the interpreter needs of the engine around it."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from ..clock import Clock
from ..definition import Flow
from ..integrations import Integration, TaskRequest
from ..services import TaskServices
from ..storage.store import Store

if TYPE_CHECKING:
    from .frame import Execution, Frame
    from .map_run import MapRun


@dataclass(slots=True)
class TaskCall:
    """One delivery of one attempt of a Task to the outside: what a fault plan or a mock can stand before.

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
        """Make the call as the definition says."""
        return await self.integration.invoke(self.request, self.services)


@dataclass(slots=True)
class TaskResult:
    """An invoker's answer that is the task's output already: nothing is submitted, waited for or called back."""

    output: Any


type Invoker = Callable[[TaskCall], Awaitable[Any]]


class Runtime(Protocol):
    """The engine, as the interpreter sees it."""

    @property
    def store(self) -> Store: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def services(self) -> TaskServices: ...

    @property
    def random(self) -> Random: ...

    @property
    def invoker(self) -> Invoker: ...

    @property
    def region(self) -> str: ...

    @property
    def account(self) -> str: ...

    @property
    def closing(self) -> bool: ...

    @property
    def map_runs(self) -> dict[str, "MapRun"]: ...

    def run_in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something run beside the execution; nobody waits for it."""

    def record(self, execution: "Execution", event: dict[str, Any]) -> None:
        """Append an event to an execution's history."""

    def loads(self, text: str) -> Any: ...

    def start_execution(self, row: dict[str, Any], flow: Flow) -> "Execution": ...

    def execution(self, arn: str) -> "Execution | None": ...

    def redrive(self, row: dict[str, Any]) -> "Execution": ...

    async def stop(self, execution: "Execution", error: str | None, cause: str | None) -> None: ...

    def activity_scheduled(self, arn: str, frame: "Frame") -> None: ...
