"""Validation of mocks and of requests."""

from typing import Any

import pytest

from .requests import INVOKE, MAP, PARALLEL, PUT_EVENTS, error, refusal, result, run


@pytest.mark.parametrize(
    ("mock", "fault"),
    [
        (result({"Entries": [{"EventId": 1}]}), "Field 'EventId' must be a string"),
        (result({"Entries": {}}), "Field 'Entries' must be an array"),
        (result({"Entries": ["x"]}), "Field 'Entries' must be an object"),
        (result({"FailedEntryCount": "1"}), "Field 'FailedEntryCount' must be a number"),
        (result({"FailedEntryCount": True}), "Field 'FailedEntryCount' must be a number"),
    ],
)
def test_mock_of_another_shape_is_rejected(mock: dict[str, Any], fault: str) -> None:
    expected = f"ValidationException: Mock result schema validation error: {fault}"
    assert refusal(PUT_EVENTS, mock=mock) == expected
    assert refusal(PUT_EVENTS, mock={**mock, "fieldValidationMode": "PRESENT"}) == expected
    assert run(PUT_EVENTS, mock={**mock, "fieldValidationMode": "NONE"})["status"] == "SUCCEEDED"


def test_strict_mode_requires_required_fields() -> None:
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:m"},
        "End": True,
    }
    mock = result({"ExecutionArn": "arn"})
    assert refusal(start, mock=mock).endswith("Required field 'StartDate' is missing")
    assert run(start, mock={**mock, "fieldValidationMode": "PRESENT"})["output"] == {"ExecutionArn": "arn"}


def test_unknown_field_of_a_mock_is_accepted() -> None:
    assert run(PUT_EVENTS, mock=result({"New": [1]}))["output"] == {"New": [1]}


@pytest.mark.parametrize(
    ("definition", "params", "message"),
    [
        (INVOKE, {}, "ValidationException: RoleArn must be specified when testing a Task state"),
        (
            INVOKE,
            {"mock": {**result(1), **error("E")}},
            "ValidationException: A test mock should have only one of the following fields: [result, errorOutput].",
        ),
        (INVOKE, {"mock": {"result": "{"}}, "ValidationException: Mocked result must be valid JSON"),
        (
            {"Type": "Succeed"},
            {"mock": result(1)},
            "ValidationException: State type 'Succeed' is not supported when a mock is specified",
        ),
        (
            INVOKE,
            {"mock": result({}), "revealSecrets": True},
            "ValidationException: TestState does not support RevealSecrets when a mock is specified.",
        ),
        (
            PARALLEL,
            {},
            "InvalidDefinition: TestState API does not support Map or Parallel states. "
            "Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]",
        ),
        (PARALLEL, {"mock": result({})}, "ValidationException: Mocked result must be an array."),
        (
            PARALLEL,
            {"mock": result([1, 2])},
            "ValidationException: Mocked result must contain the same number of items as number of Parallel branches.",
        ),
        (
            MAP,
            {"stateConfiguration": {"mapIterationFailureCount": 0}},
            "ValidationException: TestState does not support MapIterationFailureCount when a mock is not specified.",
        ),
    ],
)
def test_invalid_request_is_rejected(definition: Any, params: dict[str, Any], message: str) -> None:
    assert refusal(definition, {"values": []}, **params) == message


def test_invalid_definition_is_rejected() -> None:
    assert refusal({"Type": "Parallel", "Branches": [], "End": True}, mock=result([])).startswith(
        "InvalidDefinition: "
    )
    assert refusal({"Type": "Pass"}).startswith("InvalidDefinition: ")


@pytest.mark.parametrize("kind", ["Choice", "Wait", "Pass", "Succeed", "Fail"])
def test_mock_of_a_state_without_work_is_rejected(kind: str) -> None:
    bodies = {
        "Choice": {"Choices": [{"Variable": "$.n", "IsNull": True, "Next": "N"}]},
        "Wait": {"Seconds": 1, "Next": "N"},
        "Pass": {"Next": "N"},
    }
    assert refusal({"Type": kind, **bodies.get(kind, {})}, mock=error("E")) == (
        f"ValidationException: State type '{kind}' is not supported when a mock is specified"
    )


@pytest.mark.parametrize("value", [123, True, ["x"], {"x": 1}])
def test_blob_of_an_sdk_integration_must_be_a_string(value: Any) -> None:
    encrypt = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:kms:encrypt",
        "Parameters": {"KeyId": "k", "Plaintext": "p"},
        "End": True,
    }
    assert refusal(encrypt, mock=result({"CiphertextBlob": value})) == (
        "ValidationException: Mock result schema validation error: Field 'CiphertextBlob' must be a string"
    )
    assert run(encrypt, mock=result({"CiphertextBlob": "AAAA"}))["status"] == "SUCCEEDED"


def test_payload_of_a_function_may_be_any_json() -> None:
    assert run(INVOKE, {"order": 1}, mock=result({"Payload": [1]}))["output"] == {"got": [1]}


@pytest.mark.parametrize("role", ["role", "arn:aws:iam::1:role/r", "arn:aws:iam::000000000000:user/u", ""])
def test_arn_that_is_not_a_role_is_rejected(role: str) -> None:
    assert refusal({"Type": "Succeed"}, roleArn=role) == f"InvalidArn: Invalid Role Arn: '{role}'"
    assert refusal(INVOKE, {"order": 1}, roleArn=role, mock=result({})).startswith("InvalidArn: ")
