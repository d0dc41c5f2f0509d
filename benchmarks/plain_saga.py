"""A workflow of the plainest kind: each step is a function of its own that writes a row."""

import json
import time
from secrets import token_hex
from typing import Any, Self

from till.stack import Stack

_CODE = """import os
import boto3

client = boto3.client("dynamodb")

def handler(event, context):
    key = {"pk": {"S": event["saga"]}, "sk": {"S": os.environ["STEP"]}}
    client.put_item(TableName=os.environ["TABLE"], Item=key, ConditionExpression="attribute_not_exists(pk)")
    return event
"""
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
"""Between the polls of an execution, which are those of the API for a sale."""


class PlainSaga:
    """A workflow of so many steps, in a stack of its own that is deleted at the end."""

    def __init__(self, stack: Stack, steps: int) -> None:
        self._formation = stack.client("cloudformation")
        self._states = stack.client("stepfunctions")
        self._steps = steps
        self._name = f"plain-saga-{token_hex(4)}"

    def __enter__(self) -> Self:
        self._formation.create_stack(
            StackName=self._name,
            TemplateBody=json.dumps(template(self._steps)),
            Capabilities=["CAPABILITY_IAM"],
        )
        self._formation.get_waiter("stack_create_complete").wait(
            StackName=self._name, WaiterConfig={"Delay": 1}
        )
        (described,) = self._formation.describe_stacks(StackName=self._name)["Stacks"]
        (output,) = described["Outputs"]
        self._machine = output["OutputValue"]
        return self

    def __exit__(self, *_: object) -> None:
        self._formation.delete_stack(StackName=self._name)

    def run(self, times: int) -> list[float]:
        """Return the milliseconds from the start of each execution until its success is seen."""
        return [self._run() for _ in range(times)]

    def _run(self) -> float:
        began = time.perf_counter()
        started = self._states.start_execution(
            stateMachineArn=self._machine, input=json.dumps({"saga": token_hex(6)})
        )
        while True:
            described = self._states.describe_execution(executionArn=started["executionArn"])
            if described["status"] != "RUNNING":
                break
            waited = time.perf_counter() - began
            time.sleep(min(max(waited / 4, _SHORTEST_PAUSE), _LONGEST_PAUSE))
        if described["status"] != "SUCCEEDED":
            raise SystemExit(f"The saga ended as {described['status']}: {described.get('cause')}")
        return (time.perf_counter() - began) * 1000


def template(steps: int) -> dict[str, Any]:
    """Return the CloudFormation template of a saga: table, functions, roles and the state machine."""
    functions = {f"Step{number}": _function(number) for number in range(1, steps + 1)}
    definition = {
        "StartAt": "Step1",
        "States": {
            name: {
                "Type": "Task",
                "Resource": f"${{{name}}}",
                **({"Next": f"Step{number + 1}"} if number < steps else {"End": True}),
            }
            for number, name in enumerate(functions, start=1)
        },
    }
    arns = {name: {"Fn::GetAtt": [name, "Arn"]} for name in functions}
    return {
        "Resources": {
            "Table": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [
                        {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
                    ],
                    "KeySchema": [
                        {"AttributeName": "pk", "KeyType": "HASH"},
                        {"AttributeName": "sk", "KeyType": "RANGE"},
                    ],
                },
            },
            "FunctionRole": _role("lambda", "dynamodb:PutItem", {"Fn::GetAtt": ["Table", "Arn"]}),
            "MachineRole": _role("states", "lambda:InvokeFunction", list(arns.values())),
            **functions,
            "Machine": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "RoleArn": {"Fn::GetAtt": ["MachineRole", "Arn"]},
                    "DefinitionString": json.dumps(definition),
                    "DefinitionSubstitutions": arns,
                },
            },
        },
        "Outputs": {"Machine": {"Value": {"Ref": "Machine"}}},
    }


def _function(step: int) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Code": {"ZipFile": _CODE},
            "Role": {"Fn::GetAtt": ["FunctionRole", "Arn"]},
            "Timeout": 15,
            "Environment": {"Variables": {"TABLE": {"Ref": "Table"}, "STEP": str(step)}},
        },
    }


def _role(service: str, action: str, resource: Any) -> dict[str, Any]:
    trusted = {"Service": f"{service}.amazonaws.com"}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": _policy({"Principal": trusted, "Action": "sts:AssumeRole"}),
            "Policies": [
                {"PolicyName": "use", "PolicyDocument": _policy({"Action": action, "Resource": resource})}
            ],
        },
    }


def _policy(statement: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
