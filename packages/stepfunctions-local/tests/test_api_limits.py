"""API errors and limits: pagination tokens, client tokens, deletion, quotas, tracing and encryption."""

import json
from pathlib import Path

import pytest

from stepfunctions_local.engine import Config
from stepfunctions_local.errors import ApiError
from stepfunctions_local.services import CallFailed, RoleNotAssumable, ServiceError
from stepfunctions_local.testing import FakeServices, VirtualEngine

PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
DEFINITION = json.dumps(PASS)
FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}}
WAIT = {
    "StartAt": "W",
    "States": {"W": {"Type": "Wait", "Seconds": 60, "Next": "A"}, "A": {"Type": "Pass", "End": True}},
}
ROLE = "arn:aws:iam::000000000000:role/virtual"
KEY = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/data"}


def code(engine: VirtualEngine, operation: str, **params: object) -> str:
    with pytest.raises(ApiError) as error:
        engine.call(operation, **params)
    return error.value.code


def test_next_token_is_valid_only_for_its_request() -> None:
    with VirtualEngine() as engine:
        machines = [engine.create(WAIT) for _ in range(3)]
        for _ in range(3):
            for machine in machines:
                engine.start(machine)
        token = engine.list_state_machines(maxResults=1)["nextToken"]
        assert len(engine.list_state_machines(maxResults=2, nextToken=token)["stateMachines"]) == 2
        assert code(engine, "ListActivities", nextToken=token) == "InvalidToken"
        executions = engine.list_executions(stateMachineArn=machines[0], maxResults=1)["nextToken"]
        assert engine.list_executions(stateMachineArn=machines[0], nextToken=executions)["executions"]
        assert (
            code(engine, "ListExecutions", stateMachineArn=machines[1], nextToken=executions)
            == "InvalidToken"
        )
        filtered = {"stateMachineArn": machines[0], "statusFilter": "RUNNING", "nextToken": executions}
        assert code(engine, "ListExecutions", **filtered) == "InvalidToken"


def test_next_token_of_history_is_bound_to_its_execution_and_order() -> None:
    with VirtualEngine() as engine:
        first, second = (engine.run(PASS).arn for _ in range(2))
        token = engine.get_execution_history(executionArn=first, maxResults=1)["nextToken"]
        assert len(engine.get_execution_history(executionArn=first, nextToken=token)["events"]) == 3
        assert code(engine, "GetExecutionHistory", executionArn=second, nextToken=token) == "InvalidToken"
        turned = {"executionArn": first, "nextToken": token, "reverseOrder": True}
        assert code(engine, "GetExecutionHistory", **turned) == "InvalidToken"


def test_next_token_expires_after_24_hours() -> None:
    with VirtualEngine() as engine:
        for _ in range(2):
            engine.create(PASS)
        token = engine.list_state_machines(maxResults=1)["nextToken"]
        engine.pass_time(24 * 3600 - 1)
        assert engine.list_state_machines(nextToken=token)["stateMachines"]
        engine.pass_time(2)
        assert code(engine, "ListStateMachines", nextToken=token) == "InvalidToken"


@pytest.mark.parametrize("token", ["", "x", "bm90IGpzb24=", "WzEsMl0=", "WyJhIiwxLCJiIl0=", "W10="])
def test_malformed_next_token_is_rejected(token: str) -> None:
    with VirtualEngine() as engine:
        # The service model rejects an empty token before the operation sees it.
        expected = "ValidationException" if not token else "InvalidToken"
        assert code(engine, "ListStateMachines", nextToken=token) == expected


def test_redrive_with_same_client_token_is_idempotent_for_15_minutes() -> None:
    with VirtualEngine() as engine:
        arn = engine.run(FAIL).arn
        first = engine.redrive_execution(executionArn=arn, clientToken="a")
        engine.pass_time(60)
        assert engine.redrive_execution(executionArn=arn, clientToken="a") == first
        assert engine.describe_execution(executionArn=arn)["redriveCount"] == 1
        engine.redrive_execution(executionArn=arn, clientToken="b")
        engine.pass_time(15 * 60)
        again = engine.redrive_execution(executionArn=arn, clientToken="a")
        assert again["redriveDate"] > first["redriveDate"]
        assert engine.describe_execution(executionArn=arn)["redriveCount"] == 3


def test_redrive_remembers_last_ten_client_tokens() -> None:
    with VirtualEngine() as engine:
        arn = engine.run(FAIL).arn
        for number in range(11):
            engine.redrive_execution(executionArn=arn, clientToken=str(number))
        engine.redrive_execution(executionArn=arn, clientToken="1")
        assert engine.describe_execution(executionArn=arn)["redriveCount"] == 11
        engine.redrive_execution(executionArn=arn, clientToken="0")
        assert engine.describe_execution(executionArn=arn)["redriveCount"] == 12


def test_machine_with_running_executions_is_deleting_until_they_end() -> None:
    with VirtualEngine() as engine:
        machine = engine.create(WAIT, name="m")
        version = engine.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
        route = [{"stateMachineVersionArn": version, "weight": 100}]
        arn = engine.start(machine)
        engine.delete_state_machine(stateMachineArn=machine)
        assert engine.describe_state_machine(stateMachineArn=machine)["status"] == "DELETING"
        requests: list[tuple[str, dict[str, object]]] = [
            ("StartExecution", {"stateMachineArn": machine}),
            ("StartSyncExecution", {"stateMachineArn": machine}),
            ("UpdateStateMachine", {"stateMachineArn": machine, "roleArn": ROLE}),
            ("PublishStateMachineVersion", {"stateMachineArn": machine}),
            ("ListStateMachineAliases", {"stateMachineArn": machine}),
            ("CreateStateMachine", {"name": "m", "definition": DEFINITION, "roleArn": ROLE}),
        ]
        for operation, params in requests:
            assert code(engine, operation, **params) == "StateMachineDeleting", operation
        assert code(engine, "CreateStateMachineAlias", name="a", routingConfiguration=route) in (
            "StateMachineDeleting",
            "ResourceNotFound",
        )
        assert engine.finish(arn).status == "ABORTED"
        assert code(engine, "DescribeStateMachine", stateMachineArn=machine) == "StateMachineDoesNotExist"
        assert engine.create(PASS, name="m") == machine


def test_machine_without_running_executions_is_deleted_immediately() -> None:
    with VirtualEngine() as engine:
        machine = engine.create(PASS)
        engine.finish(engine.start(machine))
        engine.delete_state_machine(stateMachineArn=machine)
        assert code(engine, "DescribeStateMachine", stateMachineArn=machine) == "StateMachineDoesNotExist"
        assert engine.delete_state_machine(stateMachineArn=machine) == {}


def test_deletion_completes_after_restart(tmp_path: Path) -> None:
    store = tmp_path / "states.db"
    with VirtualEngine(store=store) as engine:
        machine = engine.create(WAIT)
        arn = engine.start(machine)
        engine.delete_state_machine(stateMachineArn=machine)
    with VirtualEngine(store=store) as engine:
        assert engine.describe_state_machine(stateMachineArn=machine)["status"] == "DELETING"
        assert engine.finish(arn).status == "ABORTED"
        assert code(engine, "DescribeStateMachine", stateMachineArn=machine) == "StateMachineDoesNotExist"


def test_quotas_are_enforced_where_configured() -> None:
    config = Config(max_state_machines=2, max_activities=1, max_open_executions=2)
    with VirtualEngine(config=config) as engine:
        machine = engine.create(WAIT, name="m")
        engine.create(PASS, name="n")
        third = {"name": "o", "definition": DEFINITION, "roleArn": ROLE}
        assert code(engine, "CreateStateMachine", **third) == "StateMachineLimitExceeded"
        assert engine.create(PASS, name="n")  # an identical request creates nothing
        engine.create_activity(name="a")
        assert code(engine, "CreateActivity", name="b") == "ActivityLimitExceeded"
        assert engine.create_activity(name="a")
        first = engine.start(machine)
        engine.start(machine)
        assert code(engine, "StartExecution", stateMachineArn=machine) == "ExecutionLimitExceeded"
        engine.stop_execution(executionArn=first)
        engine.start(machine)
        assert code(engine, "RedriveExecution", executionArn=first) == "ExecutionLimitExceeded"


@pytest.mark.parametrize("configuration", [{}, {"enabled": None}])
def test_tracing_configuration_requires_enabled(configuration: dict[str, object]) -> None:
    with VirtualEngine() as engine:
        request = {"name": "m", "definition": DEFINITION, "roleArn": ROLE}
        assert (
            code(engine, "CreateStateMachine", **request, tracingConfiguration=configuration)
            == "InvalidTracingConfiguration"
        )
        machine = engine.create(PASS)
        update = {"stateMachineArn": machine, "tracingConfiguration": configuration}
        assert code(engine, "UpdateStateMachine", **update) == "InvalidTracingConfiguration"


def kms_error(name: str) -> ServiceError:
    return ServiceError("kms", "GenerateDataKey", name, "no")


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (kms_error("AccessDeniedException"), "KmsAccessDeniedException"),
        (kms_error("NotFoundException"), "KmsAccessDeniedException"),
        (kms_error("DisabledException"), "KmsInvalidStateException"),
        (kms_error("KMSInvalidStateException"), "KmsInvalidStateException"),
        (kms_error("ThrottlingException"), "KmsThrottlingException"),
        (RoleNotAssumable("arn:role", "no"), "KmsAccessDeniedException"),
        (CallFailed("no connection"), "KmsAccessDeniedException"),
    ],
)
def test_execution_needs_data_key_of_customer_managed_key(failure: Exception, expected: str) -> None:
    calls: list[dict[str, object]] = []

    def generate(params: dict[str, object]) -> dict[str, object]:
        calls.append(params)
        if len(calls) > 1:
            raise failure
        return {"Plaintext": b"key"}

    with VirtualEngine(FakeServices(calls={"kms:GenerateDataKey": generate})) as engine:
        request = {"name": "m", "definition": DEFINITION, "roleArn": ROLE}
        machine = engine.create_state_machine(**request, encryptionConfiguration=KEY)["stateMachineArn"]
        assert engine.describe_state_machine(stateMachineArn=machine)["encryptionConfiguration"] == {
            **KEY,
            "kmsDataKeyReusePeriodSeconds": 300,
        }
        assert code(engine, "StartExecution", stateMachineArn=machine) == expected
        assert calls == [{"KeyId": "alias/data", "KeySpec": "AES_256"}] * 2


def test_customer_managed_key_is_checked_when_it_is_configured() -> None:
    def generate(_: dict[str, object]) -> dict[str, object]:
        raise kms_error("NotFoundException")

    with VirtualEngine(FakeServices(calls={"kms:GenerateDataKey": generate})) as engine:
        request = {"name": "m", "definition": DEFINITION, "roleArn": ROLE, "encryptionConfiguration": KEY}
        assert code(engine, "CreateStateMachine", **request) == "KmsAccessDeniedException"
        assert (
            code(engine, "CreateActivity", name="a", encryptionConfiguration=KEY)
            == "KmsAccessDeniedException"
        )
        update = {"stateMachineArn": engine.create(PASS), "encryptionConfiguration": KEY}
        assert code(engine, "UpdateStateMachine", **update) == "KmsAccessDeniedException"
        assert engine.list_state_machines()["stateMachines"][0]["name"] == "machine-1"


def test_task_of_deleted_activity_does_not_exist() -> None:
    with VirtualEngine() as engine:
        activity = engine.create_activity(name="pack")["activityArn"]
        state = {"Type": "Task", "Resource": activity, "End": True}
        engine.start(engine.create({"StartAt": "T", "States": {"T": state}}))
        token = engine.get_activity_task(activityArn=activity)["taskToken"]
        engine.delete_activity(activityArn=activity)
        assert code(engine, "SendTaskHeartbeat", taskToken=token) == "TaskDoesNotExist"
        assert code(engine, "SendTaskSuccess", taskToken=token, output="1") == "TaskDoesNotExist"
        assert code(engine, "SendTaskFailure", taskToken=token) == "TaskDoesNotExist"
