"""The context object, and states of whole machines."""

from typing import Any

import pytest

from .requests import INVOKE, MACHINE, ROLE, refusal, result, run


def test_state_name_selects_a_state_of_a_machine() -> None:
    assert run(MACHINE, stateName="End")["output"] == "End"
    assert run(MACHINE, {"x": 1}, stateName="Inner")["output"] == {"x": 1}
    assert refusal(MACHINE, stateName="Nope") == "ValidationException: State not found in definition"


def test_context_is_generated_or_taken_from_the_request() -> None:
    state = {"Type": "Pass", "Parameters": {"c.$": "$$"}, "OutputPath": "$.c", "End": True}
    context = run(state, {"x": 1}, roleArn=ROLE)["output"]
    assert context["Execution"]["Input"] == {"x": 1}
    assert context["Execution"]["RoleArn"] == ROLE
    assert ":express:" in context["Execution"]["Id"]
    assert context["State"]["Name"] == "StateName"
    shown = run(
        {**INVOKE, "Parameters": {"FunctionName": "f", "Payload.$": "$$"}},
        mock=result({"Payload": 1}),
        context={"State": {}},
        inspectionLevel="DEBUG",
    )["inspectionData"]
    assert shown["afterParameters"]["Payload"] == {"State": {}}
    assert refusal(state, context={"State": {}}) == (
        "ValidationException: TestState does not support Context when a mock is not specified."
    )


def test_generated_context_has_a_task_token_for_waiting_tasks() -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}},
        "End": True,
    }
    shown = run(state, mock=result({"any": 1}, fieldValidationMode="NONE"), inspectionLevel="DEBUG")
    assert shown["inspectionData"]["afterParameters"]["MessageBody"]["token"]
    assert refusal(state, roleArn=ROLE).startswith("InvalidDefinition: ")


WAITING = {
    "Type": "Task",
    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}},
    "End": True,
}


@pytest.mark.parametrize(
    ("context", "reason"),
    [
        (
            {"Map": {"Item": {"Index": 0, "Value": 1}}},
            "'Map' field is not supported when mocking a Context object",
        ),
        ({"Pokedex": 1}, "Field 'Pokedex' is not allowed"),
        ({"Execution": {"Pokedex": 1}}, "Field 'Pokedex' is not allowed"),
        ({"Execution": []}, "Field 'Execution' must be an object"),
        ({"StateMachine": None}, "Field 'StateMachine' must be an object"),
        ({"State": {"RetryCount": "1"}}, "Field 'RetryCount' must be a number"),
        ({"State": {"RetryCount": True}}, "Field 'RetryCount' must be a number"),
        ({"State": {"Name": 1}}, "Field 'Name' must be a string"),
        ({"Execution": {"StartTime": 5}}, "Field 'StartTime' must be a string"),
        (
            {"Task": {"Token": "t"}},
            "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' "
            "service integration pattern",
        ),
    ],
)
def test_invalid_context_is_rejected(context: dict[str, Any], reason: str) -> None:
    assert refusal(INVOKE, {"order": 1}, mock=result({"Payload": 1}), context=context) == (
        f"ValidationException: Invalid Context object provided: {reason}"
    )


def test_context_that_is_not_an_object_is_rejected() -> None:
    assert refusal(INVOKE, {"order": 1}, mock=result({"Payload": 1}), context=[1]).startswith(
        "ValidationException: "
    )


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"Execution": {}, "State": {}, "StateMachine": {}},
        {"Execution": {"Id": "i", "Input": 5, "Name": "n", "RoleArn": "r", "StartTime": "t"}},
        {
            "State": {"EnteredTime": "t", "Name": "n", "RetryCount": 0},
            "StateMachine": {"Id": "i", "Name": "n"},
        },
    ],
)
def test_partial_context_is_accepted(context: dict[str, Any]) -> None:
    assert run(INVOKE, {"order": 1}, mock=result({"Payload": 1}), context=context)["status"] == "SUCCEEDED"


def test_task_token_of_the_context_is_used() -> None:
    response = run(WAITING, mock=result({}), context={"Task": {"Token": "abc"}}, inspectionLevel="DEBUG")
    assert response["inspectionData"]["afterParameters"]["MessageBody"] == {"token": "abc"}
