"""Roles are enforced for tasks of workflows and for functions."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.test_deploy import order_file
from tests.support.deployed_shop import Deployed

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


@contextmanager
def without_permission(shop: Deployed, role: str, action: str) -> Iterator[None]:
    """Remove an action from a role, by the logical id that it has in any stack; restore it at the end."""
    iam, formation = shop.client("iam"), shop.client("cloudformation")
    [name] = [
        resource["PhysicalResourceId"]
        for stack in formation.describe_stacks()["Stacks"]
        for resource in formation.describe_stack_resources(StackName=stack["StackName"])["StackResources"]
        if resource["LogicalResourceId"] == role
    ]
    policies = {
        policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    }
    [(policy, granted)] = [
        (one, document) for one, document in policies.items() if action in json.dumps(document)
    ]
    where = {"RoleName": name, "PolicyName": policy}
    narrowed = json.loads(json.dumps(granted))
    for statement in narrowed["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        statement["Action"] = [each for each in actions if each != action]
    narrowed["Statement"] = [statement for statement in narrowed["Statement"] if statement["Action"]]
    assert narrowed != granted
    iam.put_role_policy(**where, PolicyDocument=json.dumps(narrowed))
    try:
        yield
    finally:
        iam.put_role_policy(**where, PolicyDocument=json.dumps(granted))


@pytest.mark.parametrize(
    ("role", "action", "error", "cause", "compensated"),
    [
        ("OrderCheckoutRole", "lambda:InvokeFunction", "Lambda.AWSLambdaException", "AccessDenied", []),
        ("OrderCheckoutRole", "dynamodb:PutItem", "DynamoDb.DynamoDbException", "dynamodb:PutItem", []),
        ("ReserveStockFunctionRole", "dynamodb:UpdateItem", "ClientError", "AccessDenied", ["ReleaseStock"]),
    ],
)
def test_order_fails_without_a_permission_of_a_role(
    shop: Deployed, tmp_path: Path, role: str, action: str, error: str, cause: str, compensated: list[str]
) -> None:
    order_id = f"e2e-{role}-{action.partition(':')[2]}"
    with without_permission(shop, role, action):
        file = order_file(tmp_path, order_id)
        refused = json.loads(shop.till("order", "place", str(file), "--wait", "--json", code=1))
    assert (refused["status"], refused["error"]) == ("FAILED", error)
    assert cause in refused["cause"]
    history = json.loads(shop.till("history", order_id, "--json"))
    assert history["compensated_steps"][: len(compensated)] == compensated
    assert shop.violations() == []
