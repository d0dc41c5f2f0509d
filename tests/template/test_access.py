"""Managed policies for people: what each may do, on the translated template."""

import json
from fnmatch import fnmatch
from typing import Any

import pytest
import yaml

from tests.template.deployed import ROOT, as_list, of_type, references, resources, source

POLICIES = of_type("AWS::IAM::ManagedPolicy")
WRITES = ("dynamodb:*Put*", "dynamodb:*Update*", "dynamodb:*Delete*", "dynamodb:*Write*")
TABLES, WORKFLOWS = of_type("AWS::DynamoDB::Table"), of_type("AWS::StepFunctions::StateMachine")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, and a long ARN
POLICY_CHARACTERS, ARN_CHARACTERS = 6_144, 120


def granted(policy: str, *patterns: str) -> set[str]:
    """Return the logical ids of the resources on which a policy allows an action of one of the patterns."""
    return {
        name
        for statement in statements(policy)
        for name in references(statement["Resource"])
        if any(fnmatch(action, pattern) for action in as_list(statement["Action"]) for pattern in patterns)
    }


def statements(policy: str) -> list[Any]:
    """Return the statements of a policy, with the one for a stack with a customer-managed key."""
    entries = resources()[policy]["Properties"]["PolicyDocument"]["Statement"]
    return [entry["Fn::If"][1] if "Fn::If" in entry else entry for entry in entries]


def test_duties_have_policies_as_outputs() -> None:
    assert set(POLICIES) == {"CashierPolicy", "ManagerPolicy", "OperatorPolicy", "AuditorPolicy"}
    assert set(POLICIES) <= source()["Outputs"].keys()


@pytest.mark.parametrize("policy", ["CashierPolicy", "ManagerPolicy", "OperatorPolicy"])
def test_people_use_no_table_and_start_no_sale(policy: str) -> None:
    assert granted(policy, "dynamodb:*") == set()
    assert granted(policy, "states:SendTask*") == set()
    assert granted(policy, "states:StartExecution") <= {"ImageBackfill"}


@pytest.mark.parametrize("policy", ["CashierPolicy", "ManagerPolicy", "OperatorPolicy"])
def test_people_look_into_no_execution_but_a_backfill(policy: str) -> None:
    assert {name for name in granted(policy, "states:*") if not name.startswith("AWS::")} <= {"ImageBackfill"}


def test_executions_are_followed_by_the_function_of_each_duty() -> None:
    for policy in ("CashierPolicy", "ManagerPolicy", "OperatorPolicy"):
        assert "ExecutionsApiFunction" in granted(policy, "lambda:InvokeFunction")


def test_function_looks_into_every_workflow() -> None:
    (policy,) = resources()["ExecutionsApiFunctionRole"]["Properties"]["Policies"][:1]
    allowed: dict[str, set[str]] = {}
    for statement in policy["PolicyDocument"]["Statement"]:
        for action in as_list(statement["Action"]):
            allowed.setdefault(action, set()).update(references(statement["Resource"]))
    for action in ("states:ListExecutions", "states:GetExecutionHistory", "states:RedriveExecution"):
        assert allowed[action] >= set(WORKFLOWS), action


@pytest.mark.parametrize("policy", POLICIES)
def test_people_use_no_queue_and_no_log(policy: str) -> None:
    assert granted(policy, "sqs:*", "logs:*") == set()


def test_auditor_reads_every_table_and_changes_nothing() -> None:
    assert set(TABLES) <= granted("AuditorPolicy", "dynamodb:Scan")
    assert granted("AuditorPolicy", *WRITES, "states:Start*", "states:Send*", "sqs:*") == set()


@pytest.mark.parametrize(
    ("policy", "groups"),
    [
        ("CashierPolicy", {"cashier"}),
        ("ManagerPolicy", {"cashier", "manager"}),
        ("OperatorPolicy", {"cashier", "operator"}),
    ],
)
def test_functions_are_invoked_by_the_aliases_of_the_duty_alone(policy: str, groups: set[str]) -> None:
    """A policy without an alias would allow every route of a function, as any group."""
    routes = yaml.safe_load((ROOT / "template-routes.yaml").read_text().replace("!", ""))["Resources"]
    aliases = {
        f"${{{alias['Properties']['FunctionName'].removeprefix('Ref ').removesuffix('Arn')}.Arn}}:"
        f"{alias['Properties']['Name']}"
        for alias in routes.values()
        if alias["Type"] == "AWS::Lambda::Alias"
    }
    allowed = {
        resource["Fn::Sub"] if "Fn::Sub" in resource else resource["Fn::GetAtt"][0]
        for statement in statements(policy)
        if "lambda:InvokeFunction" in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }
    assert allowed
    assert allowed <= {alias for alias in aliases if alias.rpartition(":")[2] in groups}


@pytest.mark.parametrize("policy", POLICIES)
def test_policy_fits_the_quota_of_a_managed_policy(policy: str) -> None:
    arns = sum(len(as_list(statement["Resource"])) for statement in statements(policy))
    text = json.dumps(
        [{**statement, "Resource": []} for statement in statements(policy)], separators=(",", ":")
    )
    assert len(text) + arns * ARN_CHARACTERS < POLICY_CHARACTERS
