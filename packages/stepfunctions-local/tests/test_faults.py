"""Mock files of AWS Step Functions Local, and fault plans."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stepfunctions_local.faults import Fault, FaultPlan, MockConfigError, Mocks, mocked
from stepfunctions_local.testing import FakeServices, VirtualEngine

RETRY = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 2}]


def task(**more: object) -> dict:
    arguments = {"FunctionName": "work", "Payload": {}}
    body = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": arguments,
        "TimeoutSeconds": 10,
    }
    return {"QueryLanguage": "JSONata", "StartAt": "T", "States": {"T": {**body, "End": True, **more}}}


class Counting:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, _: object) -> int:
        self.calls += 1
        return self.calls


MOCKS = {
    "StateMachines": {
        "orders": {"TestCases": {"Happy": {"T": "Good"}, "Retried": {"T": "BadThenGood"}, "Real": {}}},
    },
    "MockedResponses": {
        "Good": {"0": {"Return": {"Payload": "mocked"}}},
        "BadThenGood": {
            "0-1": {"Throw": {"Error": "Busy", "Cause": "not now"}},
            "2": {"Return": {"Payload": "at last"}},
        },
    },
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "mocks.json"
    path.write_text(json.dumps(MOCKS))
    return path


@pytest.mark.parametrize(
    ("case", "payload", "calls", "elapsed"),
    [("#Happy", "mocked", 0, 0), ("#Retried", "at last", 0, 2), ("#Real", 1, 1, 0), ("", 1, 1, 0)],
)
def test_states_of_test_case_are_mocked(
    config: Path, case: str, payload: object, calls: int, elapsed: float
) -> None:
    work = Counting()

    async def proceed(call):
        return await call.proceed()

    with VirtualEngine(FakeServices({"work": work}), invoker=mocked(config, proceed)) as engine:
        machine = engine.create(task(Retry=RETRY, Output="{% $states.result.Payload %}"), "orders")
        started = engine.start_execution(stateMachineArn=machine + case)
        result = engine.finish(started["executionArn"])
    assert (result.output, work.calls, result.elapsed) == (payload, calls, elapsed)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"StateMachines": {"m": {"TestCases": {"C": {"T": "None"}}}}}, "StateMachines/m/TestCases/C/T"),
        ({"MockedResponses": {"R": {"x": {"Return": 1}}}}, "MockedResponses/R/x"),
        (
            {"StateMachines": {"m": {"TestCases": {"C": {"T": {"0": {"Return": 1}}}}}}},
            "StateMachines/m/TestCases/C/T",
        ),
        (
            {"StateMachines": {"m": {"TestCases": {"C": ["T"]}}}},
            "StateMachines/m/TestCases/C must be an object",
        ),
        ({"StateMachines": {"m": {"TestCases": ["C"]}}}, "StateMachines/m/TestCases must be an object"),
        ({"StateMachines": {"m": None}}, "StateMachines/m must be an object; got null"),
        ({"StateMachines": ["m"]}, "StateMachines must be an object"),
        ([], "The mock configuration must be an object"),
        ({"MockedResponses": {"R": {"0": {}}}}, "MockedResponses/R/0"),
        ({"MockedResponses": {"R": {"0": 1}}}, "MockedResponses/R/0 must be an object"),
        ({"MockedResponses": {"R": {"0": {"Throw": "Busy"}}}}, "MockedResponses/R/0/Throw must be an object"),
        ({"MockedResponses": {"R": [1]}}, "MockedResponses/R must be an object"),
        ({"MockedResponses": {"R": {"3-1": {"Return": 1}}}}, "MockedResponses/R/3-1"),
        ({"MockedResponses": {"R": {"1-": {"Return": 1}}}}, "MockedResponses/R/1-"),
    ],
)
def test_invalid_mock_file_error_names_place(change: dict, place: str) -> None:
    with pytest.raises(MockConfigError, match=place):
        Mocks(change)


@pytest.mark.parametrize(
    ("fault", "status", "calls", "elapsed"),
    [
        (Fault("T", "before_effect"), "SUCCEEDED", 1, 1),
        (Fault("T", "after_effect"), "SUCCEEDED", 2, 1),
        (Fault("T", "time_out_before_effect"), "SUCCEEDED", 1, 11),
        (Fault("T", "time_out_after_effect"), "SUCCEEDED", 2, 11),
        (Fault("T", "throttle", times=2), "SUCCEEDED", 1, 2),
        (Fault("T", "throttle", times=1_000_000), "FAILED", 0, 2),
        (Fault("T", "deliver_twice"), "SUCCEEDED", 2, 0),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else None,
)
def test_fault_is_injected_into_its_task(
    virtual_engine,
    fault: Fault,
    status: str,
    calls: int,
    elapsed: float,
) -> None:
    work = Counting()
    result = virtual_engine(FakeServices({"work": work}), fault).run(task(Retry=RETRY))
    assert (result.status, work.calls, result.elapsed) == (status, calls, elapsed)


@pytest.mark.parametrize("fault", [Fault("T", "before_effect", first=1), Fault("Other", "before_effect")])
def test_plan_names_faults_that_no_delivery_had(fault: Fault) -> None:
    work, plan = Counting(), FaultPlan(fault, Fault("T", "deliver_twice"))
    with VirtualEngine(FakeServices({"work": work}), invoker=plan) as engine:
        engine.run(task(Retry=RETRY))
    assert (work.calls, plan.unused()) == (2, [fault])


def test_fault_that_no_delivery_had_fails_its_test(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "from stepfunctions_local.faults import Fault\n"
        "def test_it(virtual_engine):\n"
        "    engine = virtual_engine(None, Fault('Chrage', 'throttle'))\n"
        "    engine.run({'StartAt': 'P', 'States': {'P': {'Type': 'Pass', 'End': True}}})\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
    tested = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    expected = "No delivery had these faults: throttle of Chrage. Tasks that were delivered: none."
    assert (tested.returncode, expected in tested.stdout) == (1, True), tested.stdout


@pytest.mark.parametrize(
    ("resource", "arguments", "error"),
    [
        ("lambda:invoke", {"FunctionName": "work"}, "Lambda.TooManyRequestsException"),
        ("sqs:sendMessage", {"QueueUrl": "q", "MessageBody": "m"}, "SQS.RequestThrottledException"),
        ("sns:publish", {"TopicArn": "t", "Message": "m"}, "SNS.ThrottledException"),
        ("events:putEvents", {"Entries": []}, "EventBridge.ThrottlingException"),
        ("states:startExecution", {"StateMachineArn": "m"}, "StepFunctions.ThrottlingException"),
        ("aws-sdk:dynamodb:listTables", {}, "DynamoDb.ThrottlingException"),
        ("aws-sdk:secretsmanager:listSecrets", {}, "SecretsManager.ThrottlingException"),
    ],
)
def test_throttle_uses_error_name_of_service(resource: str, arguments: dict, error: str) -> None:
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "T",
        "States": {
            "T": {
                "Type": "Task",
                "Resource": f"arn:aws:states:::{resource}",
                "Arguments": arguments,
                "End": True,
            }
        },
    }
    with VirtualEngine(FakeServices(), invoker=FaultPlan(Fault("T", "throttle"))) as engine:
        assert engine.run(definition).error == error


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "timeout"}, "kind must be one of before_effect, .*garbage; got 'timeout'"),
        ({"kind": "throttle", "times": 0}, "times must be at least 1; got 0"),
        ({"kind": "throttle", "first": -1}, "first must be at least 0; got -1"),
    ],
)
def test_fault_that_would_inject_nothing_is_refused(values: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Fault("T", **values)


def test_unknown_test_case_fails_without_calls(config: Path) -> None:
    work = Counting()

    async def proceed(call):
        return await call.proceed()

    with VirtualEngine(FakeServices({"work": work}), invoker=mocked(config, proceed)) as engine:
        machine = engine.create(task(), "orders")
        started = engine.start_execution(stateMachineArn=machine + "#Hapy")
        result = engine.finish(started["executionArn"])
    assert (result.error, work.calls) == ("States.Runtime", 0)
    assert result.cause == (
        "The mock configuration has no test case 'Hapy' for the state machine 'orders'. "
        "Available: Happy, Retried, Real."
    )


def test_garbage_result_is_returned_after_call() -> None:
    work, plan = Counting(), FaultPlan(Fault("T", "garbage", result={"Payload": None}))
    with VirtualEngine(FakeServices({"work": work}), invoker=plan) as engine:
        assert engine.run(task(Output="{% $states.result %}")).output == {"Payload": None}
    assert work.calls == 1


def test_late_effect_is_made_a_day_later() -> None:
    work, plan = Counting(), FaultPlan(Fault("T", "late_effect"))
    with VirtualEngine(FakeServices({"work": work}), invoker=plan) as engine:
        assert engine.run(task()).error == "States.Timeout"
        assert work.calls == 0
        engine.pass_time(90_000)
    assert work.calls == 1
