"""The engine: starts, runs, stops and redrives executions, and provides the interpreter's runtime.

It runs on one event loop. `api.dispatch` performs the API's operations on it; `testing.VirtualEngine` runs it in
virtual time.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from .activities import ActivityQueues
from .clock import Clock, RealClock
from .definition import Flow, StateMachine, compile_definition
from .descriptions import TERMINAL
from .engine_services import EngineServices
from .errors import StateError, StoreFailed
from .history import NOT_TRUNCATED, failure, json_value, output
from .interpreter.frame import TASK, Execution, Frame, LiveMapRun
from .interpreter.invoker import Invoker, TaskCall
from .interpreter.map_run import stop_children
from .interpreter.restore import processor_at, reset_for_redrive, restore_frames
from .interpreter.run import run_frame
from .interpreter.task_slots import TaskSlots
from .machines import DELETING, complete_deletion, mark_deleting
from .observer import Notifier, Observer
from .retention import Retention
from .services import ServiceClient
from .storage.store import Store

_log = logging.getLogger(__name__)

EXPRESS_SECONDS = 300

# Performs an operation of the engine's API: the engine, the operation, its parameters, trace header and account.
type OwnApi = Callable[["Engine", str, dict[str, Any], str | None, str | None], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Config:
    """The engine's region, its default account, and limits.

    `max_concurrent_tasks` limits the tasks that call services at the same time. `wait_time_scale` multiplies the
    duration of Wait states. `retention_days`: after how many days an ended execution is deleted, None for never.
    """

    region: str = "us-east-1"
    account: str = "000000000000"
    partition: str = "aws"
    max_concurrent_tasks: int | None = None
    max_state_machines: int = 10_000
    max_activities: int = 10_000
    max_open_executions: int = 1_000_000
    wait_time_scale: float = 1.0
    retention_days: float | None = 90


@dataclass(slots=True)
class _StopRequest:
    error: str | None
    cause: str | None


async def _proceed(call: TaskCall) -> Any:
    return await call.proceed()


@dataclass(slots=True, eq=False)
class Engine:
    """Runs executions.

    `invoker` wraps every delivery of a task, for mocks and faults. `own_api` (`api.loopback.call_own_api`) performs
    the tasks' calls of Step Functions; without it they are sent to `external` like all others.
    """

    store: Store
    external: ServiceClient
    clock: Clock = field(default_factory=RealClock)
    config: Config = field(default_factory=Config)
    observers: list[Observer] = field(default_factory=list)
    invoker: Invoker = _proceed
    own_api: OwnApi | None = None
    random: Random = field(default_factory=Random)
    running: dict[int, Execution] = field(default_factory=dict)
    closing: bool = False
    services: EngineServices = field(init=False)
    task_slots: TaskSlots = field(init=False)
    retention: Retention = field(init=False)
    activities: ActivityQueues = field(default_factory=ActivityQueues)
    map_runs: dict[str, LiveMapRun] = field(default_factory=dict)
    _by_arn: dict[str, Execution] = field(default_factory=dict)
    _stops: dict[int, _StopRequest] = field(default_factory=dict)
    _background_tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _notifier: Notifier = field(init=False)

    def __post_init__(self) -> None:
        self._notifier = Notifier(self.store)
        self.task_slots = TaskSlots(self.config.max_concurrent_tasks)
        self.retention = Retention(self.store, self.clock, self.config.retention_days)
        own_api = None if self.own_api is None else partial(self.own_api, self)
        self.services = EngineServices(self.external, self.clock, self.wait_for_execution, own_api)

    @property
    def region(self) -> str:
        return self.config.region

    @property
    def wait_time_scale(self) -> float:
        return self.config.wait_time_scale

    # Lifecycle

    def start(self) -> None:
        """Bind to the running event loop and resume all open executions of the store."""
        self.load()
        self.resume()

    def load(self) -> None:
        """Bind to the running event loop and load open executions: they accept callbacks but do not run yet."""
        self.store.bind(asyncio.get_running_loop())
        for execution in [self._restored(row) for row in self.store.open_executions()]:
            self._register(execution)
        for machine in list(self.store.scan("state_machine")):
            if machine["status"] == DELETING:
                self._complete_deletion(machine["stateMachineArn"])

    def resume(self) -> None:
        """Run the executions that were loaded."""
        restored = [execution for execution in self.running.values() if execution.task is None]
        for execution in restored:
            self._run_in_task(execution)
        for arn in {execution.map_run_arn for execution in restored if execution.map_run_arn is not None}:
            run = self.store.get("map_run", arn)
            if run is not None and run["status"] != "RUNNING":
                # The map run ended, and the engine was killed before it stopped these children.
                self.run_in_background(stop_children(self, arn))

    async def close(self) -> None:
        """Stop running; open executions continue after the next start."""
        self.closing = True
        tasks = [execution.task for execution in self.running.values() if execution.task is not None]
        for task in [*tasks, *self._background_tasks]:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self.store.close()

    # Executions

    def start_execution(self, row: dict[str, Any], flow: Flow) -> Execution:
        """Start an execution from its row (without id and lastEvent). It runs synchronously until it waits."""
        row |= {"id": self.store.next_execution_id(), "lastEvent": 0, "status": "RUNNING"}
        execution = Execution(self, row, flow)
        details = {"input": row["input"], "inputDetails": NOT_TRUNCATED, "roleArn": row["roleArn"]}
        for name in ("stateMachineVersionArn", "stateMachineAliasArn"):
            if name in row:
                details[name] = row[name]
        execution.event("ExecutionStarted", 0, "executionStartedEventDetails", details)
        root = Frame(execution, flow)
        root.input = json_value(row["input"])
        execution.root = root
        root.save()
        self._notify(execution)
        self._run_in_task(execution)
        return execution

    def execution(self, arn: str) -> Execution | None:
        """Return the execution with this ARN if it is running."""
        return self._by_arn.get(arn)

    def execution_row(self, arn: str) -> dict[str, Any] | None:
        """Return the row of an execution, running or ended."""
        execution = self._by_arn.get(arn)
        return execution.row if execution is not None else self.store.execution(arn)

    async def wait_for_execution(self, arn: str) -> dict[str, Any]:
        """Wait until an execution has ended and return its row. Raises KeyError when it does not exist."""
        execution = self._by_arn.get(arn)
        if execution is not None:
            await self.wait_for_end(execution)
        row = self.store.execution(arn) if execution is None else execution.row
        if row is None:
            raise KeyError(arn)
        return row

    async def wait_for_end(self, execution: Execution) -> None:
        """Wait until a running execution has ended."""
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        execution.on_end(lambda: None if ended.done() else ended.set_result(None))
        await ended

    async def stop(self, execution: Execution, error: str | None, cause: str | None) -> None:
        """Abort a running execution and wait until it has ended."""
        if execution.status in TERMINAL:
            return
        self._stops[execution.id] = _StopRequest(error, cause)
        if execution.task is None:
            self._run_in_task(execution)
        assert execution.task is not None
        execution.task.cancel()
        await self.wait_for_end(execution)

    def redrive(self, row: dict[str, Any]) -> Execution:
        """Run an execution again from the states that failed, with their variables."""
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
        reset_for_redrive(root, root.last)
        self._notify(execution)
        self._run_in_task(execution)
        return execution

    def _restored(self, row: dict[str, Any]) -> Execution:
        """Create an execution from its row and its frames' rows."""
        execution = Execution(self, row, self._flow_of(row))
        restore_frames(execution, self.store.frames(execution.id))
        assert execution.root is not None
        execution.last_event = self.store.last_event(execution.id) or max(
            frame.last for frame in execution.frames.values()
        )
        return execution

    def _flow_of(self, row: Mapping[str, Any]) -> Flow:
        """Return the definition an execution runs, or the item processor for a map run's child."""
        revision = self.store.require("revision", row["revision"])
        machine = compile_definition(revision["definition"])
        return processor_at(machine, row["processor"]) if "processor" in row else machine

    def _register(self, execution: Execution) -> None:
        self.running[execution.id] = execution
        self._by_arn[execution.arn] = execution

    def _run_in_task(self, execution: Execution) -> None:
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
                        # The timeout expired while the engine was stopped: it precedes other expired timers.
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
            return  # the store still has it as running: it continues after the next start
        except Exception as fault:  # an internal error must not leave the execution running permanently
            _log.exception("internal error in %s", execution.arn)
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
        since: float = execution.row.get("redriveDate", execution.started)
        return since + limit - self.clock.now()

    def _end(self, execution: Execution, status: str, result: dict[str, Any]) -> None:
        ended = {"status": status, "stopDate": self.clock.now(), "lastEvent": execution.last_event}
        execution.row |= ended | result
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
            self.store.release_frames(execution.id)
        self._notify(execution)
        if execution.machine_deleted:
            self._complete_deletion(_machine_of(execution))
        execution.notify_ended()

    # Deletion of state machines

    def delete_machine(self, machine_arn: str) -> None:
        """Delete a state machine when its executions have ended; they stop at their next transition."""
        for execution in self.running.values():
            if _machine_of(execution) == machine_arn:
                execution.machine_deleted = execution.row["machineDeleted"] = True
                self.store.save_execution(execution)
        mark_deleting(self.store, machine_arn)
        self._complete_deletion(machine_arn)

    def _complete_deletion(self, machine_arn: str) -> None:
        if not any(_machine_of(execution) == machine_arn for execution in self.running.values()):
            complete_deletion(self.store, machine_arn)

    # Callbacks

    def update_map_run(self, document: dict[str, Any]) -> None:
        """Apply changed limits to a running map run."""
        run = self.map_runs.get(document["mapRunArn"])
        if run is not None:
            run.update(document)

    def waiting_frame(self, execution_id: int, frame_id: int, token: str) -> Frame | None:
        """Return the frame that waits for this token, or None when none does."""
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

    def complete_task(self, frame: Frame, outcome: dict[str, Any]) -> None:
        """Complete a waiting task: {"output": …} or {"error": …, "cause": …}."""
        frame.data["outcome"] = outcome
        self._resume_waiter(frame)

    def heartbeat(self, frame: Frame) -> None:
        """Extend a waiting task's heartbeat deadline."""
        if frame.data["heartbeat"] is not None:
            frame.data["heartbeat_deadline"] = self.clock.now() + frame.data["heartbeat"]
            self._resume_waiter(frame)

    def _resume_waiter(self, frame: Frame) -> None:
        frame.save()
        if frame.waiter is not None and not frame.waiter.done():
            frame.waiter.set_result(None)

    # The interpreter's runtime

    def record(self, execution: Execution, event: dict[str, Any]) -> None:
        """Append an event to an execution's history and notify observers after the commit."""
        if execution.keeps_history:
            self.store.event(execution.id, event)
        if execution.event_observers is None:
            execution.event_observers = [
                observer for observer in self.observers if observer.follows(execution.row)
            ]
        if execution.event_observers:
            row = execution.row
            self._notifier.notify(execution.event_observers, lambda observer: observer.event(row, event))

    def run_in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine that no execution waits for; closing the engine cancels it."""
        task = asyncio.get_running_loop().create_task(work)
        self._background_tasks.add(task)
        task.add_done_callback(self._background_tasks.discard)

    def activity_scheduled(self, arn: str, frame: Frame) -> None:
        """Queue an activity's task for its workers."""
        self.activities.put(arn, frame)

    def _notify(self, execution: Execution) -> None:
        if self.observers:
            row = dict(execution.row)
            self._notifier.notify(self.observers, lambda observer: observer.status_changed(row))


def _machine_of(execution: Execution) -> str:
    """Return the ARN of an execution's state machine, also for the children of its map runs."""
    return execution.machine_arn.partition("/")[0]
