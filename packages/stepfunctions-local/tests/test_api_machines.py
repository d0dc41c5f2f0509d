"""API operations on state machines, versions, aliases, tags and activities."""

import json

import pytest

from stepfunctions_local.errors import ApiError
from stepfunctions_local.services import ServiceError
from stepfunctions_local.testing import FakeServices, VirtualEngine

from .api_machines import ARN, ROLE, alias, api_error, create, definition, engine

__all__ = ["engine"]  # fixtures


GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:shop:*"


def test_describe_state_machine_returns_created_fields(engine):
    created = create(engine)
    assert created == {"stateMachineArn": ARN + "m", "creationDate": engine.clock.now()}
    assert engine.describe_state_machine(stateMachineArn=ARN + "m") == {
        "stateMachineArn": ARN + "m",
        "name": "m",
        "status": "ACTIVE",
        "definition": definition(),
        "roleArn": ROLE,
        "type": "STANDARD",
        "creationDate": created["creationDate"],
        "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
        "tracingConfiguration": {"enabled": False},
        "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
    }
    described = engine.describe_state_machine(stateMachineArn=ARN + "m", includedData="METADATA_ONLY")
    assert "definition" not in described


def test_identical_create_returns_existing_machine(engine):
    created = create(engine)
    engine.pass_time(60)
    # neither the role nor tags make it another machine
    again = engine.create_state_machine(
        name="m", definition=definition(), roleArn=ROLE + "2", tags=[{"key": "a", "value": "b"}]
    )
    assert again == created
    for other in (
        {"text": definition("two")},
        {"type": "EXPRESS"},
        {"tracingConfiguration": {"enabled": True}},
    ):
        with pytest.raises(ApiError) as refused:
            create(engine, **other)
        assert (refused.value.code, refused.value.message) == (
            "StateMachineAlreadyExists",
            f"State Machine Already Exists: '{ARN}m'",
        )


def test_identical_create_with_publish_returns_existing_version(engine):
    first = create(engine, publish=True, versionDescription="v")
    assert first["stateMachineVersionArn"] == ARN + "m:1"
    assert create(engine, publish=True, versionDescription="v") == first
    assert (
        api_error(create, engine=engine, publish=True, versionDescription="w")[0]
        == "StateMachineAlreadyExists"
    )


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ({"name": "a,b"}, "InvalidName", "Invalid Name: 'a,b'"),
        ({"name": "a b"}, "InvalidName", "Invalid Name: 'a b'"),
        ({"name": "a\x7f"}, "InvalidName", "Invalid Name: 'a\x7f'"),
        ({"name": "a\U0010ffff"}, "InvalidName", "Invalid Name: 'a\U0010ffff'"),
        (
            {"name": "n" * 81},
            "ValidationException",
            f"1 validation error detected: Value '{'n' * 81}' at 'name' failed to satisfy constraint: "
            "Member must have length less than or equal to 80",
        ),
        (
            {"type": "FAST"},
            "ValidationException",
            "1 validation error detected: Value 'FAST' at 'type' failed to satisfy constraint: "
            "Member must satisfy enum value set: [STANDARD, EXPRESS]",
        ),
        ({"roleArn": "role"}, "InvalidArn", "Invalid Role Arn: 'role'"),
        (
            {"versionDescription": "v"},
            "ValidationException",
            "Version description can only be set when publish is true",
        ),
        (
            {"loggingConfiguration": {"level": "ALL"}},
            "InvalidLoggingConfiguration",
            "Invalid Logging Configuration: Must specify exactly one Log Destination.",
        ),
        (
            {
                "loggingConfiguration": {
                    "level": "ALL",
                    "destinations": [
                        {"cloudWatchLogsLogGroup": {"logGroupArn": GROUP.replace("shop", "gone")}}
                    ],
                }
            },
            "InvalidLoggingConfiguration",
            "Invalid Logging Configuration: Log Destination not found.",
        ),
        (
            {"encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY"}},
            "InvalidEncryptionConfiguration",
            None,
        ),
        ({"tags": [{"key": str(n), "value": ""} for n in range(51)]}, "TooManyTags", None),
        ({"definition": "{}"}, "InvalidDefinition", None),
        (
            {"definition": definition("c" * 1024 * 1024)},
            "ValidationException",
            "1 validation error detected: Value at 'definition' failed to satisfy constraint: "
            "Member must have length less than or equal to 1048576",
        ),
        ({"name": 5}, "SerializationException", "NUMBER_VALUE can not be converted to a String"),
        (
            {"tags": [None]},
            "ValidationException",
            "1 validation error detected: Value null at 'tags.1.member' failed to satisfy constraint: "
            "Member must not be null",
        ),
    ],
)
def test_create_rejects_invalid_parameters(engine, params, code, message):
    given = {"name": "m", "definition": definition(), "roleArn": ROLE, **params}
    error = api_error(engine.create_state_machine, **given)
    assert error[0] == code
    assert message is None or error[1] == message
    assert engine.list_state_machines() == {"stateMachines": []}


def test_fractional_number_is_rejected_and_tag_value_is_optional(engine):
    error = api_error(engine.list_state_machines, maxResults=1.5)
    assert error == ("SerializationException", "DECIMAL_VALUE can not be converted to an Integer")
    create(engine, tags=[{"key": "team"}])
    assert engine.list_tags_for_resource(resourceArn=ARN + "m")["tags"] == [{"key": "team", "value": ""}]


def test_all_missing_parameters_are_reported(engine):
    code, message = api_error(engine.create_state_machine, name="")
    assert code == "ValidationException"
    assert message == (
        "3 validation errors detected: Value '' at 'name' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; "
        "Value null at 'definition' failed to satisfy constraint: Member must not be null; "
        "Value null at 'roleArn' failed to satisfy constraint: Member must not be null"
    )


def test_logging_configuration_is_described_as_given(engine):
    destination = [{"cloudWatchLogsLogGroup": {"logGroupArn": GROUP}}]
    create(engine, loggingConfiguration={"level": "ERROR", "destinations": destination})
    logging = engine.describe_state_machine(stateMachineArn=ARN + "m")["loggingConfiguration"]
    assert logging == {"level": "ERROR", "includeExecutionData": False, "destinations": destination}


def test_log_group_is_not_checked_without_logs_service():
    def refuse(params):
        raise ServiceError("logs", "DescribeLogGroups", "UnknownOperationException", "none here")

    with VirtualEngine(FakeServices(calls={"logs:DescribeLogGroups": refuse})) as engine:
        destination = [{"cloudWatchLogsLogGroup": {"logGroupArn": GROUP}}]
        create(engine, loggingConfiguration={"level": "ALL", "destinations": destination})


@pytest.mark.parametrize(
    ("arn", "reason"),
    [
        ("not_an_arn", "Invalid ARN prefix: not_an_arn"),
        (
            "arn:aws:states:us-east-1:000000000000:express:m:n:i",
            "Resource type not valid in this context: express",
        ),
        (
            "arn:aws:states:us-east-1:000000000000:activity:m",
            "Resource type not valid in this context: activity",
        ),
    ],
)
def test_invalid_arns_are_rejected(engine, arn, reason):
    assert api_error(engine.describe_state_machine, stateMachineArn=arn) == (
        "InvalidArn",
        f"Invalid Arn: '{reason}'",
    )


def test_missing_machine_raises_does_not_exist(engine):
    error = ("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{ARN}none'")
    assert api_error(engine.describe_state_machine, stateMachineArn=ARN + "none") == error
    assert api_error(engine.start_execution, stateMachineArn=ARN + "none") == error
    assert (
        api_error(engine.update_state_machine, stateMachineArn=ARN + "none", definition=definition()) == error
    )
    assert engine.delete_state_machine(stateMachineArn=ARN + "none") == {}


def test_update_creates_revision_only_for_changes(engine):
    create(engine)
    same = engine.update_state_machine(stateMachineArn=ARN + "m", definition=definition())
    assert set(same) == {"updateDate"}
    changed = engine.update_state_machine(stateMachineArn=ARN + "m", definition=definition("two"))
    described = engine.describe_state_machine(stateMachineArn=ARN + "m")
    assert described["revisionId"] == changed["revisionId"]
    assert described["definition"] == definition("two")
    assert api_error(engine.update_state_machine, stateMachineArn=ARN + "m")[0] == "MissingRequiredParameter"


def test_running_execution_keeps_its_revision(engine):
    waiting = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "Next": "A"}}}
    waiting["States"]["A"] = {"Type": "Pass", "Result": "old", "End": True}
    create(engine, text=json.dumps(waiting))
    execution = engine.start(ARN + "m")
    engine.update_state_machine(stateMachineArn=ARN + "m", definition=definition("new"))
    assert engine.finish(execution).output == "old"
    assert engine.finish(engine.start(ARN + "m")).output == "new"


def test_delete_machine_deletes_versions_aliases_and_tags(engine):
    create(engine, publish=True, tags=[{"key": "a", "value": "b"}])
    alias(engine, [(1, 100)])
    engine.delete_state_machine(stateMachineArn=ARN + "m")
    assert engine.list_state_machines() == {"stateMachines": []}
    create(engine)
    assert engine.list_state_machine_versions(stateMachineArn=ARN + "m") == {"stateMachineVersions": []}
    assert engine.list_state_machine_aliases(stateMachineArn=ARN + "m") == {"stateMachineAliases": []}
    assert engine.list_tags_for_resource(resourceArn=ARN + "m") == {"tags": []}


def test_executions_of_deleted_machine_stop_at_next_transition(engine):
    waiting = {
        "StartAt": "W",
        "States": {
            "W": {"Type": "Wait", "Seconds": 60, "Next": "A"},
            "A": {"Type": "Wait", "Seconds": 60, "End": True},
        },
    }
    create(engine, text=json.dumps(waiting))
    execution = engine.start(ARN + "m")
    engine.delete_state_machine(stateMachineArn=ARN + "m")
    engine.pass_time(10)
    assert engine.describe_execution(executionArn=execution)["status"] == "RUNNING"
    ended = engine.finish(execution)
    assert (ended.status, ended.elapsed, ended.states) == ("ABORTED", 60, ["W"])


def test_distributed_map_is_described_by_its_label_only(engine):
    inner = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "P",
        "States": {"P": {"Type": "Pass", "End": True}},
    }
    named = {"Type": "Map", "Label": "Orders", "ItemProcessor": inner, "Next": "N"}
    nameless = {
        "Type": "Map",
        "ItemProcessor": inner | {"States": {"Q": inner["States"]["P"]}, "StartAt": "Q"},
    }
    text = json.dumps({"StartAt": "M", "States": {"M": named, "N": {**nameless, "End": True}}})
    create(engine, text=text)
    execution = engine.start(ARN + "m", [1])
    engine.finish(execution)
    labels = []
    for run in engine.list_map_runs(executionArn=execution)["mapRuns"]:
        child = engine.list_executions(mapRunArn=run["mapRunArn"])["executions"][0]
        of_child = engine.describe_state_machine_for_execution(executionArn=child["executionArn"])
        of_map = engine.describe_state_machine(stateMachineArn=run["stateMachineArn"])
        assert of_child["mapRunArn"] == run["mapRunArn"]
        for described in (of_child, of_map):
            assert described["stateMachineArn"] == run["stateMachineArn"] == f"{ARN}m/{described['label']}"
            assert json.loads(described["definition"])["States"] in (
                inner["States"],
                nameless["ItemProcessor"]["States"],
            )
        labels.append(of_child["label"])
    assert "Orders" in labels and len(set(labels)) == 2
    assert (
        api_error(engine.describe_state_machine, stateMachineArn=f"{ARN}m/Nobody")[0]
        == "StateMachineDoesNotExist"
    )
    for operation in (engine.start_execution, engine.update_state_machine, engine.delete_state_machine):
        assert api_error(operation, stateMachineArn=f"{ARN}m/Orders")[0] == "ValidationException"


def test_machines_are_listed_in_pages(engine):
    for name in ("c", "a", "b"):
        create(engine, name)
        engine.pass_time(1)
    first = engine.list_state_machines(maxResults=2)
    assert [item["name"] for item in first["stateMachines"]] == ["c", "a"]
    assert set(first["stateMachines"][0]) == {"stateMachineArn", "name", "type", "creationDate"}
    rest = engine.list_state_machines(maxResults=2, nextToken=first["nextToken"])
    assert [item["name"] for item in rest["stateMachines"]] == ["b"]
    assert "nextToken" not in rest
    assert len(engine.list_state_machines(maxResults=0)["stateMachines"]) == 3
    assert api_error(engine.list_state_machines, nextToken="mine")[0] == "InvalidToken"
    assert api_error(engine.list_state_machines, maxResults=1001) == (
        "ValidationException",
        "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: "
        "Member must have value less than or equal to 1000",
    )


def test_validate_definition_stores_nothing(engine):
    sound = engine.validate_state_machine_definition(definition=definition())
    assert sound == {"result": "OK", "diagnostics": [], "truncated": False}
    faulty = json.dumps(
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "X", "Parameters": {"a": "$.b"}}}}
    )
    errors = engine.validate_state_machine_definition(definition=faulty)
    assert errors["result"] == "FAIL"
    assert errors["diagnostics"] == [
        {
            "severity": "ERROR",
            "code": "MISSING_TRANSITION_TARGET",
            "message": "Missing 'Next' target: X",
            "location": "/States/A/Next",
        },
        {"severity": "ERROR", "code": "MISSING_END_STATE", "message": "Workflow has no terminal state"},
    ]
    warned = engine.validate_state_machine_definition(definition=faulty, severity="WARNING")
    assert [item["severity"] for item in warned["diagnostics"]].count("WARNING") == 1
    cut = engine.validate_state_machine_definition(definition=faulty, maxResults=1)
    assert (len(cut["diagnostics"]), cut["truncated"]) == (1, True)
