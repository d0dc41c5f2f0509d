"""TestState: single states with mocks, and what inspection shows of them.

https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
"""

import asyncio
import json
from typing import Any

import pytest

from stepfunctions_local.api.test_state import test_state as run_test_state
from stepfunctions_local.engine import Engine
from stepfunctions_local.errors import ApiError
from stepfunctions_local.services import HttpRequest, HttpResponse, ServiceError
from stepfunctions_local.storage.store import Store

ROLE = "arn:aws:iam::000000000000:role/test"
INVOKE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "f", "Payload.$": "$.order"},
    "ResultSelector": {"got.$": "$.Payload"},
    "ResultPath": "$.answer",
    "OutputPath": "$.answer",
    "Next": "After",
}
PUT_EVENTS = {
    "Type": "Task",
    "Resource": "arn:aws:states:::events:putEvents",
    "Parameters": {"Entries": []},
    "End": True,
}
MAP = {
    "Type": "Map",
    "QueryLanguage": "JSONata",
    "Items": "{% $states.input.values %}",
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Inner",
        "States": {"Inner": {"Type": "Pass", "End": True}},
    },
    "ToleratedFailureCount": 1,
    "End": True,
}


class NoServices:
    """A world in which every call is refused."""

    async def call(self, service: str, operation: str, *_: Any, **__: Any) -> dict[str, Any]:
        raise ServiceError(service, operation, "ResourceNotFoundException", "Nothing is here.", status=404)


class OneSite(NoServices):
    """The web, of one page."""

    async def http(self, request: HttpRequest, **_: Any) -> HttpResponse:
        return HttpResponse(200, "OK", {"content-type": "application/json"}, b'{"at":"home"}')


def run(definition: Any, given: Any = None, outside: Any = None, **params: Any) -> dict[str, Any]:
    """TestState's answer, JSON texts in it read unless it is wanted raw."""
    raw = params.pop("raw", False)
    for name in ("context", "variables"):
        if name in params:
            params[name] = json.dumps(params[name])
    engine = Engine(Store(":memory:"), outside or NoServices())  # type: ignore[arg-type]
    try:
        answer = asyncio.run(
            run_test_state(
                engine, {"definition": json.dumps(definition), "input": json.dumps(given or {}), **params}
            )
        )
    finally:
        engine.store.close()
    return answer if raw else _read(answer)


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _read(item) if key not in ("error", "cause", "status", "nextState") else item
            for key, item in value.items()
        }
    return json.loads(value) if isinstance(value, str) else value


def refusal(*args: Any, **params: Any) -> str:
    with pytest.raises(ApiError) as refused:
        run(*args, **params)
    return f"{refused.value.code}: {refused.value.message}"


def result(value: Any, **more: Any) -> dict[str, Any]:
    return {"result": json.dumps(value), **more}


def error(name: str, cause: str = "mocked") -> dict[str, Any]:
    return {"errorOutput": {"error": name, "cause": cause}}


def test_levels_show_more_and_more() -> None:
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


def test_every_stage_of_a_task_is_shown() -> None:
    answer = run(INVOKE, {"order": {"id": 1}}, mock=result({"Payload": "p"}), inspectionLevel="TRACE")
    assert answer == {
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


def test_jsonata_shows_its_arguments_and_result() -> None:
    state = {
        "Type": "Task",
        "QueryLanguage": "JSONata",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "f", "Payload": "{% $states.input.n %}"},
        "Output": "{% $states.result.Payload + $known %}",
        "Assign": {"seen": "{% $states.result.Payload %}"},
        "End": True,
    }
    answer = run(
        state, {"n": 1}, mock=result({"Payload": 2}), variables={"known": 40}, inspectionLevel="DEBUG"
    )
    assert answer["output"] == 42
    assert answer["inspectionData"] == {
        "input": {"n": 1},
        "afterArguments": {"FunctionName": "f", "Payload": 1},
        "result": {"Payload": 2},
        "variables": {"known": 40, "seen": 2},
    }


def test_choice_wait_succeed_and_fail_run_as_they_are() -> None:
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


def test_a_failed_evaluation_fails_the_state() -> None:
    answer = run({"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $nope %}", "End": True})
    assert answer == {
        "status": "FAILED",
        "error": "States.QueryEvaluationError",
        "cause": "The JSONata expression '$nope' specified for the field 'Output' returned nothing (undefined).",
    }


RETRIED = {
    **INVOKE,
    "Retry": [
        {"ErrorEquals": ["Other"]},
        {
            "ErrorEquals": ["Busy"],
            "IntervalSeconds": 2,
            "BackoffRate": 3,
            "MaxAttempts": 3,
            "MaxDelaySeconds": 10,
        },
    ],
    "Catch": [
        {"ErrorEquals": ["Other"], "Next": "X"},
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Handler"},
    ],
}


@pytest.mark.parametrize(("tries", "seconds"), [(0, 2), (1, 6), (2, 10)])
def test_a_mocked_error_is_retried_as_often_as_it_says(tries: int, seconds: int) -> None:
    answer = run(
        RETRIED,
        {"order": 1},
        mock=error("Busy"),
        stateConfiguration={"retrierRetryCount": tries},
        inspectionLevel="DEBUG",
    )
    assert answer["status"] == "RETRIABLE"
    assert answer["inspectionData"]["errorDetails"] == {
        "retryIndex": 1,
        "retryBackoffIntervalSeconds": seconds,
    }
    assert "output" not in answer


def test_then_it_is_caught() -> None:
    answer = run(
        RETRIED,
        {"order": 1},
        mock=error("Busy"),
        stateConfiguration={"retrierRetryCount": 3},
        inspectionLevel="DEBUG",
    )
    assert (answer["status"], answer["nextState"]) == ("CAUGHT_ERROR", "Handler")
    assert answer["output"] == {"order": 1, "error": {"Error": "Busy", "Cause": "mocked"}}
    assert answer["inspectionData"]["errorDetails"] == {"catchIndex": 1}


def test_or_fails() -> None:
    assert run(INVOKE, {"order": 1}, mock=error("Busy")) == {
        "status": "FAILED",
        "error": "Busy",
        "cause": "mocked",
    }


def test_without_a_mock_the_service_is_called() -> None:
    answer = run(
        {**PUT_EVENTS, "Resource": "arn:aws:states:::aws-sdk:sns:listTopics", "Parameters": {}}, roleArn=ROLE
    )
    assert answer["status"] == "FAILED"
    assert answer["error"] == "Sns.ResourceNotFoundException"


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
def test_mocks_have_the_shape_of_the_service(mock: dict[str, Any], fault: str) -> None:
    expected = f"ValidationException: Mock result schema validation error: {fault}"
    assert refusal(PUT_EVENTS, mock=mock) == expected
    assert refusal(PUT_EVENTS, mock={**mock, "fieldValidationMode": "PRESENT"}) == expected
    assert run(PUT_EVENTS, mock={**mock, "fieldValidationMode": "NONE"})["status"] == "SUCCEEDED"


def test_strict_mocks_have_every_required_field() -> None:
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:m"},
        "End": True,
    }
    mock = result({"ExecutionArn": "arn"})
    assert refusal(start, mock=mock).endswith("Required field 'StartDate' is missing")
    assert run(start, mock={**mock, "fieldValidationMode": "PRESENT"})["output"] == {"ExecutionArn": "arn"}


def test_unknown_fields_are_let_through() -> None:
    assert run(PUT_EVENTS, mock=result({"New": [1]}))["output"] == {"New": [1]}


PARALLEL = {
    "Type": "Parallel",
    "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}],
    "End": True,
}


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
def test_what_is_refused(definition: Any, params: dict[str, Any], message: str) -> None:
    assert refusal(definition, {"values": []}, **params) == message


def test_definitions_are_checked() -> None:
    assert refusal({"Type": "Parallel", "Branches": [], "End": True}, mock=result([])).startswith(
        "InvalidDefinition: "
    )
    assert refusal({"Type": "Pass"}).startswith("InvalidDefinition: ")


def test_a_map_is_mocked_as_a_whole() -> None:
    answer = run(MAP, {"values": [1, 2]}, mock=result(["a", "b"]), inspectionLevel="DEBUG")
    assert answer["output"] == ["a", "b"]
    assert answer["inspectionData"] == {
        "input": {"values": [1, 2]},
        "maxConcurrency": 0,
        "toleratedFailureCount": 1,
    }
    assert refusal(MAP, {"values": [1, 2]}, mock=result(["a"])) == (
        "ValidationException: Input array does not equal the mocked result array's size."
    )


@pytest.mark.parametrize(("failures", "status"), [(0, "SUCCEEDED"), (1, "SUCCEEDED"), (2, "FAILED")])
def test_failed_iterations_are_tolerated_up_to_the_threshold(failures: int, status: str) -> None:
    answer = run(
        MAP,
        {"values": [1, 2, 3]},
        mock=result([0] * (3 - failures)),
        stateConfiguration={"mapIterationFailureCount": failures},
    )
    assert answer["status"] == status
    if status == "FAILED":
        assert answer["error"] == "States.ExceedToleratedFailureThreshold"


def test_an_items_path_is_shown() -> None:
    state = {
        **MAP,
        "QueryLanguage": "JSONPath",
        "ItemsPath": "$.values",
        "ItemSelector": {"i.$": "$$.Map.Item.Value"},
    }
    del state["Items"]
    data = run(state, {"values": [7]}, mock=result([1]), inspectionLevel="DEBUG")["inspectionData"]
    assert data["afterItemsPath"] == [7]
    assert data["afterItemSelector"] == [{"i": 7}]


def test_item_reader_data_is_given() -> None:
    reader = {
        **{key: value for key, value in MAP.items() if key != "Items"},
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            "Arguments": {"Bucket": "b", "Key": "k"},
        },
    }
    answer = run(reader, mock=result([1, 2]), stateConfiguration={"mapItemReaderData": "a,b\n1,2\n3,4\n"})
    assert answer["status"] == "SUCCEEDED"
    assert refusal(reader, mock=result([1])) == (
        "ValidationException: ItemReader data must be specified when testing a Map state with ItemReader specified."
    )


def test_what_the_items_pointer_names_and_the_items_source_are_shown() -> None:
    state = {
        **{key: value for key, value in MAP.items() if key != "Items"},
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON", "ItemsPointer": "/a/b"},
            "Arguments": {"Bucket": "b", "Key": "k"},
        },
        "ItemSelector": {
            "from": "{% $states.context.Map.Item.Source %}",
            "key": "{% $states.context.Map.Item.Key %}",
        },
    }
    given = {"mapItemReaderData": '{"a":{"b":{"x":1}}}'}
    shown = run(state, mock=result([1]), stateConfiguration=given, inspectionLevel="DEBUG")["inspectionData"]
    assert shown["afterItemsPointer"] == {"x": 1}
    assert shown["afterItemSelector"] == [{"from": "S3://b/k", "key": "x"}]


MACHINE = {
    "QueryLanguage": "JSONata",
    "StartAt": "M",
    "States": {
        "M": {**MAP, "Next": "End"},
        "End": {"Type": "Pass", "Output": "{% $states.context.State.Name %}", "End": True},
    },
}
del MACHINE["States"]["M"]["End"]  # type: ignore[index]


def test_a_state_is_named_in_its_machine() -> None:
    assert run(MACHINE, stateName="End")["output"] == "End"
    assert run(MACHINE, {"x": 1}, stateName="Inner")["output"] == {"x": 1}
    assert refusal(MACHINE, stateName="Nope") == "ValidationException: State not found in definition"


def test_the_error_of_an_inner_state() -> None:
    params = {"mock": error("E"), "stateName": "M"}
    answer = run(MACHINE, {"values": [1]}, stateConfiguration={"errorCausedByState": "Inner"}, **params)
    assert (answer["status"], answer["error"]) == ("FAILED", "E")
    assert "ValidationException" in refusal(
        MACHINE, {"values": [1]}, stateConfiguration={"errorCausedByState": "Nope"}, **params
    )


def test_the_context_is_made_up_or_given() -> None:
    state = {"Type": "Pass", "Parameters": {"c.$": "$$"}, "OutputPath": "$.c", "End": True}
    made = run(state, {"x": 1}, roleArn=ROLE)["output"]
    assert made["Execution"]["Input"] == {"x": 1}
    assert made["Execution"]["RoleArn"] == ROLE
    assert ":express:" in made["Execution"]["Id"]
    assert made["State"]["Name"] == "StateName"
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


@pytest.mark.parametrize("kind", ["Choice", "Wait", "Pass", "Succeed", "Fail"])
def test_only_what_works_can_be_mocked(kind: str) -> None:
    bodies = {
        "Choice": {"Choices": [{"Variable": "$.n", "IsNull": True, "Next": "N"}]},
        "Wait": {"Seconds": 1, "Next": "N"},
        "Pass": {"Next": "N"},
    }
    assert refusal({"Type": kind, **bodies.get(kind, {})}, mock=error("E")) == (
        f"ValidationException: State type '{kind}' is not supported when a mock is specified"
    )


def test_a_task_token_is_there_for_those_that_wait() -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}},
        "End": True,
    }
    shown = run(state, mock=result({"any": 1}, fieldValidationMode="NONE"), inspectionLevel="DEBUG")
    assert shown["inspectionData"]["afterParameters"]["MessageBody"]["token"]
    assert refusal(state, roleArn=ROLE).startswith("InvalidDefinition: ")


def test_a_trace_shows_what_went_over_http() -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::http:invoke",
        "Parameters": {
            "ApiEndpoint": "https://example.com/a",
            "Method": "POST",
            "Headers": {"Authorization": "secret"},
            "RequestBody": {"x": 1},
        },
        "End": True,
    }
    data = run(state, outside=OneSite(), roleArn=ROLE, inspectionLevel="TRACE", raw=True)["inspectionData"]
    assert data["request"] == {
        "protocol": "https",
        "method": "POST",
        "url": "https://example.com/a",
        "headers": '{"Authorization": "******", "Content-Type": "application/json"}',
        "body": '{"x":1}',
    }
    assert data["response"]["statusCode"] == "200"
    assert data["response"]["body"] == '{"at":"home"}'
    shown = run(state, outside=OneSite(), roleArn=ROLE, inspectionLevel="TRACE", revealSecrets=True, raw=True)
    assert '"secret"' in shown["inspectionData"]["request"]["headers"]
    assert (
        "request"
        not in run(state, outside=OneSite(), roleArn=ROLE, inspectionLevel="DEBUG")["inspectionData"]
    )


def test_batches_are_shown_and_counted() -> None:
    state = {**MAP, "ItemBatcher": {"MaxItemsPerBatch": 2}}
    data = run(state, {"values": [1, 2, 3]}, mock=result(["a", "b"]), inspectionLevel="DEBUG")[
        "inspectionData"
    ]
    assert data["afterItemBatcher"] == [{"Items": [1, 2]}, {"Items": [3]}]
