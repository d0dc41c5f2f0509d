"""Evaluated arguments with which a task cannot be started: the execution fails before the task is scheduled."""

import pytest

from stepfunctions_local.errors import ApiError
from stepfunctions_local.testing import FakeServices, Result, VirtualEngine

PATH_REASON = "The value for the field '{}' must be a valid JSONPath or a valid intrinsic function call"
FORMAT_REASON = "The value of the field '{}' has an invalid format"
API = {"ApiEndpoint": "abc.execute-api.us-east-1.amazonaws.com", "Method": "GET"}


def run(resource: str, parameters: dict, given: object = None, **machine: object) -> Result:
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "End": True}
    state["Arguments" if machine else "Parameters"] = parameters
    with VirtualEngine(FakeServices({"work": lambda payload: payload})) as engine:
        return engine.run({"StartAt": "T", "States": {"T": state}, **machine}, given)


@pytest.mark.parametrize(
    ("resource", "parameters", "given", "reason"),
    [
        (
            "lambda:invoke",
            {"FunctionName": "work", "Payload.$": "$"},
            {"token.$": "t"},
            PATH_REASON.format("token.$"),
        ),
        (
            "sqs:sendMessage",
            {"QueueUrl": "q", "MessageBody.$": "$"},
            [{"a.$": 1}],
            PATH_REASON.format("a.$"),
        ),
        (
            "apigateway:invoke",
            {**API, "QueryParameters": "?a=b"},
            {},
            FORMAT_REASON.format("QueryParameters"),
        ),
        ("apigateway:invoke", {**API, "Headers": ["a"]}, {}, FORMAT_REASON.format("Headers")),
        (
            "dynamodb:putItem",
            {"TableName": "t", "Item.$": "$.item"},
            {"item": {"pk": "1"}},
            FORMAT_REASON.format("Item"),
        ),
        (
            "events:putEvents",
            {"Entries.$": "$"},
            [{"Sauce": "s"}],
            "The field 'Sauce' is not supported by Step Functions",
        ),
        (
            "states:startExecution",
            {"StateMachineArn.$": "$.arn", "Input": {}, "Name.$": "$.arn"},
            {"arn": "arn:aws:states:us-east-1:000000000000:stateMachine:m"},
            None,
        ),
    ],
)
def test_execution_fails_before_task_is_scheduled(resource, parameters, given, reason):
    result = run(resource, parameters, given)
    kinds = [event["type"] for event in result.history]
    if reason is None:  # arguments of the right types start the task
        assert "TaskScheduled" in kinds
        return
    assert kinds == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]
    failed = result.history[-1]["executionFailedEventDetails"]
    assert failed["error"] == "States.Runtime"
    assert failed["cause"].startswith(
        "An error occurred while executing the state 'T' (entered at the event id #2). The Parameters '{"
    )
    assert failed["cause"].endswith(f"' could not be used to start the Task: [{reason}]")


@pytest.mark.parametrize("value", ["$.path", "States.UUID()"])
def test_path_in_evaluated_parameters_is_sent(value):
    given = {"a.$": value}
    result = run("lambda:invoke", {"FunctionName": "work", "Payload.$": "$"}, given)
    assert result.output["Payload"] == given


def test_jsonata_arguments_may_have_any_names():
    given = {"a.$": 1}
    arguments = {"FunctionName": "work", "Payload": "{% $states.input %}"}
    result = run("lambda:invoke", arguments, given, QueryLanguage="JSONata")
    assert result.output["Payload"] == given


@pytest.mark.parametrize(
    ("action", "parameters", "name"),
    [
        ("s3:getObject", {"bucket": "b", "Key": "k"}, "bucket"),
        ("sfn:startExecution", {"stateMachineArn": "arn"}, "stateMachineArn"),
        ("rds:describeDBInstances", {"DBInstanceIdentifier": "i"}, "DBInstanceIdentifier"),
    ],
)
def test_sdk_arguments_have_the_spelling_of_the_java_sdk(action, parameters, name):
    with pytest.raises(ApiError, match=f"The field '{name}' is not supported by Step Functions"):
        run(f"aws-sdk:{action}", parameters)


def test_nested_sdk_arguments_have_the_spelling_of_the_java_sdk():
    channel = {"NotificationChannel.$": "$", "DocumentLocation": {}}
    failed = run("aws-sdk:textract:startDocumentTextDetection", channel, {"SNSTopicArn": "t", "RoleArn": "r"})
    assert failed.cause.endswith("[The field 'SNSTopicArn' is not supported by Step Functions]")
    started = run(
        "aws-sdk:textract:startDocumentTextDetection", channel, {"SnsTopicArn": "t", "RoleArn": "r"}
    )
    assert started.events("TaskScheduled")


@pytest.mark.parametrize(
    "value", [{"BOOL": True}, {"Bool": True}, {"NULL": True}, {"Nul": True}, {"SS": ["a"]}]
)
def test_attribute_values_have_both_spellings(value):
    started = run("aws-sdk:dynamodb:putItem", {"TableName": "table", "Item": {"id": {"M": {"a": value}}}})
    assert started.events("TaskScheduled")


@pytest.mark.parametrize(
    ("resource", "parameters", "message"),
    [
        (
            "ecs:runTask",
            {"TaskDefinition": "t", "NetworkConfiguration": {"awsVpcConfiguration": {"Subnets": ["s"]}}},
            "The field 'awsVpcConfiguration' is not supported by Step Functions",
        ),
        (
            "events:putEvents",
            {"Entries": [{"Source": "s", "detail-type.$": "$.a"}]},
            "The field 'detail-type.$' is not supported by Step Functions",
        ),
        (
            "sqs:sendMessage",
            {"QueueUrl": "q", "MessageBody": "m", "delaySeconds": 1},
            "The field 'delaySeconds' is not supported by Step Functions",
        ),
        (
            "glue:startJobRun",
            {"JobName": "j", "Arguments": {"--n": 5}},
            "The value for the field '--n' must be a STRING",
        ),
        (
            "aws-sdk:sqs:createQueue",
            {"QueueName": "q", "Attributes": {"DelaySeconds": 5, "VisibilityTimeout.$": "$.v"}},
            "The value for the field 'DelaySeconds' must be a STRING",
        ),
        (
            "aws-sdk:dynamodb:putItem",
            {"TableName": "t", "Item": {"id": {"M": {"a": {"Text": "x"}}}}},
            "The field 'Text' is not supported by Step Functions",
        ),
    ],
)
def test_literal_arguments_are_checked_with_the_definition(resource, parameters, message):
    with pytest.raises(ApiError) as refused:
        run(resource, parameters)
    assert refused.value.message == (
        f"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: {message} at /States/T/Parameters'"
    )


@pytest.mark.parametrize(
    ("resource", "parameters"),
    [
        (
            "ecs:runTask",
            {"TaskDefinition": "t", "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets.$": "$"}}},
        ),
        ("dynamodb:putItem", {"TableName": "t", "Item": {"id": {"S.$": "$"}, "n": {"NULL": True}}}),
        ("aws-sdk:sqs:createQueue", {"QueueName": "q", "Attributes": {"DelaySeconds": "5"}}),
        ("aws-sdk:sfn:startExecution", {"StateMachineArn": "a", "Input": {"any": {"thing": 1}}}),
        ("aws-sdk:s3:putObject", {"Bucket": "b", "Key": "k", "Body": {"any": 1}}),
    ],
)
def test_literal_arguments_of_the_operation_are_accepted(resource, parameters):
    definition = {
        "StartAt": "T",
        "States": {"T": {"Type": "Task", "Resource": f"arn:aws:states:::{resource}"}},
    }
    definition["States"]["T"] |= {"Parameters": parameters, "End": True}
    with VirtualEngine() as engine:
        assert engine.create(definition)
