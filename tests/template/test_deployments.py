"""Versions and aliases: what starts executions and invokes functions, and how aliases move to a new version."""

import json
import re
from graphlib import TopologicalSorter
from typing import Any

import pytest

from tests.template.deployed import ROOT, of_type, references, resources, source
from tools.template.conventions.deployments import sale_alarms

GRADUAL = {"GradualDeployment": "true"}
MACHINE, ALIAS = "AWS::StepFunctions::StateMachine", "AWS::StepFunctions::StateMachineAlias"
WORKFLOWS = of_type(MACHINE)
MOST_ALARMS_OF_A_GROUP, MOST_METRICS_OF_AN_ALARM = 10, 10


def value_if(value: Any, condition: str, holds: bool) -> Any:
    """Return a value of Fn::If for a condition that holds or not."""
    if isinstance(value, dict) and value.get("Fn::If", [None])[0] == condition:
        return value["Fn::If"][1 if holds else 2]
    return value


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_workflow_publishes_a_version_and_moves_its_alias(workflow: str) -> None:
    alias = resources()[f"{workflow}Aliaslive"]["Properties"]
    assert alias["DeploymentPreference"]["StateMachineVersionArn"] == {"Ref": f"{workflow}Version"}
    version = resources()[f"{workflow}Version"]
    assert version["Properties"]["StateMachineRevisionId"] == {
        "Fn::GetAtt": [workflow, "StateMachineRevisionId"]
    }
    # A version that a gradual deployment moves away from must outlive the update.
    assert version["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_alias_of_a_workflow_moves_at_once_unless_deployed_gradually(workflow: str) -> None:
    preference = resources()[f"{workflow}Aliaslive"]["Properties"]["DeploymentPreference"]
    for gradual, kind, alarms in (
        (False, "ALL_AT_ONCE", None),
        (True, "CANARY", [{"Ref": f"{workflow}Alarm"}]),
    ):
        values = {name: value_if(value, "ShiftsGradually", gradual) for name, value in preference.items()}
        assert values["Type"] == kind
        assert values["Alarms"] == (alarms or {"Ref": "AWS::NoValue"})
        assert (values["Percentage"], values["Interval"]) == (
            (10, 10) if gradual else (values["Alarms"],) * 2
        )


def test_alias_of_a_workflow_is_an_output() -> None:
    for workflow in WORKFLOWS:
        assert source()["Outputs"][f"{workflow}Alias"]["Value"] == {"Ref": f"{workflow}Aliaslive"}


def test_rules_and_schedules_start_executions_by_an_alias() -> None:
    targets = [
        target for rule in resources("AWS::Events::Rule").values() for target in rule["Properties"]["Targets"]
    ] + [schedule["Properties"]["Target"] for schedule in resources("AWS::Scheduler::Schedule").values()]
    started = {name for target in targets for name in references(target["Arn"])}
    assert started & set(of_type(ALIAS))
    assert not started & set(WORKFLOWS)


@pytest.mark.parametrize("path", sorted((ROOT / "statemachines").glob("*.asl.json")), ids=lambda p: p.name)
def test_nested_executions_are_started_by_an_alias(path: Any) -> None:
    for target in re.findall(r'"StateMachineArn": "([^"]*)"', path.read_text()):
        assert re.fullmatch(r"\$\{\w+Alias\}", target), target


def test_functions_start_executions_by_an_alias() -> None:
    """A role that may start executions belongs to a function that has an alias's ARN, and no machine's."""
    starters = [
        name
        for name in of_type("AWS::Lambda::Function")
        if "states:StartExecution" in json.dumps(resources()[f"{name}Role"])
    ]
    assert starters
    for name in starters:
        named = references(resources()[name]["Properties"]["Environment"])
        assert named & set(of_type(ALIAS)), name
        assert not named & set(WORKFLOWS), name


def test_functions_of_a_sale_are_deployed_gradually_and_rolled_back_by_alarm() -> None:
    groups = resources("AWS::CodeDeploy::DeploymentGroup", **GRADUAL)
    alarms = {name for name in of_type("AWS::CloudWatch::Alarm") if name.startswith("SaleErrors")}
    assert {"PriceOrderFunctionDeploymentGroup", "CapturePaymentFunctionDeploymentGroup"} <= groups.keys()
    for name, group in groups.items():
        properties = group["Properties"]
        assert properties["AlarmConfiguration"]["Enabled"] is True
        assert references(properties["AlarmConfiguration"]["Alarms"]) == alarms
        assert properties["AutoRollbackConfiguration"]["Enabled"] is True
        alias = resources(**GRADUAL)[name.replace("DeploymentGroup", "Aliaslive")]
        assert "CodeDeployLambdaAliasUpdate" in alias["UpdatePolicy"]
    assert 0 < len(alarms) <= MOST_ALARMS_OF_A_GROUP


def test_no_function_is_deployed_gradually_by_default() -> None:
    assert resources("AWS::CodeDeploy::DeploymentGroup", "AWS::CodeDeploy::Application") == {}


def test_alarms_of_a_sale_share_its_functions() -> None:
    functions = [f"F{number}" for number in range(21)]
    parts = sale_alarms(functions)
    assert [len(part) for part in parts.values()] == [10, 10, 1]
    assert [name for part in parts.values() for name in part] == functions
    assert max(map(len, parts.values())) <= MOST_METRICS_OF_AN_ALARM


@pytest.mark.parametrize("parameters", [{}, GRADUAL], ids=["at once", "gradual"])
def test_resources_do_not_refer_to_each_other_in_a_circle(parameters: dict[str, str]) -> None:
    deployed = resources(**parameters)
    TopologicalSorter(
        {name: references(found) & deployed.keys() for name, found in deployed.items()}
    ).prepare()


def test_gradual_deployment_of_the_local_stage_is_refused() -> None:
    (assertion,) = source()["Rules"]["ShiftIsOnAws"]["Assertions"]
    assert assertion["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Stage"}, "local"]}]}
