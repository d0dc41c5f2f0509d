"""The engine: executions from their start to their end, and what the interpreter needs around it.

It lives on one event loop. `api.dispatch` puts the API's operations before it; `virtual.VirtualEngine` runs it
in virtual time for tests.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from .activities import ActivityQueues
from .clock import Clock, RealClock
from .definition import Flow, StateMachine, compile_definition
from .descriptions import TERMINAL
from .engine_services import EngineServices, OwnApi
from .errors import StateError, StoreFailed
from .history import NOT_TRUNCATED, failure, json_value, output
from .interpreter.frame import TASK, Execution, Frame
from .interpreter.invoker import Invoker, TaskCall
from .interpreter.map_run import MapRun, stop_children
from .interpreter.restore import make_ready_to_redrive, processor_at, restore_frames
from .interpreter.run import run_frame
from .services import ServiceClient
from .storage.store import Store

_log = logging.getLogger(__name__)

EXPRESS_SECONDS = 300


class Observer(Protocol):
    """Told what is durable. `row` is an execution's (names as DescribeExecution's); not to be changed."""

    def status_changed(self, row: Mapping[str, Any]) -> None: ...

    def follows(self, row: Mapping[str, Any]) -> bool:
        """Whether to be told of this execution's events."""
        ...

    def event(self, row: Mapping[str, Any], event: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Config:
    region: str = "us-east-1"
    account: str = "000000000000"
    partition: str = "aws"


@dataclass(slots=True)
class _Stop:
    error: str | None
    cause: str | None


async def _proceed(call: TaskCall) -> Any:
    return await call.proceed()


@dataclass(slots=True, eq=False)
class Engine:
    """Executions at work. `invoker` stands before every delivery of a task: a place for mocks and faults.

    `own_api` (`api.inside.call_self`) answers the tasks' own calls of Step Functions. Without it they go outside like
    all others, to whoever checks the role there and hands them back to this engine.
    """

    store: Store
    outside: ServiceClient
    clock: Clock = field(default_factory=RealClock)
    config: Config = field(default_factory=Config)
    observers: list[Observer] = field(default_factory=list)
    invoker: Invoker = _proceed
    own_api: OwnApi | None = None
    random: Random = field(default_factory=Random)
    running: dict[int, Execution] = field(default_factory=dict)
    closing: bool = False
    services: EngineServices = field(init=False)
    activities: ActivityQueues = field(init=False)
    map_runs: dict[str, MapRun] = field(default_factory=dict)
    _by_arn: dict[str, Execution] = field(default_factory=dict)
    _stops: dict[int, _Stop] = field(default_factory=dict)
    _background_tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _pending_notifications: list[tuple[list[Observer], Callable[[Observer], None]]] = field(
        default_factory=list
    )

    def __post_init__(self) -> None:
        self.services = EngineServices(self)
        self.activities = ActivityQueues(self)

    @property
    def region(self) -> str:
        return self.config.region

    @property
    def account(self) -> str:
        return self.config.account

    @property
    def partition(self) -> str:
        return self.config.partition

    # Life

    def start(self) -> None:
        """Take up the loop this is called on, and go on with every execution the store was left with."""
        self.load()
        self.resume()

    def load(self) -> None:
        """Take up the loop and the executions, so that they can be called back and stopped; none goes on yet."""
        self.store.bind(asyncio.get_running_loop())
        for execution in [self._restored(row) for row in self.store.open_executions()]:
            self._register(execution)

    def resume(self) -> None:
        """Go on with the executions that were loaded."""
        restored = [execution for execution in self.running.values() if execution.task is None]
        for execution in restored:
            self._drive(execution)
        for arn in {execution.map_run_arn for execution in restored if execution.map_run_arn is not None}:
            run = self.store.get("map_run", arn)
            if run is not None and run["status"] != "RUNNING":
                # It was given up, and the engine ended before these children could be told.
                self.run_in_background(stop_children(self, arn))

    async def close(self) -> None:
        """Stop working, leaving running executions as they are for the next start."""
        self.closing = True
        tasks = [execution.task for execution in self.running.values() if execution.task is not None]
        for task in [*tasks, *self._background_tasks]:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self.store.close()

    # Executions

    def start_execution(self, row: dict[str, Any], flow: Flow) -> Execution:
        """Start a new execution from its row (without id and lastEvent). It runs at once, as far as it can."""
        row |= {"id": self.store.next_execution_id(), "lastEvent": 0, "status": "RUNNING"}
        execution = Execution(self, row, flow)
        details = {"input": row["input"], "inputDetails": NOT_TRUNCATED, "roleArn": row["roleArn"]}
        for name in ("stateMachineVersionArn", "stateMachineAliasArn"):
            if name in row:
                details[name] = row[name]
        execution.event("ExecutionStarted", 0, "executionStartedEventDetails", details)
        root = Frame(execution, flow)
        root.input = self.loads(row["input"])
        execution.root = root
        root.save()
        self._notify(execution)
        self._drive(execution)
        return execution

    def execution(self, arn: str) -> Execution | None:
        """The execution of that ARN, if it is running."""
        return self._by_arn.get(arn)

    def description(self, arn: str) -> dict[str, Any] | None:
        """An execution's row, running or ended."""
        execution = self._by_arn.get(arn)
        return execution.row if execution is not None else self.store.execution(arn)

    async def ended(self, arn: str) -> dict[str, Any]:
        """The row of an execution once it has ended. KeyError when there is no such execution."""
        execution = self._by_arn.get(arn)
        if execution is not None:
            await self.wait_for_end(execution)
        row = self.store.execution(arn) if execution is None else execution.row
        if row is None:
            raise KeyError(arn)
        return row

    async def wait_for_end(self, execution: Execution) -> None:
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        execution.on_end(lambda: None if ended.done() else ended.set_result(None))
        await ended

    async def stop(self, execution: Execution, error: str | None, cause: str | None) -> None:
        """Abort a running execution, whatever it is doing."""
        if execution.status in TERMINAL:
            return
        self._stops[execution.id] = _Stop(error, cause)
        if execution.task is None:
            self._drive(execution)
        assert execution.task is not None
        execution.task.cancel()
        await self.wait_for_end(execution)

    def redrive(self, row: dict[str, Any]) -> Execution:
        """Go on with an execution that ended badly, at the states that failed, with their variables."""
        row["redriveCount"] = row.get("redriveCount", 0) + 1
        row["redriveDate"] = self.clock.now()
        row["status"] = "RUNNING"
        for name in ("stopDate", "error", "cause"):
            row.pop(name, None)
        execution = self._restored(row)
        root = execution.root
        assert root is not None
        root.last = execution.event(
            "ExecutionRedriven",
            execution.last_event,
            "executionRedrivenEventDetails",
            {"redriveCount": row["redriveCount"]},
        )
        make_ready_to_redrive(root, root.last)
        self._notify(execution)
        self._drive(execution)
        return execution

    def _restored(self, row: dict[str, Any]) -> Execution:
        """An execution as its row and its frames' rows tell."""
        execution = Execution(self, row, self.flow_of(row))
        restore_frames(execution, self.store.frames(execution.id))
        assert execution.root is not None
        execution.last_event = self.store.last_event(execution.id) or max(
            frame.last for frame in execution.frames.values()
        )
        return execution

    def flow_of(self, row: Mapping[str, Any]) -> Flow:
        """What an execution runs: its machine's definition, or of a map run's child the item processor."""
        revision = self.store.get("revision", row["revision"])
        assert revision is not None
        machine = compile_definition(revision["definition"])
        return processor_at(machine, row["processor"]) if "processor" in row else machine

    def _register(self, execution: Execution) -> None:
        self.running[execution.id] = execution
        self._by_arn[execution.arn] = execution

    def _drive(self, execution: Execution) -> None:
        self._register(execution)
        self.store.save_execution(execution)
        loop = asyncio.get_running_loop()
        execution.task = asyncio.Task(self._run(execution), loop=loop, eager_start=True)

    async def _run(self, execution: Execution) -> None:
        root = execution.root
        assert root is not None
        try:
            limit = self._time_left(execution)
            if limit is None:
                await run_frame(root)
            else:
                async with asyncio.timeout(max(limit, 0)) as timer:
                    if limit <= 0:
                        # It was over while the engine was away: before all else that fell due since.
                        await asyncio.sleep(0)
                    await run_frame(root)
        except StateError as error:
            details = failure(error)
            root.event("ExecutionFailed", "executionFailedEventDetails", details)
            self._end(execution, "FAILED", details)
        except TimeoutError:
            if not timer.expired():
                raise
            root.event("ExecutionTimedOut", "executionTimedOutEventDetails", {})
            self._end(execution, "TIMED_OUT", {})
        except asyncio.CancelledError:
            stop = self._stops.pop(execution.id, None)
            if stop is None:
                raise
            details = failure(StateError(stop.error, stop.cause))
            execution.event("ExecutionAborted", 0, "executionAbortedEventDetails", details)
            self._end(execution, "ABORTED", details)
        except StoreFailed:
            return  # in the store it runs still, and goes on from there when the engine starts again
        except Exception as fault:  # a fault of the engine's own must not leave an execution hanging
            _log.exception("%s cannot go on", execution.arn)
            details = failure(StateError("States.Runtime", f"Internal error: {fault!r}"))
            root.event("ExecutionFailed", "executionFailedEventDetails", details)
            self._end(execution, "FAILED", details)
        else:
            text = root.input_text()
            root.event("ExecutionSucceeded", "executionSucceededEventDetails", output(text))
            self._end(execution, "SUCCEEDED", {"output": text})

    def _time_left(self, execution: Execution) -> float | None:
        flow = execution.flow
        limit = flow.timeout_seconds if isinstance(flow, StateMachine) else None
        if execution.row["type"] == "EXPRESS":
            limit = min(limit or EXPRESS_SECONDS, EXPRESS_SECONDS)
        if limit is None:
            return None
        since = execution.row.get("redriveDate", execution.started)
        return since + limit - self.clock.now()

    def _end(self, execution: Execution, status: str, result: dict[str, Any]) -> None:
        execution.row |= {"status": status, "stopDate": self.clock.now(), **result}
        del self.running[execution.id]
        del self._by_arn[execution.arn]
        self._stops.pop(execution.id, None)
        self.store.save_execution(execution)
        if status == "SUCCEEDED" or not execution.keeps_history:
            self.store.drop_frame(execution.root.key if execution.root else (execution.id, 0))
            self.store.drop_frames(execution.id)
        else:
            for frame in execution.frames.values():
                frame.save()
            self.store.leave_frames(execution.id)
        self._notify(execution)
        execution.has_ended()

    # Callbacks

    def map_run_changed(self, document: dict[str, Any]) -> None:
        run = self.map_runs.get(document["mapRunArn"])
        if run is not None:
            run.changed(document)

    def waiting_frame(self, execution_id: int, frame_id: int, token: str) -> Frame | None:
        """The frame that waits under this token, or None when none does any more."""
        execution = self.running.get(execution_id)
        frame = execution.frames.get(frame_id) if execution is not None else None
        if (
            frame is None
            or frame.phase != TASK
            or frame.data.get("token") != token
            or "outcome" in frame.data
        ):
            return None
        return frame

    def call_back(self, frame: Frame, outcome: dict[str, Any]) -> None:
        """Give a waiting task its outcome: {"output": …} or {"error": …, "cause": …}."""
        frame.data["outcome"] = outcome
        self._wake(frame)

    def heartbeat(self, frame: Frame) -> None:
        if frame.data["heartbeat"] is not None:
            frame.data["beat"] = self.clock.now() + frame.data["heartbeat"]
            self._wake(frame)

    def _wake(self, frame: Frame) -> None:
        frame.save()
        if frame.waiter is not None and not frame.waiter.done():
            frame.waiter.set_result(None)

    # For the interpreter

    def record(self, execution: Execution, event: dict[str, Any]) -> None:
        if execution.keeps_history:
            self.store.event(execution.id, event)
        if execution.followers is None:
            execution.followers = [each for each in self.observers if each.follows(execution.row)]
        if execution.followers:
            row = execution.row
            self._notify_after_commit(execution.followers, lambda observer: observer.event(row, event))

    def loads(self, text: str) -> Any:
        return json_value(text)

    def run_in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background_tasks.add(task)
        task.add_done_callback(self._background_tasks.discard)

    def activity_scheduled(self, arn: str, frame: Frame) -> None:
        """Put an activity's task where its workers poll."""
        self.activities.put(arn, frame)

    async def next_activity_task(
        self, arn: str, worker_name: str | None, seconds: float
    ) -> dict[str, Any] | None:
        return await self.activities.take(arn, worker_name, seconds)

    def _notify(self, execution: Execution) -> None:
        if self.observers:
            row = dict(execution.row)
            self._notify_after_commit(self.observers, lambda observer: observer.status_changed(row))

    def _notify_after_commit(self, observers: list[Observer], what: Callable[[Observer], None]) -> None:
        if not self._pending_notifications:
            self.store.after_commit(self._send_notifications)
        self._pending_notifications.append((observers, what))

    def _send_notifications(self) -> None:
        untold, self._pending_notifications = self._pending_notifications, []
        for observers, what in untold:
            for observer in observers:
                with contextlib.suppress(Exception):
                    what(observer)
