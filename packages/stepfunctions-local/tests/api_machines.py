"""State machines for tests of the API's operations."""

import json

import pytest

from stepfunctions_local.errors import ApiError
from stepfunctions_local.testing import FakeServices, VirtualEngine

ROLE = "arn:aws:iam::000000000000:role/virtual"
ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:"


def definition(result="one"):
    return json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": result, "End": True}}})


@pytest.fixture
def engine():
    groups = {"logGroups": [{"logGroupName": "shop"}, {"logGroupName": "shop-2"}]}
    services = FakeServices(calls={"logs:DescribeLogGroups": lambda params: groups})
    with VirtualEngine(services) as started:
        yield started


def create(engine, name="m", text=None, **more):
    return engine.create_state_machine(name=name, definition=text or definition(), roleArn=ROLE, **more)


def api_error(call, /, **params):
    with pytest.raises(ApiError) as refused:
        call(**params)
    return refused.value.code, refused.value.message


def alias(engine, routes, name="live", **more):
    return engine.create_state_machine_alias(
        name=name,
        routingConfiguration=[
            {"stateMachineVersionArn": f"{ARN}m:{version}", "weight": weight} for version, weight in routes
        ],
        **more,
    )
