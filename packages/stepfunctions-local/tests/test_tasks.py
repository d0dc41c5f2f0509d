"""Tasks: events, retries, catchers, timeouts, heartbeats, callbacks, activities, nested executions."""

import asyncio
import json
import re

import pytest

from stepfunctions_local.errors import ApiError
from stepfunctions_local.services import ServiceError
from stepfunctions_local.testing import FakeServices, Result, VirtualEngine

INVOKE = "arn:aws:states:::lambda:invoke"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:work"
ACTIVITY = "arn:aws:states:us-east-1:000000000000:activity:pack"


class Declined(Exception):
    pass


class Busy(Exception):
    pass


def jsonata(**state: object) -> dict:
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "T",
        "States": {"T": {"Type": "Task", "End": True, **state}},
    }


def invoke(**state: object) -> dict:
    arguments = {"FunctionName": "work", "Payload": "{% $states.input %}"}
    return jsonata(Resource=INVOKE, Arguments=arguments, **state)


def run(definition: dict, work, given: object = None) -> Result:
    with VirtualEngine(FakeServices({"work": work})) as engine:
        return engine.run(definition, given)


def failing(*errors: Exception):
    """Return a function that raises these errors in turn and then returns its number of calls."""
    left = list(errors)
    calls = []

    def work(_: object) -> int:
        calls.append(1)
        if left:
            raise left.pop(0)
        return len(calls)

    return work


def kinds(result: Result) -> list[str]:
    return [event["type"] for event in result.history]


def test_service_task_events() -> None:
    result = run(
        invoke(TimeoutSeconds=20, Output="{% $states.result.Payload %}"), lambda given: given, {"a": 1}
    )
    assert result.output == {"a": 1}
    assert kinds(result)[1:-1] == [
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
    ]
    assert result.history[2]["taskScheduledEventDetails"] == {
        "resource": "invoke",
        "resourceType": "lambda",
        "region": "us-east-1",
        "parameters": '{"FunctionName":"work","Payload":{"a":1}}',
        "timeoutInSeconds": 20,
    }
    assert result.history[3]["taskStartedEventDetails"] == {"resource": "invoke", "resourceType": "lambda"}


def test_function_arn_task_events() -> None:
    definition = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": FUNCTION, "End": True}}}
    good = run(definition, lambda given: given["a"], {"a": 1})
    assert kinds(good)[2:5] == ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"]
    assert good.history[2]["lambdaFunctionScheduledEventDetails"] == {
        "resource": FUNCTION,
        "input": '{"a":1}',
        "inputDetails": {"truncated": False},
    }
    assert good.history[4]["lambdaFunctionSucceededEventDetails"] == {
        "output": "1",
        "outputDetails": {"truncated": False},
    }
    bad = run(definition, failing(Declined("no")))
    assert bad.history[4]["type"] == "LambdaFunctionFailed"
    assert bad.history[4]["lambdaFunctionFailedEventDetails"]["error"] == "Declined"


def test_retriers_have_own_delays_and_counts() -> None:
    retry = [
        {
            "ErrorEquals": ["Busy"],
            "IntervalSeconds": 2,
            "BackoffRate": 3,
            "MaxAttempts": 5,
            "MaxDelaySeconds": 10,
        },
        {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 100, "MaxAttempts": 1},
    ]
    work = failing(Busy("1"), Busy("2"), Declined("3"), Busy("4"))
    result = run(invoke(Retry=retry, Output="{% $states.result.Payload %}"), work)
    assert result.output == 5
    assert result.elapsed == 2 + 6 + 100 + 10
    assert kinds(result).count("TaskScheduled") == 5
    assert kinds(result).count("TaskStateEntered") == 1
    assert [e["previousEventId"] for e in result.events("TaskScheduled")] == [2, 5, 8, 11, 14]


def test_exhausted_retrier_falls_through_to_catch() -> None:
    retry = [{"ErrorEquals": ["Busy"], "IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 2}]
    catch = [
        {"ErrorEquals": ["Busy"], "Assign": {"why": "{% $states.errorOutput.Error %}"}, "Next": "Caught"}
    ]
    definition = invoke(Retry=retry, Catch=catch)
    definition["States"]["Caught"] = {
        "Type": "Pass",
        "Output": "{% [$why, $states.input.Cause] %}",
        "End": True,
    }
    result = run(definition, failing(*[Busy("full")] * 3))
    assert result.elapsed == 2
    assert result.output == ["Busy", '{"errorMessage":"full","errorType":"Busy"}']
    exited = result.events("TaskStateExited")[0]["stateExitedEventDetails"]
    assert exited["assignedVariables"] == {"why": '"Busy"'}


def test_full_jitter_is_bounded_and_repeatable() -> None:
    retry = [
        {
            "ErrorEquals": ["Busy"],
            "IntervalSeconds": 10,
            "BackoffRate": 1,
            "MaxAttempts": 9,
            "JitterStrategy": "FULL",
        }
    ]
    first, second = (run(invoke(Retry=retry), failing(*[Busy("x")] * 9)).elapsed for _ in range(2))
    assert 0 < first < 90
    assert first == second


@pytest.mark.parametrize(
    ("pattern", "caught"), [("States.Timeout", True), ("States.ALL", True), ("States.TaskFailed", False)]
)
def test_timeout_is_matched_by_its_names(pattern: str, caught: bool) -> None:
    async def slow(_: object) -> None:
        await asyncio.sleep(100)

    definition = invoke(TimeoutSeconds=7, Catch=[{"ErrorEquals": [pattern], "Next": "Caught"}])
    definition["States"]["Caught"] = {"Type": "Succeed"}
    result = run(definition, slow)
    assert result.elapsed == 7
    assert result.status == ("SUCCEEDED" if caught else "FAILED")
    assert result.events("TaskTimedOut")[0]["taskTimedOutEventDetails"] == {
        "error": "States.Timeout",
        "resource": "invoke",
        "resourceType": "lambda",
    }


@pytest.mark.parametrize("name", ["States.ALL", "States.Runtime", "States.TaskFailed"])
def test_runtime_failure_is_neither_caught_nor_retried(name: str) -> None:
    definition = {
        "StartAt": "T",
        "States": {
            "T": {
                "Type": "Task",
                "Resource": FUNCTION,
                "Parameters": {"x.$": "$.missing"},
                "Retry": [{"ErrorEquals": [name], "IntervalSeconds": 60}],
                "Catch": [{"ErrorEquals": [name], "Next": "Caught"}],
                "End": True,
            },
            "Caught": {"Type": "Succeed"},
        },
    }
    result = run(definition, lambda given: given)
    assert (result.status, result.error, result.elapsed) == ("FAILED", "States.Runtime", 0)


def test_runtime_failure_in_branch_is_not_caught_by_parallel() -> None:
    inner = {"Type": "Pass", "Parameters": {"x.$": "$.missing"}, "End": True}
    definition = {
        "StartAt": "P",
        "States": {
            "P": {
                "Type": "Parallel",
                "Branches": [{"StartAt": "B", "States": {"B": inner}}],
                "Catch": [{"ErrorEquals": ["States.Runtime"], "Next": "Caught"}],
                "End": True,
            },
            "Caught": {"Type": "Succeed"},
        },
    }
    result = run(definition, lambda given: given)
    assert (result.status, result.error) == ("FAILED", "States.Runtime")


def test_timeouts_come_from_paths_and_expressions() -> None:
    async def slow(_: object) -> None:
        await asyncio.sleep(100)

    path = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": FUNCTION, "End": True}}}
    path["States"]["T"]["TimeoutSecondsPath"] = "$.limit"
    assert run(path, slow, {"limit": 9}).elapsed == 9
    assert run(invoke(TimeoutSeconds="{% $states.input.limit %}"), slow, {"limit": 11}).elapsed == 11
    assert run(path, slow, {"limit": "soon"}).error == "States.Runtime"


def wait_for_token(**state: object) -> dict:
    arguments = {"FunctionName": "work", "Payload": {"token": "{% $states.context.Task.Token %}"}}
    return jsonata(Resource=f"{INVOKE}.waitForTaskToken", Arguments=arguments, **state)


@pytest.fixture
def tokens() -> list[str]:
    return []


@pytest.fixture
def engine(tokens: list[str]):
    with VirtualEngine(FakeServices({"work": lambda given: tokens.append(given["token"])})) as engine:
        yield engine


def test_callback_completes_task_with_output(engine: VirtualEngine, tokens: list[str]) -> None:
    arn = engine.start(engine.create(wait_for_token()))
    engine.pass_time(50)
    engine.send_task_success(taskToken=tokens[0], output='{"ok": true}')
    result = engine.finish(arn)
    assert (result.output, result.elapsed) == ({"ok": True}, 50)
    assert kinds(result)[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    with pytest.raises(ApiError) as late:
        engine.send_task_success(taskToken=tokens[0], output="{}")
    assert late.value.code == "TaskTimedOut"


def test_token_is_valid_for_its_attempt_only(engine: VirtualEngine, tokens: list[str]) -> None:
    retry = [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1}]
    arn = engine.start(engine.create(wait_for_token(TimeoutSeconds=10, Retry=retry)))
    engine.pass_time(15)
    assert len(set(tokens)) == 2
    with pytest.raises(ApiError) as late:
        engine.send_task_success(taskToken=tokens[0], output='"first"')
    assert late.value.code == "TaskTimedOut"
    engine.send_task_success(taskToken=tokens[1], output='"second"')
    assert engine.finish(arn).output == "second"


def test_send_task_failure_fails_task(engine: VirtualEngine, tokens: list[str]) -> None:
    arn = engine.start(engine.create(wait_for_token()))
    engine.pass_time(1)
    engine.send_task_failure(taskToken=tokens[0], error="Broken", cause="dropped")
    result = engine.finish(arn)
    assert (result.error, result.cause) == ("Broken", "dropped")
    assert result.events("TaskFailed")[0]["taskFailedEventDetails"]["error"] == "Broken"


def test_failure_without_error_is_caught_by_states_all(engine: VirtualEngine, tokens: list[str]) -> None:
    definition = wait_for_token(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Caught"}])
    definition["States"]["Caught"] = {"Type": "Pass", "End": True}
    arn = engine.start(engine.create(definition))
    engine.pass_time(1)
    engine.send_task_failure(taskToken=tokens[0])
    assert engine.finish(arn).output == {"Error": None, "Cause": None}


@pytest.mark.parametrize(
    ("sent", "caught"),
    [
        ({}, {"Error": None, "Cause": None}),
        ({"error": "E"}, {"Error": "E", "Cause": None}),
        ({"cause": "c"}, {"Error": None, "Cause": "c"}),
        ({"error": "", "cause": ""}, {"Error": "", "Cause": ""}),
    ],
)
@pytest.mark.parametrize("language", ["JSONata", "JSONPath"])
def test_missing_error_and_cause_are_null_in_catch(
    engine: VirtualEngine, tokens: list[str], language: str, sent: dict, caught: dict
) -> None:
    definition = wait_for_token(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Caught"}])
    if language == "JSONPath":
        definition["QueryLanguage"] = "JSONPath"
        task = definition["States"]["T"]
        task.pop("Arguments")
        task["Parameters"] = {"FunctionName": "work", "Payload": {"token.$": "$$.Task.Token"}}
    definition["States"]["Caught"] = {"Type": "Pass", "End": True}
    arn = engine.start(engine.create(definition))
    engine.pass_time(1)
    engine.send_task_failure(taskToken=tokens[0], **sent)
    assert engine.finish(arn).output == caught


def test_missing_cause_of_timeout_is_empty_in_catch(engine: VirtualEngine) -> None:
    definition = wait_for_token(TimeoutSeconds=5, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Caught"}])
    definition["States"]["Caught"] = {"Type": "Pass", "End": True}
    result = engine.run(definition)
    assert result.output == {"Error": "States.Timeout", "Cause": ""}


def test_missed_heartbeat_fails_task(engine: VirtualEngine, tokens: list[str]) -> None:
    definition = wait_for_token(
        HeartbeatSeconds=10, Catch=[{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Silent"}]
    )
    definition["States"]["Silent"] = {"Type": "Pass", "Output": "{% $states.input.Error %}", "End": True}
    arn = engine.start(engine.create(definition))
    for _ in range(3):
        engine.pass_time(8)
        engine.send_task_heartbeat(taskToken=tokens[0])
    result = engine.finish(arn)
    assert (result.output, result.elapsed) == ("States.Timeout", 34)


def test_malformed_token_is_rejected(engine: VirtualEngine) -> None:
    with pytest.raises(ApiError) as refused:
        engine.send_task_heartbeat(taskToken="nonsense")
    assert (refused.value.code, refused.value.message) == ("InvalidToken", "Invalid Token: 'Invalid token'")


def test_activity_worker_completes_task(engine: VirtualEngine) -> None:
    engine.create_activity(name="pack")
    arn = engine.start(engine.create(jsonata(Resource=ACTIVITY, TimeoutSeconds=60)), {"box": 1})
    task = engine.get_activity_task(activityArn=ACTIVITY, workerName="anna")
    assert task["input"] == '{"box":1}'
    engine.send_task_success(taskToken=task["taskToken"], output='"packed"')
    result = engine.finish(arn)
    assert result.output == "packed"
    assert kinds(result)[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    assert result.history[3]["activityStartedEventDetails"] == {"workerName": "anna"}


def test_untaken_activity_task_times_out(engine: VirtualEngine) -> None:
    engine.create_activity(name="pack")
    result = engine.finish(engine.start(engine.create(jsonata(Resource=ACTIVITY, TimeoutSeconds=60))))
    assert (result.status, result.elapsed) == ("FAILED", 60)
    assert engine.get_activity_task(activityArn=ACTIVITY) == {}


@pytest.mark.parametrize(("suffix", "output"), [(".sync", '{"done":5}'), (".sync:2", {"done": 5})])
def test_nested_execution_is_waited_for(engine: VirtualEngine, suffix: str, output: object) -> None:
    inner = engine.create(
        {
            "StartAt": "W",
            "States": {"W": {"Type": "Wait", "Seconds": 30, "Next": "P"}, "P": {"Type": "Pass", "End": True}},
        }
    )
    outer = jsonata(
        Resource=f"arn:aws:states:::states:startExecution{suffix}",
        Arguments={"StateMachineArn": inner, "Input": {"done": 5}},
        Output="{% $states.result.Output %}",
    )
    result = engine.run(outer)
    assert (result.output, result.elapsed) == (output, 30)
    assert kinds(result)[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_missing_activity_fails_schedule(engine: VirtualEngine) -> None:
    nobody = f"{ACTIVITY}-nobody"
    result = engine.run(jsonata(Resource=nobody, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "T"}]))
    assert kinds(result)[2:] == ["ActivityScheduleFailed", "ExecutionFailed"]
    assert (result.error, result.cause) == ("States.Runtime", f"Activity Does Not Exist: '{nobody}'")


def test_stop_also_stops_nested_execution(engine: VirtualEngine) -> None:
    inner = engine.create({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3000, "End": True}}})
    outer = jsonata(
        Resource="arn:aws:states:::states:startExecution.sync:2",
        Arguments={"StateMachineArn": inner, "Name": "nested"},
    )
    arn = engine.start(engine.create(outer))
    engine.pass_time(5)
    engine.stop_execution(executionArn=arn)
    engine.pass_time(1)
    nested = inner.replace(":stateMachine:", ":execution:") + ":nested"
    assert engine.describe_execution(executionArn=nested)["status"] == "ABORTED"


def test_failed_submission_writes_task_submit_failed() -> None:
    definition = jsonata(
        Resource="arn:aws:states:::states:startExecution.sync:2",
        Arguments={"StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:none"},
    )
    result = run(definition, None)
    assert kinds(result)[-2:] == ["TaskSubmitFailed", "ExecutionFailed"]
    assert result.error == "StepFunctions.StateMachineDoesNotExistException"
    assert re.fullmatch(
        r"State Machine Does Not Exist: 'arn:.*:none' \(Service: AWSStepFunctions; Status Code: 400; "
        r"Error Code: StateMachineDoesNotExist; Request ID: [0-9a-f-]{36}; Proxy: null\)",
        result.cause or "",
    )


def test_service_error_name_is_matched_by_retry() -> None:
    tries = []

    def put_item(params: dict) -> dict:
        tries.append(params)
        if len(tries) == 1:
            raise ServiceError("dynamodb", "PutItem", "ProvisionedThroughputExceededException", "slow down")
        return {}

    definition = jsonata(
        Resource="arn:aws:states:::dynamodb:putItem",
        Arguments={"TableName": "t", "Item": {"pk": {"S": "1"}}},
        Retry=[{"ErrorEquals": ["DynamoDB.ProvisionedThroughputExceededException"], "IntervalSeconds": 4}],
    )
    with VirtualEngine(FakeServices(calls={"dynamodb:PutItem": put_item})) as engine:
        result = engine.run(definition)
    assert (result.status, result.elapsed, len(tries)) == ("SUCCEEDED", 4, 2)


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (invoke(Credentials="{% $states.input %}"), "States.QueryEvaluationError"),
        (invoke(Credentials={"RoleArn": "{% $states.input %}"}), "States.QueryEvaluationError"),
        (
            {
                "StartAt": "T",
                "States": {
                    "T": {
                        "Type": "Task",
                        "Resource": INVOKE,
                        "Parameters": {"FunctionName": "work"},
                        "Credentials": {"RoleArn.$": "$"},
                        "End": True,
                    }
                },
            },
            "States.Runtime",
        ),
    ],
)
def test_invalid_credentials_fail_before_scheduling(state, error):
    result = run(state, failing(), given=7)

    assert (result.status, result.error) == ("FAILED", error)
    assert "TaskScheduled" not in kinds(result)


@pytest.mark.parametrize("suffix", ["sync", "sync:2"])
@pytest.mark.parametrize("failed", [False, True])
def test_callback_with_token_of_sync_task_completes_it(
    engine: VirtualEngine, suffix: str, failed: bool
) -> None:
    inner = engine.create({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 900, "End": True}}})
    task = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:startExecution.{suffix}",
        "Parameters": {"StateMachineArn": inner, "Input": {"token.$": "$$.Task.Token"}},
        "End": True,
    }
    arn = engine.start(engine.create({"StartAt": "T", "States": {"T": task}}))
    engine.pass_time(5)
    nested = engine.list_executions(stateMachineArn=inner)["executions"][0]["executionArn"]
    token = json.loads(engine.describe_execution(executionArn=nested)["input"])["token"]
    if failed:
        engine.send_task_failure(taskToken=token, error="Early")
    else:
        engine.send_task_success(taskToken=token, output='{"done":true}')
    result = engine.finish(arn)
    assert result.elapsed == 5
    assert (result.error, result.output) == (("Early", None) if failed else (None, {"done": True}))
    # The nested execution continues: the callback completes the task, not the job.
    assert engine.describe_execution(executionArn=nested)["status"] == "RUNNING"
    with pytest.raises(ApiError, match="TaskTimedOut"):
        engine.send_task_success(taskToken=token, output="1")


def test_token_is_checked_before_output(engine: VirtualEngine) -> None:
    with pytest.raises(ApiError, match="InvalidToken"):
        engine.send_task_success(taskToken="NoSuchTaskToken", output="not JSON")
