"""The state of a running execution: the execution itself, and a frame for each thread of control in it."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from random import Random
from typing import Any, Protocol

from ..clock import Clock, iso
from ..definition import Flow, State
from ..errors import StateError
from ..expressions.scope import UNSET, Scope
from ..history import MAX_EVENTS, MAX_VARIABLE_BYTES, json_text, json_value
from ..services import TaskServices
from ..storage.store import Store
from .invoker import Invoker
from .task_slots import TaskSlots

ENTER = "enter"  # about to enter its state
WORK = "work"  # entered; the state's work starts, or starts again after a retry's delay
TASK = "task"  # its task is scheduled
WAIT = "wait"  # in a Wait state, until data["until"]
RETRY = "retry"  # waiting for a retry, until data["until"]
JOIN = "join"  # its children run
DONE = "done"  # a child that ended; `result` is its output


class HistoryFull(StateError):
    """The quota of events in one history is reached: only the execution's final event still fits."""

    def __init__(self) -> None:
        super().__init__(
            "States.Runtime", f"The execution reached the maximum number of history events ({MAX_EVENTS})."
        )


class LiveMapRun(Protocol):
    """A map run whose children are running."""

    def update(self, document: dict[str, Any]) -> None:
        """Apply changed limits."""
        ...

    def counts(self) -> dict[str, Any]:
        """Return the current item and execution counts."""
        ...


class Runtime(Protocol):
    """The engine, as the interpreter uses it."""

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
    def task_slots(self) -> TaskSlots: ...

    @property
    def region(self) -> str: ...

    @property
    def wait_time_scale(self) -> float: ...

    @property
    def closing(self) -> bool: ...

    @property
    def map_runs(self) -> dict[str, LiveMapRun]: ...

    def run_in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine that no execution waits for."""

    def record(self, execution: "Execution", event: dict[str, Any]) -> None:
        """Append an event to an execution's history."""

    def start_execution(self, row: dict[str, Any], flow: Flow) -> "Execution": ...

    def execution(self, arn: str) -> "Execution | None": ...

    def redrive(self, row: dict[str, Any]) -> "Execution": ...

    async def stop(self, execution: "Execution", error: str | None, cause: str | None) -> None: ...

    def activity_scheduled(self, arn: str, frame: "Frame") -> None: ...


class Execution:
    """One running execution. Its row has everything the API reports about it."""

    def __init__(self, runtime: Runtime, row: dict[str, Any], flow: Flow):
        self.runtime = runtime
        self.row = row
        self.flow = flow
        self.id: int = row["id"]
        self.arn: str = row["executionArn"]
        self.last_event: int = row["lastEvent"]
        self.last_frame = 0
        self.keeps_history: bool = row["type"] == "STANDARD"
        self.machine_deleted: bool = row.get("machineDeleted", False)
        self.root: Frame | None = None
        self.task: asyncio.Task[Any] | None = None
        self.frames: dict[int, Frame] = {}
        self.has_ended = False
        self.event_observers: list[Any] | None = None
        self._at_end: list[Callable[[], None]] = []
        # An upper bound of the variables' size; the first assignment after a restart computes it.
        self._variable_bytes = MAX_VARIABLE_BYTES
        self._context: dict[str, Any] | None = None

    @property
    def machine_arn(self) -> str:
        arn: str = self.row["stateMachineArn"]
        return arn

    @property
    def map_run_arn(self) -> str | None:
        return self.row.get("mapRunArn")

    @property
    def status(self) -> str:
        status: str = self.row["status"]
        return status

    @property
    def started(self) -> float:
        started: float = self.row["startDate"]
        return started

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call `callback` when the execution ends, or now if it has ended."""
        if self.status == "RUNNING":
            self._at_end.append(callback)
        else:
            callback()

    def notify_ended(self) -> None:
        """Call the callbacks of `on_end`."""
        self.has_ended = True
        callbacks, self._at_end = self._at_end, []
        for callback in callbacks:
            callback()

    def snapshot(self) -> dict[str, Any]:
        """Return the execution's row as it is to be stored."""
        self.row["lastEvent"] = self.last_event
        return self.row

    def event(self, kind: str, previous: int, key: str | None = None, details: Any = None) -> int:
        """Append an event and return its id. Raises HistoryFull when only the final event still fits."""
        event_id = self.last_event + 1
        if event_id >= MAX_EVENTS and not kind.startswith("Execution"):
            raise HistoryFull
        self.last_event = event_id
        event = {
            "timestamp": self.runtime.clock.now(),
            "type": kind,
            "id": event_id,
            "previousEventId": previous,
        }
        if key is not None:
            event[key] = details
        self.runtime.record(self, event)
        return event_id

    def has_room_for(self, size: int) -> bool:
        """Return whether `size` more bytes of variables are within the quota."""
        self._variable_bytes += size
        if self._variable_bytes > MAX_VARIABLE_BYTES:  # only the bound is exceeded: compute the real size
            scopes = (frame.own_variables for frame in self.frames.values() if frame.own_variables)
            self._variable_bytes = size + sum(len(json_text(scope)) for scope in scopes)
        return self._variable_bytes <= MAX_VARIABLE_BYTES

    @property
    def context(self) -> dict[str, Any]:
        """The parts of the context object that do not change while the execution runs."""
        if self._context is None:
            row = self.row
            execution = {
                "Id": self.arn,
                "Input": json_value(row["input"]),
                "StartTime": iso(row["startDate"]),
                "Name": row["name"],
                "RoleArn": row["roleArn"],
            }
            if row["type"] == "STANDARD":
                execution["RedriveCount"] = row.get("redriveCount", 0)
                if "redriveDate" in row:
                    execution["RedriveTime"] = iso(row["redriveDate"])
            machine = {"Id": row["stateMachineArn"], "Name": row["machineName"]}
            self._context = {"Execution": execution, "StateMachine": machine}
        return self._context


class Frame:
    """One thread of control: the execution's own, a Parallel's branch, or a Map's iteration.

    `last` is the id of the previous event; `entered` is the id of the state's Entered event; `ended` is the id of
    the event that an iteration succeeded. `data` is what the phase needs to continue after a restart. `slot` is
    the child's index among its parent's children. `failure` is the error of a child that failed, in the form of
    `error_handling.error_to_row`.
    """

    __slots__ = (
        "_context",
        "children",
        "data",
        "ended",
        "entered",
        "entered_after",
        "entered_at",
        "execution",
        "failure",
        "flow",
        "id",
        "input",
        "item",
        "last",
        "marked",
        "own_variables",
        "parent",
        "phase",
        "result",
        "retries",
        "slot",
        "state",
        "text",
        "variables",
        "waiter",
    )

    def __init__(self, execution: Execution, flow: Flow, parent: "Frame | None" = None, slot: int = 0):
        execution.last_frame += 1
        self.id = execution.last_frame
        self.execution = execution
        self.flow = flow
        self.parent = parent
        self.slot = slot
        self.state: str = flow.start_at
        self.input: Any = None
        self.text: str | None = None
        self.own_variables: dict[str, Any] = {}
        self.variables: dict[str, Any] = parent.variables if parent else self.own_variables
        self.retries: dict[int, int] = {}
        self.phase = ENTER
        self.data: dict[str, Any] = {}
        self.entered = 0
        self.entered_after = 0
        self.entered_at = 0.0
        self.last = 0
        self.ended = 0
        self.failure: list[Any] | None = None
        self.item: dict[str, Any] | None = None
        self.result: Any = None
        self.children: dict[int, Frame] = {}
        self.waiter: asyncio.Future[None] | None = None
        self.marked = False
        self._context: dict[str, Any] | None = None
        execution.frames[self.id] = self

    @property
    def key(self) -> tuple[int, int]:
        return self.execution.id, self.id

    def snapshot(self) -> dict[str, Any]:
        """Return the frame's row as it is to be stored."""
        self.marked = False
        row: dict[str, Any] = {
            "state": self.state,
            "phase": self.phase,
            "input": self.input,
            "variables": self.own_variables,
            "retries": {str(k): v for k, v in self.retries.items()},
            "data": self.data,
            "entered": [self.entered, self.entered_after, self.entered_at],
            "last": self.last,
        }
        if self.parent is not None:
            row |= {"parent": self.parent.id, "slot": self.slot, "item": self.item, "failure": self.failure}
        if self.phase == DONE:
            row |= {"result": self.result, "ended": self.ended}
        return row

    def restore(self, frame_id: int, row: dict[str, Any]) -> None:
        """Restore the frame from its row."""
        del self.execution.frames[self.id]
        self.id = frame_id
        self.execution.frames[frame_id] = self
        self.execution.last_frame = max(self.execution.last_frame, frame_id)
        self.state, self.phase, self.input = row["state"], row["phase"], row["input"]
        self.assign(row["variables"])
        self.retries = {int(k): v for k, v in row["retries"].items()}
        self.data, self.last = row["data"], row["last"]
        # A row of an earlier version may lack the event before that of the state.
        self.entered, *before, self.entered_at = row["entered"]
        self.entered_after = before[0] if before else max(self.entered - 1, 0)
        self.item, self.result = row.get("item"), row.get("result")
        self.ended, self.failure = row.get("ended", 0), row.get("failure")
        if self.parent is not None and self.phase == DONE:
            self.parent.last = max(self.parent.last, self.ended or self.last)

    def save(self) -> None:
        """Mark the frame as changed; the next commit writes it."""
        if not self.marked:
            self.marked = True
            self.execution.runtime.store.save_frame(self)

    def drop_children(self) -> None:
        """Delete all frames below this one."""
        for child in self.children.values():
            child.drop()
        self.children = {}

    def drop(self) -> None:
        """Delete the frame and all frames below it."""
        self.drop_children()
        self.execution.frames.pop(self.id, None)
        self.execution.runtime.store.drop_frame(self.key)

    def assign(self, values: dict[str, Any]) -> None:
        """Set variables in this frame's scope, without changing the dict that running expressions read."""
        if not values:
            return
        self.own_variables = {**self.own_variables, **values}
        self.variables = (
            {**self.parent.variables, **self.own_variables} if self.parent else self.own_variables
        )

    def event(self, kind: str, key: str | None = None, details: Any = None, advance: bool = True) -> int:
        """Append an event after this frame's last one; with `advance` it becomes the last one."""
        event_id = self.execution.event(kind, self.last, key, details)
        if advance:
            self.last = event_id
        return event_id

    def input_text(self) -> str:
        """Return the input as JSON text."""
        if self.text is None:
            self.text = json_text(self.input)
        return self.text

    def reset_context(self) -> None:
        """Discard the cached context object: something it shows has changed."""
        self._context = None

    def context(self, state: State) -> dict[str, Any]:
        """Return the context object of the frame's current state."""
        if self._context is None:
            common = self.execution.context
            current: dict[str, Any] = {"Name": state.name, "EnteredTime": iso(self.entered_at)}
            if state.kind in ("Task", "Parallel", "Map"):
                current["RetryCount"] = sum(self.retries.values())
            context = {
                "Execution": common["Execution"],
                "StateMachine": common["StateMachine"],
                "State": current,
            }
            item = self.nearest_item()
            if item is not None:
                context["Map"] = {"Item": item}
            if "token" in self.data:
                context["Task"] = {"Token": self.data["token"]}
            self._context = context
        return self._context

    def nearest_item(self) -> dict[str, Any] | None:
        """Return the item of the innermost Map iteration around this frame."""
        frame: Frame | None = self
        while frame is not None:
            if frame.item is not None:
                return frame.item
            frame = frame.parent
        return self.execution.row.get("mapItem")

    def scope(self, state: State, state_input: Any, result: Any = UNSET, error_output: Any = UNSET) -> Scope:
        """Return what the state's expressions can read, with `state_input` as `$` and `$states.input`."""
        context = partial(self.context, state)
        return Scope(state_input, context, self.variables, result, error_output, state.name)
