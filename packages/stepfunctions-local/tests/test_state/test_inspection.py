"""Inspection levels and data."""

import pytest

from .requests import INVOKE, PARALLEL, PUT_EVENTS, ROLE, OnePageServices, refusal, result, run, run_raw


def test_debug_level_shows_the_stages_of_a_pass_state() -> None:
    state = {
        "Type": "Pass",
        "InputPath": "$.a",
        "Parameters": {"x.$": "$.b"},
        "ResultPath": "$.c",
        "End": True,
    }
    assert run(state, {"a": {"b": 1}}) == {"output": {"a": {"b": 1}, "c": {"x": 1}}, "status": "SUCCEEDED"}
    assert run(state, {"a": {"b": 1}}, inspectionLevel="DEBUG")["inspectionData"] == {
        "input": {"a": {"b": 1}},
        "afterInputPath": {"b": 1},
        "afterParameters": {"x": 1},
        "afterResultSelector": {"x": 1},
        "afterResultPath": {"a": {"b": 1}, "c": {"x": 1}},
    }


def test_trace_level_shows_the_stages_of_a_task() -> None:
    response = run(INVOKE, {"order": {"id": 1}}, mock=result({"Payload": "p"}), inspectionLevel="TRACE")
    assert response == {
        "status": "SUCCEEDED",
        "nextState": "After",
        "output": {"got": "p"},
        "inspectionData": {
            "input": {"order": {"id": 1}},
            "afterInputPath": {"order": {"id": 1}},
            "afterParameters": {"FunctionName": "f", "Payload": {"id": 1}},
            "result": {"Payload": "p"},
            "afterResultSelector": {"got": "p"},
            "afterResultPath": {"order": {"id": 1}, "answer": {"got": "p"}},
        },
    }


def test_jsonata_task_shows_arguments_result_and_variables() -> None:
    state = {
        "Type": "Task",
        "QueryLanguage": "JSONata",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "f", "Payload": "{% $states.input.n %}"},
        "Output": "{% $states.result.Payload + $known %}",
        "Assign": {"seen": "{% $states.result.Payload %}"},
        "End": True,
    }
    response = run(
        state, {"n": 1}, mock=result({"Payload": 2}), variables={"known": 40}, inspectionLevel="DEBUG"
    )
    assert response["output"] == 42
    assert response["inspectionData"] == {
        "input": {"n": 1},
        "afterArguments": {"FunctionName": "f", "Payload": 1},
        "result": {"Payload": 2},
        "variables": {"known": 40, "seen": 2},
    }


def test_states_without_a_result_run_without_a_mock() -> None:
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.n", "NumericGreaterThan": 1, "Next": "Big"}],
        "Default": "Small",
    }
    assert run(choice, {"n": 2})["nextState"] == "Big"
    assert run(choice, {"n": 1})["nextState"] == "Small"
    assert run({"Type": "Wait", "Seconds": 3600, "Next": "N"}) == {
        "output": {},
        "status": "SUCCEEDED",
        "nextState": "N",
    }
    assert run({"Type": "Succeed", "OutputPath": "$.n"}, {"n": 2}) == {"output": 2, "status": "SUCCEEDED"}
    assert run(
        {"Type": "Fail", "Error": "E", "CausePath": "$.why"}, {"why": "so"}, inspectionLevel="DEBUG"
    ) == {
        "status": "FAILED",
        "error": "E",
        "cause": "so",
        "inspectionData": {"input": {"why": "so"}, "afterInputPath": {"why": "so"}},
    }


def test_evaluation_failure_fails_the_state() -> None:
    response = run({"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $nope %}", "End": True})
    assert response == {
        "status": "FAILED",
        "error": "States.QueryEvaluationError",
        "cause": "The JSONata expression '$nope' specified for the field 'Output' returned nothing (undefined).",
    }


def test_task_without_a_mock_calls_the_service() -> None:
    response = run(
        {**PUT_EVENTS, "Resource": "arn:aws:states:::aws-sdk:sns:listTopics", "Parameters": {}}, roleArn=ROLE
    )
    assert response["status"] == "FAILED"
    assert response["error"] == "Sns.ResourceNotFoundException"


HTTP = {
    "Type": "Task",
    "Resource": "arn:aws:states:::http:invoke",
    "Parameters": {
        "ApiEndpoint": "https://example.com/a",
        "Method": "POST",
        "Authentication": {"ConnectionArn": "arn:aws:events:us-east-1:000000000000:connection/c/1"},
        "Headers": {"definitionHeader": "h1", "X-Api-Key": "own"},
        "QueryParameters": {"queryParam": "q1"},
        "RequestBody": {"message": "Hello", "BodyKey1": "own"},
    },
    "End": True,
}
SET_BY_STEP_FUNCTIONS = "User-Agent: Amazon|StepFunctions|HttpInvoke|us-east-1, Range: bytes=0-262144"


def trace(**params: object) -> dict:
    services = OnePageServices()
    return run_raw(HTTP, services=services, roleArn=ROLE, **params)["inspectionData"]  # type: ignore[arg-type]


def test_trace_level_shows_http_request_and_response() -> None:
    """As in AWS's example of the TRACE level with revealSecrets."""
    data = trace(inspectionLevel="TRACE", revealSecrets=True)
    assert data["request"] == {
        "protocol": "https",
        "method": "POST",
        "url": "https://example.com/a?queryParam=q1&QueryParam1=QueryParamValue1",
        "headers": "[definitionHeader: h1, X-Api-Key: own, Authorization: Basic dTpw, "
        f"CustomHeader1: CustomHeaderValue1, {SET_BY_STEP_FUNCTIONS}]",
        "body": '{"message":"Hello","BodyKey1":"BodyValue1"}',
    }
    assert data["response"] == {
        "protocol": "https",
        "statusCode": "200",
        "statusMessage": "OK",
        "headers": "[content-type: application/json, server: nginx]",
        "body": '{"at":"home"}',
    }


def test_trace_level_omits_only_what_the_connection_adds() -> None:
    request = trace(inspectionLevel="TRACE")["request"]
    assert request["url"] == "https://example.com/a?queryParam=q1"
    assert request["headers"] == f"[definitionHeader: h1, X-Api-Key: own, {SET_BY_STEP_FUNCTIONS}]"
    assert request["body"] == '{"message":"Hello"}'


def test_debug_level_shows_no_http_request() -> None:
    assert "request" not in trace(inspectionLevel="DEBUG")


def test_mocked_result_keeps_its_text() -> None:
    text = '{"Payload":  [1, 2.50, 1e2, "\\u00e9"]}'
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "f"},
    }
    response = run_raw({**state, "End": True}, mock={"result": text}, inspectionLevel="DEBUG")
    assert response["output"] == text
    for stage in ("result", "afterResultSelector", "afterResultPath"):
        assert response["inspectionData"][stage] == text
    jsonata = {**state, "QueryLanguage": "JSONata", "Arguments": state["Parameters"], "End": True}
    del jsonata["Parameters"]
    assert run_raw(jsonata, mock={"result": text})["output"] == text


def test_mocked_result_of_a_parallel_state_keeps_its_text() -> None:
    response = run_raw(PARALLEL, mock={"result": '[ {"a": 1} ]'}, inspectionLevel="DEBUG")
    assert response["output"] == response["inspectionData"]["afterResultPath"] == '[ {"a": 1} ]'


def test_selected_result_is_compact() -> None:
    response = run_raw(INVOKE, '{"order": 1}', mock={"result": '{"Payload": [1, 2]}'})
    assert response["output"] == '{"got":[1,2]}'


def test_input_keeps_its_text() -> None:
    text = '{"a": [1, 2]}'
    response = run_raw({"Type": "Pass", "End": True}, text, inspectionLevel="DEBUG")
    assert response["output"] == response["inspectionData"]["input"] == text
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "B"}]}
    assert run_raw(choice, text)["output"] == text


@pytest.mark.parametrize("definition", [[], 5, "text"])
def test_definition_that_is_no_object_is_rejected(definition: object) -> None:
    finding = "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object at null"
    assert refusal(definition) == f"InvalidDefinition: Invalid State Machine Definition: '{finding}'"


class RefusingOAuthServices(OnePageServices):
    """A connection with OAuth credentials, and an authorization endpoint that refuses them."""

    async def call(self, service: str, operation: str, params: dict, **authority: object) -> dict:
        if service == "secretsmanager":
            return {"SecretString": '{"client_id": "c", "client_secret": "hidden"}'}
        oauth = {"AuthorizationEndpoint": "https://auth.example.com", "HttpMethod": "POST"}
        return {
            "SecretArn": "arn:secret",
            "AuthorizationType": "OAUTH_CLIENT_CREDENTIALS",
            "AuthParameters": {"OAuthParameters": oauth},
        }


def test_trace_level_does_not_show_the_request_for_a_token() -> None:
    response = run_raw(HTTP, services=RefusingOAuthServices(), roleArn=ROLE, inspectionLevel="TRACE")
    assert response["error"] == "Events.ConnectionResource.InvalidConnectionState"
    assert "request" not in response["inspectionData"]
    assert "hidden" not in str(response)
