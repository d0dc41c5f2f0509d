"""The conventions of template.yaml: outputs under their logical ids, narrow roles, an event for every function."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.events.models import EventPattern
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text())
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
FOUND_BY_OUTPUT = {
    "AWS::DynamoDB::Table",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::Events::EventBus",
    "AWS::SNS::Topic",
    "AWS::Serverless::Function",
    "AWS::Serverless::StateMachine",
}

# Objects of a bucket and executions of a machine have no names before they are made: a star may stand for
# them, at the end, behind the name of what holds them.
NARROW = re.compile(r'[^*]*|[^*]*(\$\{\w+\.\w+\}|[\w-]+)(/\w+)?[/:]\*"\}')


def of_type(*types: str) -> list[str]:
    return [name for name, resource in RESOURCES.items() if resource["Type"] in types]


def statements(name: str) -> Iterator[dict[str, Any]]:
    properties = RESOURCES[name]["Properties"]
    for policy in properties.get("Policies", ()):
        document = policy.get("PolicyDocument", policy)
        yield from document["Statement"]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


@pytest.mark.parametrize("name", of_type(*FOUND_BY_OUTPUT))
def test_what_an_operator_looks_for_is_an_output_under_its_logical_id(name: str) -> None:
    assert TEMPLATE["Outputs"][name]["Value"] == {"Ref": name}


@pytest.mark.parametrize(
    "name", of_type("AWS::Serverless::Function", "AWS::Serverless::StateMachine", "AWS::IAM::Role")
)
def test_role_has_no_wildcard(name: str) -> None:
    granted = list(statements(name))
    assert granted or RESOURCES[name]["Properties"]["Policies"] == [], "no policy of its own"
    for statement in granted:
        assert not any("*" in action for action in as_list(statement["Action"]))
        for resource in as_list(statement["Resource"]):
            assert NARROW.fullmatch(json.dumps(resource)), resource


@pytest.mark.parametrize("name", of_type("AWS::Serverless::Function"))
def test_function_has_a_sample_event(name: str) -> None:
    assert isinstance(
        json.loads((ROOT / "events" / f"{snake(name.removesuffix('Function'))}.json").read_text()), dict
    )


@pytest.mark.parametrize("path", sorted((ROOT / "statemachines").glob("*.asl.json")), ids=lambda p: p.name)
def test_workflow_has_a_sample_input(path: Path) -> None:
    assert isinstance(json.loads((ROOT / "events" / path.name.replace(".asl", "")).read_text()), dict)


@pytest.mark.parametrize("name", of_type("AWS::Serverless::Function"))
def test_function_is_in_its_services_folder(name: str) -> None:
    service, *modules, verb = RESOURCES[name]["Properties"]["Handler"].split(".")
    if modules != ["api"]:  # an Api's handle method dispatches to the routes of its module
        assert verb == snake(name.removesuffix("Function"))
    else:
        assert name == f"{service.capitalize()}ApiFunction"
        return
    assert f"def {verb}(" in (ROOT.joinpath("functions", service, *modules).with_suffix(".py")).read_text()


def test_every_dead_letter_queue_is_alarmed() -> None:
    alarmed = {
        dimension["Value"]["Fn::GetAtt"][0]
        for name in of_type("AWS::CloudWatch::Alarm")
        for dimension in RESOURCES[name]["Properties"]["Dimensions"]
        if dimension["Name"] == "QueueName"
    }
    dead_letters = {name for name in of_type("AWS::SQS::Queue") if "DeadLetter" in name}
    assert dead_letters and dead_letters <= alarmed


@pytest.mark.parametrize(
    ("workflow", "status", "error", "alarmed"),
    [
        ("OrderCheckout", "FAILED", "PaymentDeclined", False),
        ("OrderCheckout", "FAILED", "CaseNotOpened", True),
        ("OrderCheckout", "FAILED", "States.QueryEvaluationError", True),
        ("OrderCheckout", "TIMED_OUT", None, True),
        ("OrderCheckout", "SUCCEEDED", None, False),
        ("StockReorder", "FAILED", "StoreUnavailable", True),
        ("ImageBackfill", "FAILED", "Lambda.Unknown", True),
        ("StockReorder", "SUCCEEDED", None, False),
    ],
)
def test_an_execution_that_ends_undecided_is_alarmed(
    workflow: str, status: str, error: str | None, alarmed: bool
) -> None:
    raw = json.dumps(RESOURCES["BrokenWorkflowRule"]["Properties"]["EventPattern"])
    pattern = EventPattern.load(re.sub(r'\{"Ref": "(\w+)"\}', r'"\1"', raw))
    event: Any = {
        "source": "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        "detail": {"stateMachineArn": workflow, "status": status, "error": error},
    }
    assert pattern.matches_event(event) is alarmed
