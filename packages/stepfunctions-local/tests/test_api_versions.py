"""API operations on versions and aliases of state machines."""

from collections import Counter

import pytest

from .api_machines import ARN, alias, api_error, create, definition, engine

__all__ = ["engine"]  # fixtures


def test_version_numbers_are_not_reused(engine):
    create(engine, publish=True, versionDescription="first")
    again = engine.publish_state_machine_version(stateMachineArn=ARN + "m")
    assert again["stateMachineVersionArn"] == ARN + "m:1", "nothing changed since"
    engine.update_state_machine(stateMachineArn=ARN + "m", definition=definition("two"))
    assert (
        engine.publish_state_machine_version(stateMachineArn=ARN + "m")["stateMachineVersionArn"]
        == ARN + "m:2"
    )
    first = engine.describe_state_machine(stateMachineArn=ARN + "m:1")
    assert (first["stateMachineArn"], first["description"]) == (ARN + "m:1", "first")
    assert first["definition"] == definition("one")
    assert engine.finish(engine.start(ARN + "m:1")).output == "one"
    listed = engine.list_state_machine_versions(stateMachineArn=ARN + "m")["stateMachineVersions"]
    assert [item["stateMachineVersionArn"] for item in listed] == [ARN + "m:2", ARN + "m:1"]
    engine.delete_state_machine_version(stateMachineVersionArn=ARN + "m:2")
    assert engine.delete_state_machine_version(stateMachineVersionArn=ARN + "m:2") == {}
    third = engine.publish_state_machine_version(stateMachineArn=ARN + "m")
    assert third["stateMachineVersionArn"] == ARN + "m:3", "a number is not given twice"


def test_publish_version_checks_revision_id(engine):
    create(engine)
    engine.update_state_machine(stateMachineArn=ARN + "m", definition=definition("two"))
    error = api_error(engine.publish_state_machine_version, stateMachineArn=ARN + "m", revisionId="old")
    assert error[0] == "ConflictException"


def test_alias_routes_executions_by_weight(engine):
    create(engine, publish=True)
    engine.update_state_machine(stateMachineArn=ARN + "m", definition=definition("two"), publish=True)
    created = alias(engine, [(1, 90), (2, 10)])
    assert created == {"stateMachineAliasArn": ARN + "m:live", "creationDate": engine.clock.now()}
    outputs = Counter(engine.finish(engine.start(ARN + "m:live")).output for _ in range(200))
    assert 150 < outputs["one"] < 200
    assert outputs["one"] + outputs["two"] == 200
    engine.update_state_machine_alias(
        stateMachineAliasArn=ARN + "m:live",
        routingConfiguration=[{"stateMachineVersionArn": ARN + "m:2", "weight": 100}],
    )
    assert engine.finish(engine.start(ARN + "m:live")).output == "two"


def test_identical_alias_is_returned_and_other_conflicts(engine):
    create(engine, publish=True)
    created = alias(engine, [(1, 100)], description="d")
    assert alias(engine, [(1, 100)], description="d") == created
    assert api_error(alias, engine=engine, routes=[(1, 100)], description="e") == (
        "ConflictException",
        "Failed to create alias because an alias with the same name and a different routing configuration "
        "already exists.",
    )


@pytest.mark.parametrize(
    ("routes", "code", "message"),
    [
        (
            [(1, 50), (2, 60)],
            "ValidationException",
            "Sum of routing configuration weights must equal 100. Received: [50, 60]",
        ),
        (
            [(1, 50), (1, 50)],
            "ValidationException",
            "Routing configuration must contain distinct state machine version ARNs. "
            f"Received: [{ARN}m:1, {ARN}m:1]",
        ),
        (
            [(1, 30), (2, 30), (3, 40)],
            "ValidationException",
            "1 validation error detected: Value '["
            f"RoutingConfigurationListItem(stateMachineVersionArn={ARN}m:1, weight=30), "
            f"RoutingConfigurationListItem(stateMachineVersionArn={ARN}m:2, weight=30), "
            f"RoutingConfigurationListItem(stateMachineVersionArn={ARN}m:3, weight=40)]' "
            "at 'routingConfiguration' failed to satisfy constraint: Member must have length less than or equal to 2",
        ),
        (
            [],
            "ValidationException",
            "1 validation error detected: Value '[]' at 'routingConfiguration' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
        (
            [(1, 101)],
            "ValidationException",
            "1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight' failed to satisfy "
            "constraint: Member must have value less than or equal to 100",
        ),
        ([(9, 100)], "ResourceNotFound", "Request references a resource that does not exist."),
    ],
)
def test_invalid_routing_configurations_are_rejected(engine, routes, code, message):
    create(engine, publish=True)
    engine.update_state_machine(stateMachineArn=ARN + "m", definition=definition("two"), publish=True)
    error = api_error(alias, engine=engine, routes=routes)
    assert error == (code, message)


def test_version_and_alias_quotas_are_enforced(engine, monkeypatch):
    monkeypatch.setattr("stepfunctions_local.api.versions.MAX_VERSIONS", 2)
    monkeypatch.setattr("stepfunctions_local.api.aliases.MAX_ALIASES", 1)
    create(engine, publish=True)
    engine.update_state_machine(stateMachineArn=ARN + "m", definition=definition("two"), publish=True)
    engine.update_state_machine(stateMachineArn=ARN + "m", definition=definition("three"))
    error = api_error(engine.publish_state_machine_version, stateMachineArn=ARN + "m")
    assert error[0] == "ServiceQuotaExceededException"
    engine.delete_state_machine_version(stateMachineVersionArn=ARN + "m:1")
    published = engine.publish_state_machine_version(stateMachineArn=ARN + "m")
    assert published["stateMachineVersionArn"] == ARN + "m:3"
    route = [{"stateMachineVersionArn": ARN + "m:2", "weight": 100}]
    engine.create_state_machine_alias(name="one", routingConfiguration=route)
    assert engine.create_state_machine_alias(name="one", routingConfiguration=route)
    error = api_error(engine.create_state_machine_alias, name="two", routingConfiguration=route)
    assert error[0] == "ServiceQuotaExceededException"


def test_version_with_alias_cannot_be_deleted(engine):
    create(engine, publish=True)
    alias(engine, [(1, 100)])
    assert api_error(engine.delete_state_machine_version, stateMachineVersionArn=ARN + "m:1") == (
        "ConflictException",
        "Version to be deleted must not be referenced by an alias. "
        "Current list of aliases referencing this version: [live]",
    )
    engine.delete_state_machine_alias(stateMachineAliasArn=ARN + "m:live")
    assert engine.delete_state_machine_version(stateMachineVersionArn=ARN + "m:1") == {}
    assert api_error(engine.describe_state_machine_alias, stateMachineAliasArn=ARN + "m:live") == (
        "ResourceNotFound",
        "Request references a resource that does not exist.",
    )


def test_aliases_are_described_and_listed(engine):
    create(engine, publish=True)
    for name in ("live", "test"):
        alias(engine, [(1, 100)], name, description=name)
        engine.pass_time(1)
    described = engine.describe_state_machine_alias(stateMachineAliasArn=ARN + "m:live")
    assert described["description"] == "live"
    assert described["routingConfiguration"] == [{"stateMachineVersionArn": ARN + "m:1", "weight": 100}]
    first = engine.list_state_machine_aliases(stateMachineArn=ARN + "m", maxResults=1)
    assert [item["stateMachineAliasArn"] for item in first["stateMachineAliases"]] == [ARN + "m:live"]
    rest = engine.list_state_machine_aliases(stateMachineArn=ARN + "m", nextToken=first["nextToken"])
    assert [item["stateMachineAliasArn"] for item in rest["stateMachineAliases"]] == [ARN + "m:test"]


def test_numeric_alias_name_is_rejected(engine):
    create(engine, publish=True)
    code, message = api_error(alias, engine=engine, routes=[(1, 100)], name="12")
    assert code == "ValidationException"
    assert message.startswith(
        "1 validation error detected: Value '12' at 'name' failed to satisfy constraint: "
    )
