"""Restart of an engine on its store, and redrive."""

import asyncio
from pathlib import Path

import pytest

from stepfunctions_local.errors import ApiError, StoreBusy
from stepfunctions_local.storage.store import Store
from stepfunctions_local.testing import FakeServices, VirtualEngine

INVOKE = "arn:aws:states:::lambda:invoke"


class Sometimes:
    """A function that fails a number of times and counts its calls."""

    def __init__(self, failures: int = 0):
        self.failures = failures
        self.calls: list[object] = []

    def __call__(self, given: object) -> object:
        self.calls.append(given)
        if len(self.calls) <= self.failures:
            raise ConnectionError("away")
        return given


def work(**state: object) -> dict:
    arguments = {"FunctionName": "work", "Payload": "{% $states.input %}"}
    return {
        "Type": "Task",
        "Resource": INVOKE,
        "Arguments": arguments,
        "Output": "{% $states.result.Payload %}",
        **state,
    }


def jsonata(**states: dict) -> dict:
    return {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "states.db"


def reopened(
    engine: VirtualEngine, store: Path, services: FakeServices | None = None, after: float = 0.0
) -> VirtualEngine:
    """Close the engine and reopen it after some seconds."""
    now = engine.clock.now()
    engine.close()
    return VirtualEngine(services or FakeServices(), store=store, start=now + after)


def test_wait_ends_at_its_time_after_restart(store: Path) -> None:
    definition = jsonata(
        A={"Type": "Pass", "Assign": {"x": 5}, "Next": "W"},
        W={"Type": "Wait", "Seconds": 100, "Next": "B"},
        B={"Type": "Pass", "Output": "{% $x %}", "End": True},
    )
    engine = VirtualEngine(store=store)
    arn = engine.start(engine.create(definition))
    engine.pass_time(30)
    with reopened(engine, store) as engine:
        assert engine.result(arn).status == "RUNNING"
        result = engine.finish(arn)
    assert (result.output, result.elapsed) == (5, 100)
    assert [event["id"] for event in result.history] == list(range(1, 9))


def test_retry_count_survives_restart(store: Path) -> None:
    definition = jsonata(
        T=work(
            End=True,
            Retry=[
                {
                    "ErrorEquals": ["ConnectionError"],
                    "IntervalSeconds": 60,
                    "BackoffRate": 2,
                    "MaxAttempts": 2,
                }
            ],
        )
    )
    function = Sometimes(failures=9)
    engine = VirtualEngine(FakeServices({"work": function}), store=store)
    arn = engine.start(engine.create(definition))
    engine.pass_time(70)
    with reopened(engine, store, FakeServices({"work": function})) as engine:
        result = engine.finish(arn)
    assert (result.status, result.elapsed, len(function.calls)) == ("FAILED", 180, 3)


def test_task_token_is_valid_after_restart(store: Path) -> None:
    tokens: list[str] = []
    services = FakeServices({"work": lambda given: tokens.append(given)})
    definition = jsonata(
        T={
            "Type": "Task",
            "Resource": f"{INVOKE}.waitForTaskToken",
            "Arguments": {"FunctionName": "work", "Payload": "{% $states.context.Task.Token %}"},
            "HeartbeatSeconds": 600,
            "End": True,
        }
    )
    engine = VirtualEngine(services, store=store)
    arn = engine.start(engine.create(definition))
    engine.pass_time(10)
    with reopened(engine, store, services) as engine:
        engine.send_task_success(taskToken=tokens[0], output="7")
        result = engine.finish(arn)
    assert (result.output, len(tokens)) == (7, 1)


@pytest.mark.parametrize(
    ("limits", "error"),
    [({"TimeoutSeconds": 60}, "States.Timeout"), ({"HeartbeatSeconds": 60}, "States.HeartbeatTimeout")],
)
def test_task_timeout_includes_downtime(store: Path, limits: dict, error: str) -> None:
    services = FakeServices({"work": lambda _: None})
    task = {
        "Type": "Task",
        "Resource": f"{INVOKE}.waitForTaskToken",
        "Arguments": {"FunctionName": "work", "Payload": "{% $states.context.Task.Token %}"},
        "Catch": [{"ErrorEquals": [error], "Next": "C"}],
        "End": True,
        **limits,
    }
    engine = VirtualEngine(services, store=store)
    arn = engine.start(engine.create(jsonata(T=task, C={"Type": "Pass", "Output": "late", "End": True})))
    engine.pass_time(10)
    with reopened(engine, store, services, after=1000) as engine:
        result = engine.finish(arn)
    assert (result.output, result.elapsed) == ("late", 1010)


def test_expired_wait_and_timeout_end_at_restart(store: Path) -> None:
    wait = jsonata(W={"Type": "Wait", "Seconds": 100, "End": True})
    engine = VirtualEngine(store=store)
    waiting = engine.start(engine.create(wait))
    limited = engine.start(engine.create(wait | {"TimeoutSeconds": 50}))
    engine.pass_time(10)
    with reopened(engine, store, after=1000) as engine:
        ended = [engine.finish(waiting), engine.finish(limited)]
    assert [(result.status, result.elapsed) for result in ended] == [("SUCCEEDED", 1010), ("TIMED_OUT", 1010)]


def test_expired_task_is_not_delivered_again(store: Path) -> None:
    calls: list[object] = []

    async def slow(given: object) -> object:
        calls.append(given)
        await asyncio.sleep(30)
        return given

    services = FakeServices({"work": slow})
    engine = VirtualEngine(services, store=store)
    arn = engine.start(engine.create(jsonata(T=work(TimeoutSeconds=60, End=True))))
    engine.pass_time(10)
    with reopened(engine, store, services, after=1000) as engine:
        result = engine.finish(arn)
    assert (result.error, result.elapsed, len(calls)) == ("States.Timeout", 1010, 1)


def test_callback_before_deadline_counts_after_restart(store: Path) -> None:
    tokens: list[str] = []
    services = FakeServices({"work": lambda given: tokens.append(given)})
    task = {
        "Type": "Task",
        "Resource": f"{INVOKE}.waitForTaskToken",
        "Arguments": {"FunctionName": "work", "Payload": "{% $states.context.Task.Token %}"},
        "TimeoutSeconds": 60,
        "End": True,
    }
    engine = VirtualEngine(services, store=store)
    arn = engine.start(engine.create(jsonata(T=task)))
    engine.pass_time(10)
    engine.close()
    with Loaded(services, store=store) as engine:
        engine.send_task_success(taskToken=tokens[0], output="7")
        engine.pass_time(100)
        engine.wait(engine.resume())
        assert engine.finish(arn).output == 7


class Loaded(VirtualEngine):
    """An engine that has loaded its executions without running them."""

    async def _start(self) -> None:
        self.engine.load()

    async def resume(self) -> None:
        self.engine.resume()


def test_loaded_execution_accepts_callback_and_stop_before_resume(store: Path) -> None:
    tokens: list[str] = []
    services = FakeServices({"work": lambda given: tokens.append(given)})
    task = {
        "Type": "Task",
        "Resource": f"{INVOKE}.waitForTaskToken",
        "Arguments": {"FunctionName": "work", "Payload": "{% $states.context.Task.Token %}"},
        "End": True,
    }
    engine = VirtualEngine(services, store=store)
    machine = engine.create(jsonata(T=task))
    called, stopped = engine.start(machine), engine.start(machine)
    engine.pass_time(10)
    engine.close()
    with Loaded(services, store=store) as engine:
        engine.send_task_success(taskToken=tokens[0], output="7")
        engine.stop_execution(executionArn=stopped)
        engine.pass_time(5)
        assert [engine.result(arn).status for arn in (called, stopped)] == ["RUNNING", "ABORTED"]
        engine.wait(engine.resume())
        assert engine.finish(called).output == 7
    assert len(tokens) == 2


def test_completed_branches_are_not_run_again(store: Path) -> None:
    function = Sometimes()
    services = FakeServices({"work": function})
    done_then_wait = {
        "StartAt": "T",
        "States": {
            "T": work(Next="W"),
            "W": {"Type": "Wait", "Seconds": "{% $states.input * 100 %}", "End": True},
        },
    }
    definition = jsonata(
        M={
            "Type": "Map",
            "Items": [1, 2, 3],
            "MaxConcurrency": 2,
            "ItemProcessor": done_then_wait,
            "End": True,
        }
    )
    engine = VirtualEngine(services, store=store)
    arn = engine.start(engine.create(definition))
    engine.pass_time(150)
    with reopened(engine, store, services) as engine:
        result = engine.finish(arn)
    assert result.output == [1, 2, 3]
    assert function.calls == [1, 2, 3]
    assert result.elapsed == 400
    succeeded = [
        e["mapIterationSucceededEventDetails"]["index"] for e in result.events("MapIterationSucceeded")
    ]
    assert succeeded == [0, 1, 2]


def test_failed_branch_stays_failed_after_restart(store: Path) -> None:
    function = Sometimes(failures=9)

    async def hard_to_stop(_: object) -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            await asyncio.sleep(100)

    services = FakeServices({"work": function, "other": hard_to_stop})
    other = {
        "StartAt": "O",
        "States": {"O": work(Arguments={"FunctionName": "other", "Payload": 1}, End=True)},
    }
    failing = {
        "StartAt": "W",
        "States": {"W": {"Type": "Wait", "Seconds": 10, "Next": "T"}, "T": work(End=True)},
    }
    engine = VirtualEngine(services, store=store)
    arn = engine.start(
        engine.create(jsonata(P={"Type": "Parallel", "Branches": [other, failing], "End": True}))
    )
    engine.pass_time(20)
    assert engine.result(arn).status == "RUNNING"
    with reopened(engine, store, FakeServices({"work": function, "other": lambda _: 1})) as engine:
        result = engine.finish(arn)
    assert (result.error, len(function.calls)) == ("ConnectionError", 1)


def test_scheduled_activity_task_survives_restart(store: Path) -> None:
    activity = "arn:aws:states:us-east-1:000000000000:activity:pack"
    engine = VirtualEngine(store=store)
    engine.create_activity(name="pack")
    arn = engine.start(engine.create(jsonata(T={"Type": "Task", "Resource": activity, "End": True})), 1)
    with reopened(engine, store) as engine:
        task = engine.get_activity_task(activityArn=activity)
        engine.send_task_success(taskToken=task["taskToken"], output=task["input"])
        assert engine.finish(arn).output == 1


def test_nested_execution_is_not_started_twice(store: Path) -> None:
    engine = VirtualEngine(store=store)
    inner = engine.create(jsonata(W={"Type": "Wait", "Seconds": 100, "End": True}), "inner")
    outer = jsonata(
        T={
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Arguments": {"StateMachineArn": inner},
            "End": True,
        }
    )
    arn = engine.start(engine.create(outer, "outer"))
    engine.pass_time(10)
    with reopened(engine, store) as engine:
        result = engine.finish(arn)
        started = engine.list_executions(stateMachineArn=inner)["executions"]
    assert (result.status, result.elapsed, len(started)) == ("SUCCEEDED", 100, 1)


def test_map_run_continues_with_remaining_children(store: Path) -> None:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "T",
        "States": {"T": work(Next="W"), "W": {"Type": "Wait", "Seconds": 100, "End": True}},
    }
    function = Sometimes()
    services = FakeServices({"work": function})
    engine = VirtualEngine(services, store=store)
    definition = jsonata(
        M={"Type": "Map", "Items": [1, 2, 3], "MaxConcurrency": 1, "ItemProcessor": processor, "End": True}
    )
    arn = engine.start(engine.create(definition))
    engine.pass_time(150)
    with reopened(engine, store, services) as engine:
        result = engine.finish(arn)
    assert (result.output, result.elapsed, function.calls) == ([1, 2, 3], 300, [1, 2, 3])


def test_store_is_locked_by_one_process(store: Path) -> None:
    first = Store(store)
    with pytest.raises(StoreBusy, match="already open in process"):
        Store(store)
    first.close()
    Store(store).close()


def test_redrive_resumes_at_failed_state_with_variables(store: Path) -> None:
    function = Sometimes(failures=1)
    services = FakeServices({"work": function})
    definition = jsonata(
        A={"Type": "Pass", "Assign": {"x": 5}, "Output": 1, "Next": "T"},
        T=work(Next="B"),
        B={
            "Type": "Pass",
            "Output": "{% [$states.input, $x, $states.context.Execution.RedriveCount] %}",
            "End": True,
        },
    )
    engine = VirtualEngine(services, store=store)
    arn = engine.start(engine.create(definition))
    failed = engine.finish(arn)
    assert failed.error == "ConnectionError"
    assert engine.describe_execution(executionArn=arn)["redriveStatus"] == "REDRIVABLE"
    with reopened(engine, store, services) as engine:
        engine.redrive_execution(executionArn=arn)
        result = engine.finish(arn)
        described = engine.describe_execution(executionArn=arn)
    assert (result.status, result.output) == ("SUCCEEDED", [1, 5, 1])
    assert described["redriveCount"] == 1
    assert "error" not in described
    kinds = [event["type"] for event in result.history[len(failed.history) :]]
    assert kinds[:3] == ["ExecutionRedriven", "TaskScheduled", "TaskStarted"]
    assert result.states == ["A", "T", "B"]


def test_redrive_runs_only_unfinished_branches() -> None:
    function = Sometimes(failures=1)
    other = Sometimes()
    left = {
        "StartAt": "L",
        "States": {"L": work(Arguments={"FunctionName": "other", "Payload": 1}, End=True)},
    }
    right = {
        "StartAt": "W",
        "States": {"W": {"Type": "Wait", "Seconds": 1, "Next": "R"}, "R": work(End=True)},
    }
    with VirtualEngine(FakeServices({"work": function, "other": other})) as engine:
        definition = jsonata(P={"Type": "Parallel", "Branches": [left, right], "End": True})
        arn = engine.start(engine.create(definition), 2)
        assert engine.finish(arn).status == "FAILED"
        engine.redrive_execution(executionArn=arn)
        result = engine.finish(arn)
    assert result.output == [1, 2]
    assert (len(other.calls), len(function.calls)) == (1, 2)


def test_redrive_of_map_run_runs_failed_children() -> None:
    failures = {2}

    def function(given: int) -> int:
        if given in failures:
            failures.discard(given)
            raise ConnectionError("away")
        return given

    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "T",
        "States": {"T": work(End=True)},
    }
    with VirtualEngine(FakeServices({"work": function})) as engine:
        definition = jsonata(M={"Type": "Map", "Items": [1, 2, 3], "ItemProcessor": processor, "End": True})
        arn = engine.start(engine.create(definition))
        assert engine.finish(arn).status == "FAILED"
        engine.redrive_execution(executionArn=arn)
        result = engine.finish(arn)
        run = engine.list_map_runs(executionArn=arn)["mapRuns"]
    assert (result.output, len(run)) == ([1, 2, 3], 1)
    assert len(result.events("MapRunRedriven")) == 1


def test_redrive_of_map_run_starts_failed_express_children_again() -> None:
    function = Sometimes(failures=2)
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
        "StartAt": "First",
        "States": {"First": {"Type": "Pass", "Next": "T"}, "T": work(End=True)},
    }
    with VirtualEngine(FakeServices({"work": function})) as engine:
        state = {"Type": "Map", "Items": [1, 2, 3], "ItemProcessor": processor, "End": True}
        arn = engine.start(engine.create(jsonata(M=state | {"ToleratedFailureCount": 1})))
        assert engine.finish(arn).status == "FAILED"
        engine.redrive_execution(executionArn=arn)
        result = engine.finish(arn)
        run = engine.list_map_runs(executionArn=arn)["mapRuns"][0]["mapRunArn"]
        described = engine.describe_map_run(mapRunArn=run)
        children = engine.list_executions(mapRunArn=run)["executions"]
    assert (result.status, result.output) == ("SUCCEEDED", [1, 2, 3])
    assert (described["status"], described["executionCounts"]["succeeded"]) == ("SUCCEEDED", 3)
    assert [child["status"] for child in children] == ["SUCCEEDED"] * 3
    assert {child["redriveCount"] for child in children} == {0}


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_counts_of_redriven_map_run_have_children_that_wait_for_their_redrive(kind: str) -> None:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind},
        "StartAt": "W",
        "States": {"W": {"Type": "Wait", "Seconds": 10, "Next": "T"}, "T": work(End=True)},
    }
    failing = Sometimes(failures=3)
    with VirtualEngine(FakeServices({"work": failing})) as engine:
        state = {"Type": "Map", "Items": [1, 2, 3], "ItemProcessor": processor, "MaxConcurrency": 1}
        state |= {"ToleratedFailureCount": 2, "End": True}
        arn = engine.start(engine.create(jsonata(M=state)))
        assert engine.finish(arn).status == "FAILED"
        run = engine.list_map_runs(executionArn=arn)["mapRuns"][0]["mapRunArn"]
        before = engine.describe_map_run(mapRunArn=run)["itemCounts"]
        engine.redrive_execution(executionArn=arn)
        if kind == "EXPRESS":
            engine.pass_time(5)
            counts = engine.describe_map_run(mapRunArn=run)["itemCounts"]
            assert (counts["running"], counts["pending"], counts["pendingRedrive"]) == (1, 0, 2)
        assert engine.finish(arn).output == [1, 2, 3]
        after = engine.describe_map_run(mapRunArn=run)["itemCounts"]
    assert (before["failed"], "pendingRedrive" in before) == (3, False)
    assert (after["succeeded"], after["pendingRedrive"], after["failuresNotRedrivable"]) == (3, 0, 0)


@pytest.mark.parametrize("seconds", [5, 15, 25])
def test_redrive_of_express_children_continues_after_restart(store: Path, seconds: int) -> None:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
        "StartAt": "W",
        "States": {"W": {"Type": "Wait", "Seconds": 10, "Next": "T"}, "T": work(End=True)},
    }
    services = FakeServices({"work": Sometimes(failures=3)})
    engine = VirtualEngine(services, store=store)
    state = {"Type": "Map", "Items": [1, 2, 3], "ItemProcessor": processor, "MaxConcurrency": 1}
    state |= {"ToleratedFailureCount": 2, "End": True}
    arn = engine.start(engine.create(jsonata(M=state)))
    assert engine.finish(arn).status == "FAILED"
    engine.redrive_execution(executionArn=arn)
    engine.pass_time(seconds)
    with reopened(engine, store, services) as engine:
        assert engine.finish(arn).output == [1, 2, 3]
        run = engine.list_map_runs(executionArn=arn)["mapRuns"][0]["mapRunArn"]
        assert len(engine.list_executions(mapRunArn=run)["executions"]) == 3


def test_execution_is_redrivable_for_two_weeks() -> None:
    with VirtualEngine() as engine:
        arn = engine.start(engine.create({"StartAt": "F", "States": {"F": {"Type": "Fail"}}}))
        engine.pass_time(14 * 86_400 + 1)
        described = engine.describe_execution(executionArn=arn)
        with pytest.raises(ApiError) as refused:
            engine.redrive_execution(executionArn=arn)
    assert described["redriveStatus"] == "NOT_REDRIVABLE"
    assert described["redriveStatusReason"] == "Execution redrivable period exceeded"
    assert refused.value.message == "Execution Not Redrivable: 'Execution redrivable period exceeded'"


def test_succeeded_execution_cannot_be_redriven() -> None:
    with VirtualEngine() as engine:
        result = engine.run(jsonata(A={"Type": "Succeed"}))
        with pytest.raises(ApiError) as refused:
            engine.redrive_execution(executionArn=result.arn)
        described = engine.describe_execution(executionArn=result.arn)
    assert refused.value.code == "ExecutionNotRedrivable"
    assert described["redriveStatus"] == "NOT_REDRIVABLE"
    assert described["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
