"""Required and unknown properties of CloudFormation resources."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.ministack.cloudformation.resource_schemas import check_properties


@pytest.mark.parametrize(
    ("kind", "properties", "problems"),
    [
        ("AWS::StepFunctions::StateMachine", {}, ["#: required key [RoleArn] not found"]),
        ("AWS::StepFunctions::Activity", {}, ["#: required key [Name] not found"]),
        ("AWS::StepFunctions::StateMachineVersion", {}, ["#: required key [StateMachineArn] not found"]),
        (
            "AWS::StepFunctions::StateMachine",
            {"RoleArn": "r", "TracingConfig": {}},
            ["#: extraneous key [TracingConfig] is not permitted"],
        ),
        ("AWS::Lambda::Function", {"Code": {}}, ["#: required key [Role] not found"]),
        (
            "AWS::Lambda::Permission",
            {"FunctionName": "f"},
            ["#: required key [Action] not found", "#: required key [Principal] not found"],
        ),
        (
            "AWS::Events::Rule",
            {"Targets": [{"Id": "a", "Arn": "b"}, {"Id": "c"}]},
            ["#/Targets/1: required key [Arn] not found"],
        ),
        (
            "AWS::SQS::Queue",
            {"VisibilityTimeOut": 30},
            ["#: extraneous key [VisibilityTimeOut] is not permitted"],
        ),
    ],
)
def test_invalid_properties_are_named(kind: str, properties: dict[str, Any], problems: list[str]) -> None:
    with pytest.raises(ValueError) as error:
        check_properties(kind, "Thing", properties)
    prefix = "Properties validation failed for resource Thing with message:"
    assert str(error.value).split("\n") == [prefix, *problems]


def test_valid_properties_and_unknown_types_are_accepted() -> None:
    check_properties("AWS::SQS::Queue", "Queue", {"Tags": [{"Key": "a", "Value": "b"}]})
    check_properties("AWS::SSM::Parameter", "P", {"Type": "String", "Value": "v", "Tags": {"any": "key"}})
    check_properties("Custom::Thing", "Thing", {"Anything": 1})
