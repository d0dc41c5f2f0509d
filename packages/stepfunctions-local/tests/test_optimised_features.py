"""What the optimised integrations do besides the call, as AWS's developer guide lists it."""

import json
from typing import Any

import pytest

from stepfunctions_local.services import ServiceError
from stepfunctions_local.testing import FakeServices, Result, VirtualEngine

STARTED: dict[str, Any] = {"tasks": [{"taskArn": "arn:t", "clusterArn": "arn:c"}], "failures": []}
NOT_STARTED: dict[str, Any] = {"tasks": [], "failures": [{"arn": "arn:i", "reason": "RESOURCE:MEMORY"}]}
TASK = {"Cluster": "c", "TaskDefinition": "d"}


def run(resource: str, parameters: dict[str, Any], calls: dict[str, Any], given: Any = None) -> Result:
    """Run a Task whose service calls return fixed responses."""
    state = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}",
        "Parameters": parameters,
        "TimeoutSeconds": 60,
        "End": True,
    }
    functions = {name: lambda _, response=response: response for name, response in calls.items()}
    with VirtualEngine(FakeServices(calls=functions)) as engine:
        return engine.run({"StartAt": "T", "States": {"T": state}}, given)


def test_glue_response_has_the_job_name() -> None:
    """`JobName` is extracted from the request and inserted into the response."""
    calls = {
        "glue:StartJobRun": {"JobRunId": "jr_1"},
        "glue:GetJobRun": {"JobRun": {"Id": "jr_1", "JobRunState": "SUCCEEDED"}},
    }
    assert run("glue:startJobRun", {"JobName": "j"}, calls).output == {"JobName": "j", "JobRunId": "jr_1"}
    result = run("glue:startJobRun.sync", {"JobName": "j"}, calls)
    (submitted,) = result.events("TaskSubmitted")
    shown = json.loads(submitted["taskSubmittedEventDetails"]["output"])
    assert shown == {"JobName": "j", "JobRunId": "jr_1"}
    assert result.output == {"Id": "jr_1", "JobRunState": "SUCCEEDED"}


@pytest.mark.parametrize("state", ["FAILED", "STOPPED", "TIMEOUT", "ERROR"])
def test_job_that_fails_is_the_cause_of_the_task(state: str) -> None:
    calls = {
        "glue:StartJobRun": {"JobRunId": "jr_1"},
        "glue:GetJobRun": {"JobRun": {"Id": "jr_1", "JobRunState": state}},
    }
    result = run("glue:startJobRun.sync", {"JobName": "j"}, calls)
    assert (result.error, json.loads(result.cause or "")) == (
        "States.TaskFailed",
        {"Id": "jr_1", "JobRunState": state},
    )
    assert [event["type"] for event in result.history[3:]] == [
        "TaskStarted",
        "TaskSubmitted",
        "TaskFailed",
        "ExecutionFailed",
    ]


def test_ecs_request_response_returns_failures() -> None:
    result = run("ecs:runTask", TASK, {"ecs:RunTask": NOT_STARTED})
    assert result.output == {"Tasks": [], "Failures": [{"Arn": "arn:i", "Reason": "RESOURCE:MEMORY"}]}


def test_ecs_job_with_failures_fails_as_unknown() -> None:
    result = run("ecs:runTask.sync", TASK, {"ecs:RunTask": NOT_STARTED})
    assert result.error == "AmazonECS.Unknown"
    assert json.loads(result.cause or "")["Failures"] == [{"Arn": "arn:i", "Reason": "RESOURCE:MEMORY"}]
    (event,) = result.events("TaskSubmitFailed")
    assert event["taskSubmitFailedEventDetails"]["error"] == "AmazonECS.Unknown"


def test_ecs_task_token_with_failures_fails_as_unknown() -> None:
    result = run("ecs:runTask.waitForTaskToken", TASK, {"ecs:RunTask": NOT_STARTED})
    assert result.error == "AmazonECS.Unknown"


def test_job_without_a_description_fails_the_state_alone() -> None:
    calls = {
        "ecs:RunTask": STARTED,
        "ecs:DescribeTasks": {"tasks": [], "failures": [{"arn": "arn:t", "reason": "MISSING"}]},
    }
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::ecs:runTask.sync",
        "Parameters": TASK,
        "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}],
        "End": True,
    }
    functions = {name: lambda _, response=response: response for name, response in calls.items()}
    with VirtualEngine(FakeServices(calls=functions)) as engine:
        result = engine.run({"StartAt": "T", "States": {"T": state, "Caught": {"Type": "Succeed"}}})
    assert (result.status, result.states) == ("SUCCEEDED", ["T", "Caught"])


def test_rejected_poll_fails_the_task() -> None:
    def describe(_: Any) -> Any:
        raise ServiceError("batch", "DescribeJobs", "ClientException", "denied", status=403)

    functions = {
        "batch:SubmitJob": lambda _: {"jobArn": "arn:j", "jobName": "n", "jobId": "i"},
        "batch:DescribeJobs": describe,
    }
    parameters = {"JobName": "n", "JobQueue": "q", "JobDefinition": "d"}
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::batch:submitJob.sync",
        "Parameters": parameters,
        "End": True,
    }
    with VirtualEngine(FakeServices(calls=functions)) as engine:
        result = engine.run({"StartAt": "T", "States": {"T": state}})
    assert result.error == "Batch.ClientException"
    assert result.events("TaskFailed")


@pytest.mark.parametrize(
    ("resource", "parameters", "field"),
    [
        (
            "batch:submitJob",
            {"JobName": "n", "JobQueue": "q", "JobDefinition": "d", "Parameters": {"frame_id.$": "$.value"}},
            "frame_id",
        ),
        ("glue:startJobRun", {"JobName": "j", "Arguments": {"--n.$": "$.value"}}, "--n"),
        ("aws-sdk:sqs:createQueue", {"QueueName": "q", "Attributes": {"Delay.$": "$.value"}}, "Delay"),
    ],
)
@pytest.mark.parametrize("value", [5, True, {"a": 1}, ["a"]])
def test_members_of_maps_of_strings_must_be_strings(
    resource: str, parameters: dict[str, Any], field: str, value: Any
) -> None:
    result = run(resource, parameters, {}, {"value": value})
    assert result.error == "States.Runtime"
    assert (result.cause or "").endswith(
        f"could not be used to start the Task: [The value for the field '{field}' must be a STRING]"
    )
    assert not result.events("TaskScheduled")
