"""Step Functions on the local stack: all callers reach the engine, and tasks act with their machine's role."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Aws, eventually

pytestmark = pytest.mark.xdist_group("aws")

PASS = {
    "QueryLanguage": "JSONata",
    "StartAt": "Say",
    "States": {"Say": {"Type": "Pass", "Output": {"said": "{% $states.input %}"}, "End": True}},
}


def _sends(url: str) -> dict[str, Any]:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody.$": "$"},
        "End": True,
    }
    return {"StartAt": "Send", "States": {"Send": task}}


def test_execution_succeeds(aws: Aws) -> None:
    ended = aws.run(aws.machine(PASS), {"a": 1})
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"said": {"a": 1}})


def test_error_has_the_code_of_aws(aws: Aws) -> None:
    with pytest.raises(ClientError) as refused:
        aws.client("stepfunctions").describe_state_machine(
            stateMachineArn="arn:aws:states:us-east-1:000000000000:stateMachine:nowhere"
        )
    assert refused.value.response["Error"]["Code"] == "StateMachineDoesNotExist"


def test_catch_matches_the_class_of_an_exception(aws: Aws) -> None:
    name = aws.function(
        "class PaymentDeclined(Exception): pass\ndef handler(e, c): raise PaymentDeclined('no funds')\n"
    )
    machine = {
        "StartAt": "Pay",
        "States": {
            "Pay": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": name, "Payload.$": "$"},
                "Catch": [{"ErrorEquals": ["PaymentDeclined"], "Next": "Refuse"}],
                "End": True,
            },
            "Refuse": {"Type": "Pass", "End": True},
        },
    }
    ended = aws.run(
        aws.machine(machine, role=aws.role({"Action": "lambda:InvokeFunction", "Resource": "*"})), {}
    )
    assert ended["status"] == "SUCCEEDED"
    caught = json.loads(ended["output"])
    assert caught["Error"] == "PaymentDeclined"
    assert json.loads(caught["Cause"])["errorMessage"] == "no funds"


def test_task_has_the_permissions_of_its_machines_role(aws: Aws) -> None:
    url, arn = aws.queue()
    allowed = aws.machine(_sends(url), role=aws.role({"Action": "sqs:SendMessage", "Resource": arn}))
    denied = aws.machine(
        _sends(url), role=aws.role({"Action": "sqs:SendMessage", "Resource": f"{arn}-other"})
    )
    assert aws.run(allowed, {"n": 1})["status"] == "SUCCEEDED"
    refused = aws.run(denied, {"n": 1})
    assert refused["status"] == "FAILED"
    assert "not authorized to perform: sqs:sendmessage" in refused["cause"].lower()


def test_starting_an_execution_needs_a_permission(aws: Aws) -> None:
    inner = aws.machine(PASS)
    outer = {
        "StartAt": "Start",
        "States": {
            "Start": {
                "Type": "Task",
                "Resource": "arn:aws:states:::states:startExecution",
                "Parameters": {"StateMachineArn": inner, "Input": {"a": 1}},
                "End": True,
            }
        },
    }
    grant = {"Action": "states:StartExecution", "Resource": inner}
    assert aws.run(aws.machine(outer, role=aws.role(grant)))["status"] == "SUCCEEDED"
    refused = aws.run(aws.machine(outer, role=aws.role(grant | {"Resource": f"{inner}-other"})))
    assert refused["status"] == "FAILED"
    assert "not authorized to perform: states:startexecution" in refused["cause"].lower()


def test_late_callback_needs_the_permission_of_its_machine_and_is_refused_as_timed_out(aws: Aws) -> None:
    url, queue = aws.queue()
    waits = {
        "StartAt": "Wait",
        "States": {
            "Wait": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Parameters": {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}},
                "End": True,
            }
        },
    }
    machine = aws.machine(waits, role=aws.role({"Action": "sqs:SendMessage", "Resource": queue}))
    steps = aws.client("stepfunctions")
    arn = steps.start_execution(stateMachineArn=machine)["executionArn"]
    [message] = aws.messages(url, 1)
    steps.stop_execution(executionArn=arn)
    codes = []
    for resource in (machine, f"{machine}-other"):
        role = aws.role({"Action": "states:SendTaskHeartbeat", "Resource": resource})
        session = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="one")["Credentials"]
        caller = aws.client(
            "stepfunctions",
            aws_access_key_id=session["AccessKeyId"],
            aws_secret_access_key=session["SecretAccessKey"],
            aws_session_token=session["SessionToken"],
        )
        with pytest.raises(ClientError) as refused:
            caller.send_task_heartbeat(taskToken=message["token"])
        codes.append(refused.value.response["Error"]["Code"])
    assert codes == ["TaskTimedOut", "AccessDeniedException"]


def test_start_by_an_alias_needs_a_permission_on_the_state_machine(aws: Aws) -> None:
    steps, inner = aws.client("stepfunctions"), aws.machine(PASS)
    version = steps.publish_state_machine_version(stateMachineArn=inner)["stateMachineVersionArn"]
    steps.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}]
    )
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": {"StateMachineArn": f"{inner}:live", "Input": {"a": 1}},
        "End": True,
    }
    outer = {"StartAt": "Start", "States": {"Start": start}}
    grant = {"Action": "states:StartExecution", "Resource": inner}
    assert aws.run(aws.machine(outer, role=aws.role(grant)))["status"] == "SUCCEEDED"
    refused = aws.run(aws.machine(outer, role=aws.role(grant | {"Resource": f"{inner}-other"})))
    assert "not authorized to perform: states:startexecution" in refused["cause"].lower()


def test_history_is_delivered_to_the_log_group_of_the_machine(aws: Aws) -> None:
    logs, group = aws.client("logs"), f"/aws/vendedlogs/states/{uuid.uuid4().hex[:8]}"
    logs.create_log_group(logGroupName=group)
    arn = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["arn"]
    machine = aws.machine(PASS)
    aws.client("stepfunctions").update_state_machine(
        stateMachineArn=machine,
        loggingConfiguration={
            "level": "ALL",
            "includeExecutionData": True,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}],
        },
    )
    aws.run(machine, {"a": 1})
    lines = eventually(
        lambda: [
            found
            for found in [logs.filter_log_events(logGroupName=group)["events"]]
            if any("ExecutionSucceeded" in event["message"] for event in found)
        ]
    )[0]
    assert [json.loads(line["message"])["type"] for line in lines][:2] == [
        "ExecutionStarted",
        "PassStateEntered",
    ]


def _template(definition: dict[str, Any], role: str, comment: str) -> str:
    machine = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "DefinitionString": json.dumps(definition | {"Comment": comment}),
            "RoleArn": role,
            "Tags": [{"Key": "colour", "Value": comment}],
        },
    }
    return json.dumps({"Resources": {"Machine": machine}, "Outputs": {"Arn": {"Value": {"Ref": "Machine"}}}})


def test_cloudformation_creates_updates_and_deletes_a_machine(aws: Aws) -> None:
    cloudformation, steps = aws.client("cloudformation"), aws.client("stepfunctions")
    name, role = f"stack-{uuid.uuid4().hex[:8]}", aws.role()

    def settled() -> str | None:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        assert "ROLLBACK" not in stack["StackStatus"] and "FAILED" not in stack["StackStatus"]
        return stack["Outputs"][0]["OutputValue"] if stack["StackStatus"].endswith("_COMPLETE") else None

    cloudformation.create_stack(StackName=name, TemplateBody=_template(PASS, role, "one"))
    arn = eventually(settled)
    assert json.loads(steps.describe_state_machine(stateMachineArn=arn)["definition"])["Comment"] == "one"
    assert _tags(aws, arn) == {"colour": "one", "aws:cloudformation:stack-name": name}
    assert aws.run(arn, 1)["status"] == "SUCCEEDED"

    cloudformation.update_stack(StackName=name, TemplateBody=_template(PASS, role, "two"))
    eventually(
        lambda: (
            json.loads(steps.describe_state_machine(stateMachineArn=arn)["definition"])["Comment"] == "two"
        )
    )
    assert eventually(settled) == arn
    assert _tags(aws, arn) == {"colour": "two", "aws:cloudformation:stack-name": name}

    cloudformation.delete_stack(StackName=name)
    eventually(
        lambda: arn not in {m["stateMachineArn"] for m in steps.list_state_machines()["stateMachines"]}
    )


def _tags(aws: Aws, arn: str) -> dict[str, str]:
    """Return a machine's tags by key, without most of those that CloudFormation adds."""
    tags = aws.client("stepfunctions").list_tags_for_resource(resourceArn=arn)["tags"]
    return {
        tag["key"]: tag["value"] for tag in tags if tag["key"] in ("colour", "aws:cloudformation:stack-name")
    }


def test_invalid_definition_fails_the_deployment_with_the_reason(aws: Aws) -> None:
    cloudformation, name = aws.client("cloudformation"), f"stack-{uuid.uuid4().hex[:8]}"
    broken = {"StartAt": "Nowhere", "States": {"Say": {"Type": "Pass", "End": True}}}
    cloudformation.create_stack(StackName=name, TemplateBody=_template(broken, aws.role(), "x"))
    eventually(
        lambda: "ROLLBACK" in cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    )
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    reasons = [
        event.get("ResourceStatusReason", "")
        for event in events
        if event["ResourceStatus"] == "CREATE_FAILED"
    ]
    assert any("Nowhere" in reason for reason in reasons)


def test_eventbridge_rule_starts_an_execution(aws: Aws) -> None:
    events, machine, source = aws.client("events"), aws.machine(PASS), f"test.{uuid.uuid4().hex[:8]}"
    role = aws.role({"Action": "states:StartExecution", "Resource": machine})
    events.put_rule(Name=source, EventPattern=json.dumps({"source": [source]}))
    events.put_targets(Rule=source, Targets=[{"Id": "one", "Arn": machine, "RoleArn": role}])
    events.put_events(Entries=[{"Source": source, "DetailType": "Thing", "Detail": '{"a": 1}'}])
    steps = aws.client("stepfunctions")
    [execution] = eventually(
        lambda: steps.list_executions(stateMachineArn=machine, statusFilter="SUCCEEDED")["executions"]
    )
    output = steps.describe_execution(executionArn=execution["executionArn"])["output"]
    assert json.loads(output)["said"]["detail"] == {"a": 1}


def test_status_changes_are_events_on_the_default_bus(aws: Aws) -> None:
    events, machine = aws.client("events"), aws.machine(PASS)
    url, queue = aws.queue()
    pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [machine]}}
    rule = f"rule-{uuid.uuid4().hex[:8]}"
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "one", "Arn": queue}])
    execution = aws.run(machine, {"a": 1})["executionArn"]
    changes = aws.messages(url, 2)
    assert [event["detail"]["status"] for event in changes] == ["RUNNING", "SUCCEEDED"]
    assert {event["detail-type"] for event in changes} == {"Step Functions Execution Status Change"}
    assert changes[1]["resources"] == [execution]
    assert changes[1]["detail"]["output"] == '{"said":{"a":1}}'
    assert isinstance(changes[1]["detail"]["stopDate"], int)


def test_executions_are_counted_in_cloudwatch(aws: Aws) -> None:
    machine = aws.machine(PASS)
    aws.run(machine)
    now = time.time()
    points = eventually(
        lambda: aws.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/States", MetricName="ExecutionsSucceeded",
            Dimensions=[{"Name": "StateMachineArn", "Value": machine}],
            StartTime=now - 3600, EndTime=now + 3600, Period=7200, Statistics=["Sum"],
        )["Datapoints"]
    )  # fmt: skip
    assert points[0]["Sum"] == 1.0


def test_access_key_of_twelve_digits_names_the_account(aws: Aws) -> None:
    client = aws.client("stepfunctions", aws_access_key_id="111111111111")
    role = "arn:aws:iam::111111111111:role/none"
    machine = client.create_state_machine(name="other", definition=json.dumps(PASS), roleArn=role)
    assert machine["stateMachineArn"].split(":")[4] == "111111111111"
    own = aws.client("stepfunctions").list_state_machines()["stateMachines"]
    assert machine["stateMachineArn"] not in [item["stateMachineArn"] for item in own]


@pytest.mark.parametrize(
    ("resource", "parameters", "error", "cause"),
    [
        (
            "sqs:sendMessage",
            {"QueueUrl": "{url}-none", "MessageBody": "a"},
            "SQS.QueueDoesNotExistException",
            "The specified queue does not exist. (Service: AmazonSQS; Status Code: 400; "
            "Error Code: AWS.SimpleQueueService.NonExistentQueue; Request ID: ",
        ),
        (
            "aws-sdk:ssm:getParameter",
            {"Name": "/none"},
            "Ssm.ParameterNotFoundException",
            "null (Service: Ssm, Status Code: 400, Request ID: ",
        ),
        (
            "aws-sdk:iam:getRole",
            {"RoleName": "none"},
            "Iam.NoSuchEntityException",
            "The role with name none cannot be found. (Service: Iam, Status Code: 404, Request ID: ",
        ),
        (
            "aws-sdk:cloudwatchlogs:deleteLogGroup",
            {"LogGroupName": "none"},
            "CloudWatchLogs.ResourceNotFoundException",
            "The specified log group does not exist. (Service: CloudWatchLogs, Status Code: 400, ",
        ),
    ],
)
def test_missing_resource_is_named_as_on_aws(
    aws: Aws, resource: str, parameters: dict[str, str], error: str, cause: str
) -> None:
    url, _ = aws.queue()
    given = {name: value.replace("{url}", url) for name, value in parameters.items()}
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": given, "End": True}
    role = aws.role({"Action": "*", "Resource": "*"})
    ended = aws.run(aws.machine({"StartAt": "T", "States": {"T": task}}, role=role))
    assert (ended["error"], ended["cause"][: len(cause)]) == (error, cause)
