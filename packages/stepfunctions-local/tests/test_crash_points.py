"""Kill the engine before, within and after every commit of each scenario, and restart it.

The execution must end as without a kill: the same status, output, duration and events, and no task is delivered
again once its success is in the history.
"""

import asyncio
import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from stepfunctions_local.errors import ApiError
from stepfunctions_local.faults.crash import Killed, around_commits, kill
from stepfunctions_local.testing import FakeServices, Result, VirtualEngine

INVOKE = "arn:aws:states:::lambda:invoke"
ACTIVITY = "arn:aws:states:us-east-1:000000000000:activity:pack"
MAX_SECONDS = 400


def jsonata(**states: dict) -> dict:
    return {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}


def ending(state: dict) -> dict:
    return state if "Next" in state else {**state, "End": True}


def work(key: object, **state: object) -> dict:
    """Return a task with a key; it fails while its retries and redrives are fewer than `fails`."""
    tries = "$states.context.State.RetryCount + $states.context.Execution.RedriveCount"
    task = {
        "Type": "Task",
        "Resource": INVOKE,
        "Arguments": {"FunctionName": "work", "Payload": {"key": key, "tries": f"{{% {tries} %}}"}},
        "Output": "{% $states.result.Payload.done %}",
    }
    return ending(task | state)


def token(function: str = "work", **state: object) -> dict:
    payload = {"key": "token", "tries": 0, "token": "{% $states.context.Task.Token %}"}
    task = {
        "Type": "Task",
        "Resource": f"{INVOKE}.waitForTaskToken",
        "Arguments": {"FunctionName": function, "Payload": payload},
    }
    return ending(task | state)


def spread(items: int, concurrency: int, *states: dict, kind: str = "STANDARD", **state: object) -> dict:
    bodies = [{key: value for key, value in state.items() if key != "End"} for state in states]
    names = [f"S{number}" for number in range(len(states))]
    chained = {
        name: ending(body if following is None else body | {"Next": following})
        for name, body, following in zip(names, bodies, [*names[1:], None], strict=True)
    }
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind},
        "StartAt": "S0",
        "States": chained,
    }
    spread_out = {
        "Type": "Map",
        "Items": [f"item-{number}" for number in range(items)],
        "MaxConcurrency": concurrency,
        "ItemProcessor": processor,
    }
    return ending(spread_out | state)


RETRY = [{"ErrorEquals": ["ConnectionError"], "IntervalSeconds": 2, "MaxAttempts": 3}]
EACH = {
    "StartAt": "T",
    "States": {
        "T": work("{% $states.input %}", Next="V"),
        "V": {"Type": "Wait", "Seconds": 1, "End": True},
    },
}


@dataclass
class ExternalState:
    """Everything outside of the engine, which survives its kills."""

    fails: dict[str, int] = field(default_factory=dict)
    tokens: list[tuple[str, str]] = field(default_factory=list)
    called_back: set[str] = field(default_factory=set)
    engine: VirtualEngine | None = None

    def work(self, payload: dict[str, Any]) -> dict[str, Any]:
        key = payload["key"]
        assert key not in self.done(), f"{key} was done already"
        assert key not in self.called_back, f"{key} was called back already"
        if "token" in payload:
            self.tokens.append((key, payload["token"]))
        if payload["tries"] < self.fails.get(key, 0):
            raise ConnectionError("away")
        return {"done": key}

    async def work_long(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Do the work of `work` in three seconds."""
        response = self.work(payload)
        await asyncio.sleep(3)
        return response

    def done(self) -> list[str]:
        """Return the keys of tasks whose success is in a history, read without flushing the store."""
        assert self.engine is not None
        store = self.engine.engine.store
        assert store._journal is not None
        parts = [json.loads(row) for (row,) in store._db.execute("SELECT events FROM histories")]
        parts += [events for entry in store._journal.entries() for _, events in entry["histories"]]
        events = [event for part in parts for event in part if event["type"] == "TaskSucceeded"]
        outputs = [json.loads(event["taskSucceededEventDetails"]["output"]) for event in events]
        payloads = [
            output["Payload"] for output in outputs if isinstance(output, dict) and "Payload" in output
        ]
        return [payload["done"] for payload in payloads]


@dataclass
class Scenario:
    definition: dict
    status: str = "SUCCEEDED"
    fails: dict[str, int] = field(default_factory=dict)
    inner: dict = field(default_factory=lambda: jsonata(S={"Type": "Succeed"}))
    redrives: int = 0
    stops_after: int | None = None
    # Event types whose number depends on timing or on the kill.
    varying: tuple[str, ...] = ()


def _nested(resource: str, **state: object) -> dict:
    machine = "arn:aws:states:us-east-1:000000000000:stateMachine:inner"
    arguments = {"StateMachineArn": machine, "Input": {}}
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:{resource}",
        "Arguments": arguments,
        "Output": 1,
        "End": True,
        **state,
    }


SCENARIOS = {
    "wait, branches and iterations": Scenario(
        jsonata(
            A={"Type": "Pass", "Assign": {"x": 5}, "Next": "W"},
            W={"Type": "Wait", "Seconds": 10, "Next": "P"},
            P={
                "Type": "Parallel",
                "Branches": [
                    {"StartAt": "L", "States": {"L": work("left")}},
                    {"StartAt": "R", "States": {"R": work("right")}},
                ],
                "Next": "M",
            },
            M={
                "Type": "Map",
                "Items": ["a", "b", "c"],
                "MaxConcurrency": 2,
                "ItemProcessor": EACH,
                "Next": "B",
            },
            B={"Type": "Pass", "Output": "{% [$states.input, $x] %}", "End": True},
        )
    ),
    "retries and a catch": Scenario(
        jsonata(
            T=work("tried", Retry=RETRY, Next="U"),
            U=work("given up", Retry=RETRY, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "C"}]),
            C=work("caught"),
        ),
        fails={"tried": 2, "given up": 9},
    ),
    "a callback before the response of the delivery": Scenario(
        jsonata(T=token("work_long", Next="U"), U=work("after")), varying=("TaskSubmitted",)
    ),
    # A task that is completed before the response of its delivery is not delivered again, and has no TaskSubmitted.
    "a callback": Scenario(
        jsonata(T=token(HeartbeatSeconds=60, Next="U"), U=work("after")), varying=("TaskSubmitted",)
    ),
    "a heartbeat that is missed": Scenario(
        jsonata(
            P={
                "Type": "Parallel",
                "Branches": [
                    {
                        "StartAt": "T",
                        "States": {
                            "T": token(
                                HeartbeatSeconds=5,
                                Arguments={"FunctionName": "work", "Payload": {"key": "lost", "tries": 0}},
                            )
                        },
                    }
                ],
                "Catch": [{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "C"}],
                "End": True,
            },
            C=work("caught"),
        )
    ),
    # A killed worker does not complete its task, and the heartbeat is missed.
    "an activity": Scenario(
        jsonata(
            T={
                "Type": "Task",
                "Resource": ACTIVITY,
                "HeartbeatSeconds": 5,
                "Retry": [{"ErrorEquals": ["States.HeartbeatTimeout"]}],
                "Next": "U",
            },
            U=work("after"),
        ),
        varying=("ActivityScheduled", "ActivityStarted", "ActivityTimedOut"),
    ),
    "a workflow waited for": Scenario(
        jsonata(T=_nested("startExecution.sync:2")),
        inner=jsonata(T=work("inner", Next="V"), V=EACH["States"]["V"]),
    ),
    "a workflow started": Scenario(jsonata(T=_nested("startExecution")), inner=jsonata(T=work("inner"))),
    "a map run": Scenario(
        jsonata(
            M=spread(
                4,
                2,
                work("{% $states.input %}"),
                {"Type": "Wait", "Seconds": 1, "End": True},
                ToleratedFailureCount=1,
                Output="{% $count($states.result) %}",
            )
        ),
        fails={"item-1": 9},
    ),
    "a map run given up": Scenario(
        jsonata(
            M=spread(
                3,
                2,
                {"Type": "Wait", "Seconds": "{% $states.input = 'item-0' ? 3 : 9 %}"},
                work("{% $states.input %}"),
            )
        ),
        status="FAILED",
        fails={"item-0": 9},
    ),
    "a map run redriven": Scenario(
        jsonata(
            M=spread(3, 1, work("{% $states.input %}"), ToleratedFailureCount=1, Next="U"),
            U=work("after"),
        ),
        fails={"item-0": 1, "item-1": 1},
        redrives=1,
    ),
    # A child that runs again is another execution, whose RedriveCount is 0: it fails again.
    "an express map run redriven": Scenario(
        jsonata(
            M=spread(3, 1, work("{% $states.input %}"), kind="EXPRESS", ToleratedFailureCount=1, Next="U"),
            U=work("after"),
        ),
        status="FAILED",
        fails={"item-0": 9, "item-1": 9},
        redrives=1,
    ),
    "a map run stopped": Scenario(
        jsonata(M=spread(3, 2, {"Type": "Wait", "Seconds": 30})), status="ABORTED", stops_after=5
    ),
    "a redrive": Scenario(
        jsonata(
            P={
                "Type": "Parallel",
                "Branches": [
                    {"StartAt": "L", "States": {"L": work("left")}},
                    {
                        "StartAt": "W",
                        "States": {"W": {"Type": "Wait", "Seconds": 1, "Next": "R"}, "R": work("right")},
                    },
                ],
                "End": True,
            }
        ),
        fails={"right": 1},
        redrives=1,
    ),
    "a timeout": Scenario(
        jsonata(W={"Type": "Wait", "Seconds": 100, "End": True}) | {"TimeoutSeconds": 20}, status="TIMED_OUT"
    ),
    "a task's timeout": Scenario(
        jsonata(
            T=token(
                TimeoutSeconds=7,
                Arguments={"FunctionName": "work", "Payload": {"key": "lost", "tries": 0}},
                Catch=[{"ErrorEquals": ["States.Timeout"], "Next": "C"}],
            ),
            C=work("caught"),
        )
    ),
    "a stop": Scenario(
        jsonata(
            P={
                "Type": "Parallel",
                "Branches": [
                    {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100, "End": True}}},
                    {"StartAt": "N", "States": {"N": _nested("startExecution.sync")}},
                ],
                "End": True,
            }
        ),
        inner=jsonata(W={"Type": "Wait", "Seconds": 50, "End": True}),
        status="ABORTED",
        stops_after=5,
    ),
}


class Run:
    """One scenario on one store, from its start to its end, with at most one kill."""

    def __init__(self, scenario: Scenario, store: Path):
        self.scenario, self.store = scenario, store
        self.external = ExternalState(scenario.fails)
        self.services = FakeServices({"work": self.external.work, "work_long": self.external.work_long})
        self.engine = self._open(None)
        self.engine.create(scenario.inner, "inner")
        self.engine.create_activity(name="pack")
        self.machine = self.engine.create(scenario.definition, "outer")
        self.arn = self.machine.replace(":stateMachine:", ":execution:") + ":it"

    def _open(self, now: float | None) -> VirtualEngine:
        engine = VirtualEngine(self.services, self.store, **({} if now is None else {"start": now}))
        self.external.engine = engine
        return engine

    def run_to_end(
        self,
        before: Callable[[], None],
        after: Callable[[], None] = lambda: None,
        between: Callable[[], None] = lambda: None,
    ) -> Result:
        try:
            with around_commits(self.engine, before, after, between):
                self._drive()
        except Killed:
            self.engine = self._open(kill(self.engine))
            self._drive()
        return self.engine.result(self.arn)

    def _drive(self) -> None:
        """Act as the client, which repeats requests without a response."""
        engine, scenario = self.engine, self.scenario
        if engine.engine.execution_row(self.arn) is None:
            engine.start(self.machine, {}, name="it")
        for _ in range(MAX_SECONDS):
            self._call_back()
            self._work_at_activity()
            status = self._status()
            if (
                status == "FAILED"
                and engine.describe_execution(executionArn=self.arn)["redriveCount"] < scenario.redrives
            ):
                engine.redrive_execution(executionArn=self.arn)
            elif status != "RUNNING":
                break
            elif scenario.stops_after is not None and self._age() >= scenario.stops_after:
                engine.stop_execution(executionArn=self.arn)
            engine.pass_time(0.5)
        engine.pass_time(60)

    def _status(self) -> str:
        return self.engine.describe_execution(executionArn=self.arn)["status"]

    def _age(self) -> float:
        return self.engine.clock.now() - self.engine.describe_execution(executionArn=self.arn)["startDate"]

    def _call_back(self) -> None:
        while self.external.tokens:
            key, token = self.external.tokens[-1]
            try:
                self.engine.send_task_success(taskToken=token, output="1")
            except ApiError as error:
                assert error.code == "TaskTimedOut"
            self.external.called_back.add(key)
            self.external.tokens.pop()

    def _work_at_activity(self) -> None:
        events = self.engine.get_execution_history(executionArn=self.arn, reverseOrder=True)["events"]
        if events[0]["type"] == "ActivityScheduled":
            task = self.engine.get_activity_task(activityArn=ACTIVITY)
            self.engine.send_task_success(taskToken=task["taskToken"], output="1")

    def close(self) -> None:
        self.engine.close()
        for file in self.store.parent.glob(f"{self.store.name}*"):
            file.unlink()

    def observable_result(self) -> dict[str, Any]:
        """Return the result without values that differ between runs."""
        engine, varying = self.engine, self.scenario.varying
        result = engine.result(self.arn)
        runs = engine.list_map_runs(executionArn=self.arn)["mapRuns"]
        described = [engine.describe_map_run(mapRunArn=run["mapRunArn"]) for run in runs]
        inner = engine.list_executions(stateMachineArn=self.machine.replace("outer", "inner"))["executions"]
        assert [event["id"] for event in result.history] == list(range(1, len(result.history) + 1))
        return {
            "status": (result.status, result.error),
            "output": result.output,
            "events": Counter(event["type"] for event in result.history if event["type"] not in varying),
            "states": result.states,
            "map runs": [(run["status"], run["executionCounts"], run["itemCounts"]) for run in described],
            "inner": [execution["status"] for execution in inner],
            "done": Counter(self.external.done()),
        }


@pytest.fixture
def folder() -> Iterator[Path]:
    # Use memory if possible: each run writes the store about ten times.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as name:
        yield Path(name)


@pytest.mark.parametrize("name", SCENARIOS)
def test_kill_at_any_commit_does_not_change_result(folder: Path, name: str) -> None:
    commits = 0

    def count() -> None:
        nonlocal commits
        commits += 1

    undisturbed = Run(SCENARIOS[name], folder / "undisturbed.db")
    ended = undisturbed.run_to_end(count)
    expected = undisturbed.observable_result()
    undisturbed.close()
    assert ended.status == SCENARIOS[name].status

    for at in range(1, commits + 1):
        for moment in ("before", "in", "after"):
            run = Run(SCENARIOS[name], folder / "killed.db")
            again = run.run_to_end(**killing(at, moment))
            assert run.observable_result() == expected, f"killed {moment} commit {at}"
            if not run.scenario.varying:
                assert abs(again.elapsed - ended.elapsed) <= 1
            run.close()


def killing(at: int, moment: str) -> dict[str, Callable[[], None]]:
    """Return callbacks that kill the engine at the commit with this number."""
    commits = 0

    def kill_if(now: str) -> None:
        if commits == at and moment == now:
            raise Killed

    def before_it() -> None:
        nonlocal commits
        commits += 1
        kill_if("before")

    return {"before": before_it, "between": lambda: kill_if("in"), "after": lambda: kill_if("after")}
