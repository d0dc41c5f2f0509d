"""Nested stacks: an update changes some of their resources and leaves others as they are."""

from __future__ import annotations

import json
import uuid
from typing import Any

from .conftest import Aws


def _child(value: str, action: str = "s3:GetObject") -> str:
    trusted = {"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = {"PolicyName": "use", "PolicyDocument": _policy({"Action": action, "Resource": "*"})}
    role = {"AssumeRolePolicyDocument": _policy(trusted), "Policies": [policy]}
    function = {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Code": {"ZipFile": "def handler(event, context): return 1"},
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Environment": {"Variables": {"VALUE": value}},
    }
    resources = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": role},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
    }
    return json.dumps({"Resources": resources, "Outputs": {"Function": {"Value": {"Ref": "Function"}}}})


def _policy(statement: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


def test_function_of_a_nested_stack_is_updated_beside_a_role_that_stays(aws: Aws) -> None:
    name = f"nested-{uuid.uuid4().hex[:8]}"
    formation, s3, functions = aws.client("cloudformation"), aws.client("s3"), aws.client("lambda")
    s3.create_bucket(Bucket=name)

    def parent(child: str) -> str:
        key = uuid.uuid4().hex
        s3.put_object(Bucket=name, Key=key, Body=child)
        properties = {"TemplateURL": f"https://s3.amazonaws.com/{name}/{key}"}
        nested = {"Type": "AWS::CloudFormation::Stack", "Properties": properties}
        output = {"Value": {"Fn::GetAtt": ["Child", "Outputs.Function"]}}
        return json.dumps({"Resources": {"Child": nested}, "Outputs": {"Function": output}})

    formation.create_stack(StackName=name, TemplateBody=parent(_child("1")), Capabilities=["CAPABILITY_IAM"])
    formation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    for child, value in (
        (_child("2"), "2"),
        (_child("3", "s3:PutObject"), "3"),
        (_child("4", "s3:PutObject"), "4"),
    ):
        formation.update_stack(StackName=name, TemplateBody=parent(child), Capabilities=["CAPABILITY_IAM"])
        formation.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
        [stack] = formation.describe_stacks(StackName=name)["Stacks"]
        function = functions.get_function_configuration(FunctionName=stack["Outputs"][0]["OutputValue"])
        assert function["Environment"]["Variables"] == {"VALUE": value}
