"""CloudFormation resources of Step Functions, and versions and aliases of functions."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Aws, eventually

pytestmark = pytest.mark.xdist_group("aws")


def definition(text: str) -> str:
    return json.dumps({"StartAt": "Say", "States": {"Say": {"Type": "Pass", "Result": text, "End": True}}})


class Stack:
    """A CloudFormation stack of a test."""

    def __init__(self, aws: Aws) -> None:
        self.client = aws.client("cloudformation")
        self.name = f"stack-{uuid.uuid4().hex[:8]}"
        self._exists = False

    def deploy(self, template: dict[str, Any]) -> dict[str, str]:
        """Create or update the stack; return its outputs."""
        operation = self.client.update_stack if self._exists else self.client.create_stack
        capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
        operation(StackName=self.name, TemplateBody=json.dumps(template), Capabilities=capabilities)
        self._exists = True
        stack = eventually(self._ended)
        reasons = [
            event.get("ResourceStatusReason", "")
            for event in self.client.describe_stack_events(StackName=self.name)["StackEvents"]
            if event["ResourceStatus"].endswith("FAILED")
        ]
        assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), reasons
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}

    def _ended(self) -> dict[str, Any] | None:
        stack: dict[str, Any] = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        return None if stack["StackStatus"].endswith("_IN_PROGRESS") else stack

    def failure(self, template: dict[str, Any]) -> str:
        """Deploy a template that fails; return the reasons."""
        with pytest.raises(AssertionError) as error:
            self.deploy(template)
        return str(error.value)


def versioned(role: str, text: str, **machine: Any) -> dict[str, Any]:
    """Return a template with a state machine, a version and an alias."""
    prefix = "AWS::StepFunctions::"
    machine = {"DefinitionString": definition(text), "RoleArn": role} | machine
    revision = {"Fn::GetAtt": ["Machine", "StateMachineRevisionId"]}
    version = {"StateMachineArn": {"Ref": "Machine"}, "StateMachineRevisionId": revision}
    preference = {"Type": "ALL_AT_ONCE", "StateMachineVersionArn": {"Ref": "Version"}}
    return {
        "Resources": {
            "Machine": {"Type": f"{prefix}StateMachine", "Properties": machine},
            "Version": {
                "Type": f"{prefix}StateMachineVersion",
                "Properties": version,
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
            },
            "Alias": {
                "Type": f"{prefix}StateMachineAlias",
                "Properties": {"Name": "live", "DeploymentPreference": preference},
            },
        },
        "Outputs": {
            "Machine": {"Value": {"Ref": "Machine"}},
            "Version": {"Value": {"Fn::GetAtt": ["Version", "Arn"]}},
            "Alias": {"Value": {"Ref": "Alias"}},
            "Revision": {"Value": revision},
        },
    }


def test_alias_follows_the_versions_of_a_state_machine(aws: Aws) -> None:
    stack, role, steps = Stack(aws), aws.role(), aws.client("stepfunctions")
    first = stack.deploy(versioned(role, "one"))
    assert first["Version"] == f"{first['Machine']}:1"
    assert first["Alias"] == f"{first['Machine']}:live"
    assert first["Revision"] == "INITIAL"
    assert json.loads(aws.run(first["Alias"])["output"]) == "one"

    second = stack.deploy(versioned(role, "two"))
    assert second["Version"] == f"{second['Machine']}:2"
    assert second["Alias"] == first["Alias"]
    assert json.loads(aws.run(second["Alias"])["output"]) == "two"
    assert json.loads(aws.run(first["Version"])["output"]) == "one"
    versions = steps.list_state_machine_versions(stateMachineArn=second["Machine"])["stateMachineVersions"]
    assert len(versions) == 2

    stack.client.delete_stack(StackName=stack.name)
    stack.client.get_waiter("stack_delete_complete").wait(StackName=stack.name, WaiterConfig={"Delay": 1})


def test_change_of_tags_publishes_no_version(aws: Aws) -> None:
    stack, role = Stack(aws), aws.role()
    first = stack.deploy(versioned(role, "one"))
    second = stack.deploy(versioned(role, "one", Tags=[{"Key": "colour", "Value": "red"}]))
    assert second == first
    tags = aws.client("stepfunctions").list_tags_for_resource(resourceArn=first["Machine"])["tags"]
    assert {"key": "colour", "value": "red"} in tags


def test_tracing_and_logging_are_those_of_the_template(aws: Aws) -> None:
    stack, role = Stack(aws), aws.role()
    outputs = stack.deploy(versioned(role, "one", TracingConfiguration={"Enabled": True}))
    machine = aws.client("stepfunctions").describe_state_machine(stateMachineArn=outputs["Machine"])
    assert machine["tracingConfiguration"] == {"enabled": True}
    outputs = stack.deploy(versioned(role, "one"))
    machine = aws.client("stepfunctions").describe_state_machine(stateMachineArn=outputs["Machine"])
    assert machine["tracingConfiguration"] == {"enabled": False}


def test_missing_role_fails_the_deployment(aws: Aws) -> None:
    template = versioned("", "one")
    del template["Resources"]["Machine"]["Properties"]["RoleArn"]
    assert "required key [RoleArn] not found" in Stack(aws).failure(template)


def test_activity_is_created_and_deleted(aws: Aws) -> None:
    stack, name, steps = Stack(aws), f"activity-{uuid.uuid4().hex[:8]}", aws.client("stepfunctions")
    activity = {"Type": "AWS::StepFunctions::Activity", "Properties": {"Name": name}}
    outputs = stack.deploy(
        {
            "Resources": {"Activity": activity},
            "Outputs": {
                "Arn": {"Value": {"Ref": "Activity"}},
                "Name": {"Value": {"Fn::GetAtt": "Activity.Name"}},
            },
        }
    )
    assert steps.describe_activity(activityArn=outputs["Arn"])["name"] == outputs["Name"] == name
    stack.client.delete_stack(StackName=stack.name)
    stack.client.get_waiter("stack_delete_complete").wait(StackName=stack.name, WaiterConfig={"Delay": 1})
    with pytest.raises(ClientError, match="ActivityDoesNotExist"):
        steps.describe_activity(activityArn=outputs["Arn"])


def _package(aws: Aws, bucket: str, text: str) -> str:
    """Upload a function that returns a text; return its key."""
    buffer, key = io.BytesIO(), f"{text}.zip"
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", f"def handler(event, context):\n    return {text!r}\n")
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body=buffer.getvalue())
    return key


def sam_template(bucket: str, key: str, text: str) -> dict[str, Any]:
    """Return a SAM template whose function and state machine publish an alias at each deployment."""
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "app.handler",
            "CodeUri": {"Bucket": bucket, "Key": key},
            "AutoPublishAlias": "live",
            "DeploymentPreference": {"Type": "AllAtOnce"},
        },
    }
    machine = {
        "Type": "AWS::Serverless::StateMachine",
        "Properties": {"Definition": json.loads(definition(text)), "AutoPublishAlias": "live"},
    }
    return {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"Function": function, "Machine": machine},
        "Outputs": {
            "Function": {"Value": {"Ref": "Function"}},
            "Machine": {"Value": {"Ref": "Machine"}},
            "FunctionAlias": {"Value": {"Ref": "Function.Alias"}},
        },
    }


def test_auto_publish_alias_follows_each_deployment(aws: Aws) -> None:
    bucket = f"code-{uuid.uuid4().hex[:8]}"
    aws.client("s3").create_bucket(Bucket=bucket)
    stack = Stack(aws)
    for number, text in ((1, "one"), (2, "two")):
        outputs = stack.deploy(sam_template(bucket, _package(aws, bucket, text), text))
        assert aws.invoke(outputs["Function"], Qualifier="live") == (text, None)
        alias = aws.client("lambda").get_alias(FunctionName=outputs["Function"], Name="live")
        assert alias["FunctionVersion"] == str(number)
        ended = aws.run(f"{outputs['Machine']}:live")
        assert (json.loads(ended["output"]), ended["stateMachineVersionArn"][-1]) == (text, str(number))
    assert aws.invoke(outputs["Function"], Qualifier="1") == ("one", None)
