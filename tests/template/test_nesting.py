"""Division of the resources into nested stacks, and the references between them."""

from pathlib import Path
from typing import Any

import pytest

from tests.template.deployed import ROOT
from tests.template.test_assembly import project
from tools.template import assemble, deployed, document
from tools.template.nesting import NestedConflict

SHARED: dict[str, Any] = {
    "Description": "A test.",
    "Parameters": {"Subnets": {"Type": "CommaDelimitedList", "Default": ""}, "Stage": {"Type": "String"}},
    "Conditions": {
        "HasNetwork": {"Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": "Subnets"}]}, ""]}]},
        "OnAws": {"Fn::Not": [{"Condition": "IsLocal"}]},
        "IsLocal": {"Fn::Equals": [{"Ref": "Stage"}, "local"]},
    },
    "Globals": {"Function": {"Runtime": "python3.13", "CodeUri": "functions/"}},
}
TABLE = {"Type": "AWS::DynamoDB::Table"}
SELL: dict[str, Any] = {
    "Type": "AWS::Serverless::Function",
    "Stack": "Api",
    "Properties": {
        "Handler": "sales.sell",
        "VpcConfig": {"Fn::If": ["HasNetwork", {"SubnetIds": {"Ref": "Subnets"}}, {"Ref": "AWS::NoValue"}]},
        "Environment": {"Variables": {
            "TABLE_NAME": {"Ref": "SalesTable"},
            "STACK": {"Ref": "AWS::StackName"},
            "SITE": {"Fn::If": ["OnAws", {"Fn::GetAtt": ["Site", "DomainName"]}, ""]},
        }},
        "Policies": [{"Statement": [{
            "Action": "dynamodb:Query", "Resource": {"Fn::Sub": "${SalesTable.Arn}/index/${AWS::StackName}"},
        }]}],
    },
}  # fmt: skip
SITE = {"Type": "AWS::CloudFront::Distribution", "Condition": "OnAws", "Properties": {}}
POLICY = {
    "Type": "AWS::IAM::Policy",
    "Properties": {
        "PolicyDocument": {"Statement": [{"Resource": {"Fn::Sub": "${SellFunction.Arn}:cashier"}}]}
    },
}


def divided(root: Path, **resources: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the main template and that of the Api stack, of a project with these resources."""
    fragments = {"shared": SHARED, "sales": {"Service": "sales", "Resources": resources}}
    files = assemble.generated(project(root, **fragments))
    return document.read(files["template.yaml"]), document.read(files["template-api.yaml"])


def test_nested_function_gets_what_it_refers_to_as_parameters(tmp_path: Path) -> None:
    main, api = divided(tmp_path, SalesTable=TABLE, SellFunction=SELL, Site=SITE)
    arguments = main["Resources"]["Api"]["Properties"]["Parameters"]
    assert arguments.keys() == api["Parameters"].keys()
    assert arguments["SalesTable"] == {"Ref": "SalesTable"}
    assert arguments["SalesTableArn"] == {"Fn::GetAtt": ["SalesTable", "Arn"]}
    assert arguments["Deployment"] == {"Ref": "AWS::StackName"}
    function = api["Resources"]["SellFunction"]
    assert function["Type"] == "AWS::Lambda::Function"
    assert function["Properties"]["Environment"]["Variables"]["STACK"] == {"Ref": "Deployment"}
    [resource] = [
        statement["Resource"]
        for statement in api["Resources"]["SellFunctionRole"]["Properties"]["Policies"][0]["PolicyDocument"][
            "Statement"
        ]
        if statement["Action"] == "dynamodb:Query"
    ]
    assert resource == {"Fn::Sub": "${SalesTableArn}/index/${Deployment}"}


def test_list_is_passed_as_text(tmp_path: Path) -> None:
    main, api = divided(tmp_path, SalesTable=TABLE, SellFunction=SELL, Site=SITE)
    assert main["Resources"]["Api"]["Properties"]["Parameters"]["Subnets"] == {
        "Fn::Join": [",", {"Ref": "Subnets"}]
    }
    assert api["Parameters"]["Subnets"] == {"Type": "CommaDelimitedList"}


def test_attribute_of_a_resource_with_a_condition_is_passed_under_the_condition(tmp_path: Path) -> None:
    main, _ = divided(tmp_path, SalesTable=TABLE, SellFunction=SELL, Site=SITE)
    passed = main["Resources"]["Api"]["Properties"]["Parameters"]["SiteDomainName"]
    assert passed == {"Fn::If": ["OnAws", {"Fn::GetAtt": ["Site", "DomainName"]}, ""]}


def test_conditions_are_declared_with_those_that_they_are_made_of(tmp_path: Path) -> None:
    _, api = divided(tmp_path, SalesTable=TABLE, SellFunction=SELL, Site=SITE)
    assert {"HasNetwork", "OnAws", "IsLocal"} <= api["Conditions"].keys()


def test_main_stack_refers_to_outputs_of_the_nested_one(tmp_path: Path) -> None:
    main, api = divided(tmp_path, SalesTable=TABLE, SellFunction=SELL, Site=SITE, SellPolicy=POLICY)
    assert "SellFunction" not in main["Resources"]
    statement = main["Resources"]["SellPolicy"]["Properties"]["PolicyDocument"]["Statement"][0]
    assert statement["Resource"] == {"Fn::Sub": "${Api.Outputs.SellFunctionArn}:cashier"}
    assert api["Outputs"]["SellFunctionArn"]["Value"] == {"Fn::GetAtt": ["SellFunction", "Arn"]}
    assert main["Outputs"]["SellFunction"]["Value"] == {"Fn::GetAtt": ["Api", "Outputs.SellFunction"]}


def test_joined_templates_refer_to_resources_as_the_fragments_do(tmp_path: Path) -> None:
    main, api = divided(tmp_path, SalesTable=TABLE, SellFunction=SELL, Site=SITE, SellPolicy=POLICY)
    whole = deployed.joined(main, {"Api": api})
    properties = whole["Resources"]["SellFunction"]["Properties"]
    assert properties["VpcConfig"] == SELL["Properties"]["VpcConfig"]
    own = SELL["Properties"]["Environment"]["Variables"]
    assert properties["Environment"]["Variables"].items() >= own.items()
    assert whole["Resources"]["SellPolicy"]["Properties"] == POLICY["Properties"]
    assert whole["Outputs"]["SellFunction"]["Value"] == {"Ref": "SellFunction"}


def test_parameter_with_two_meanings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NestedConflict, match="SalesTable"):
        divided(
            tmp_path, SalesTable=TABLE, SellFunction=SELL, Site=SITE, SalesTableArn={**SITE, "Stack": "Api"}
        )


def test_unknown_nested_stack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(assemble.InvalidFragment, match="unknown nested stacks: Ap"):
        divided(tmp_path, SellFunction={**SELL, "Stack": "Ap"})


def test_nested_stacks_hold_no_state() -> None:
    """A resource that is moved to another stack is created anew, and what it held is lost."""
    for owner, file in deployed.FILES.items():
        nested = document.read((ROOT / file).read_text())["Resources"]
        assert not [name for name, one in nested.items() if one["Type"] in STATEFUL], owner


STATEFUL = {
    "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::S3::Bucket", "AWS::Cognito::UserPool",
    "AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine", "AWS::Events::EventBus",
}  # fmt: skip
