"""The events of failures inside Parallel and Map states: their types, and the event that each one follows."""

import json

import pytest

from stepfunctions_local.testing import Result, VirtualEngine

UNDEFINED = {"Type": "Pass", "Output": {"v": "{% $states.input.missing %}"}, "End": True}
MISSING = {"Type": "Pass", "Parameters": {"m.$": "$.nope"}, "End": True}
BOOM = {"Type": "Fail", "Error": "MyError", "Cause": "my cause"}
DONE = {"Type": "Pass", "End": True}


def flow(state: dict) -> dict:
    return {"StartAt": "Inner", "States": {"Inner": state}}


def parallel(inner: dict, **fields: object) -> dict:
    return {"Type": "Parallel", "Branches": [flow(inner)], "End": True, **fields}


def map_state(inner: dict, **fields: object) -> dict:
    return {"Type": "Map", "ItemProcessor": flow(inner), "MaxConcurrency": 1, "End": True, **fields}


def run(state: dict, language: str = "JSONPath", given: object = None) -> Result:
    states = {"S": state}
    if '"Done"' in json.dumps(state):
        states["Done"] = DONE
    definition = {"QueryLanguage": language, "StartAt": "S", "States": states}
    with VirtualEngine() as engine:
        return engine.run(definition, {"x": "a", "items": [1, 2]} if given is None else given)


def chain(result: Result) -> list[tuple[str, int]]:
    return [(event["type"], event["previousEventId"]) for event in result.history]


PARALLEL = [("ExecutionStarted", 0), ("ParallelStateEntered", 0), ("ParallelStateStarted", 2)]
MAP = [("ExecutionStarted", 0), ("MapStateEntered", 0), ("MapStateStarted", 2), ("MapIterationStarted", 3)]


@pytest.mark.parametrize(
    ("state", "language", "events"),
    [
        pytest.param(
            parallel(UNDEFINED, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Done"}]),
            "JSONata",
            [
                *PARALLEL,
                ("PassStateEntered", 3),
                ("EvaluationFailed", 3),
                ("ParallelStateFailed", 5),
                ("ParallelStateExited", 6),
                ("PassStateEntered", 7),
                ("PassStateExited", 8),
                ("ExecutionSucceeded", 9),
            ],
            id="caught evaluation failure of a branch",
        ),
        pytest.param(
            parallel(MISSING),
            "JSONPath",
            [*PARALLEL, ("PassStateEntered", 3), ("ExecutionFailed", 4)],
            id="runtime failure of a branch",
        ),
        pytest.param(
            parallel(DONE, ResultSelector={"m.$": "$.nope"}),
            "JSONPath",
            [
                *PARALLEL,
                ("PassStateEntered", 3),
                ("PassStateExited", 4),
                ("ParallelStateSucceeded", 5),
                ("ExecutionFailed", 6),
            ],
            id="failure of a parallel state's own result",
        ),
        pytest.param(
            parallel(
                BOOM,
                Catch=[
                    {
                        "ErrorEquals": ["States.ALL"],
                        "Output": {"v": "{% $states.input.missing %}"},
                        "Next": "Done",
                    }
                ],
            ),
            "JSONata",
            [
                *PARALLEL,
                ("FailStateEntered", 3),
                ("ParallelStateFailed", 4),
                ("EvaluationFailed", 4),
                ("ParallelStateFailed", 6),
                ("ExecutionFailed", 7),
            ],
            id="failure of a catcher's output",
        ),
        pytest.param(
            map_state(UNDEFINED, Items="{% $states.input.items %}"),
            "JSONata",
            [
                *MAP,
                ("PassStateEntered", 4),
                ("EvaluationFailed", 4),
                ("MapIterationFailed", 6),
                ("MapStateFailed", 6),
                ("ExecutionFailed", 8),
            ],
            id="evaluation failure of an iteration",
        ),
        pytest.param(
            map_state(MISSING, ItemsPath="$.items"),
            "JSONPath",
            [*MAP, ("PassStateEntered", 4), ("ExecutionFailed", 5)],
            id="runtime failure of an iteration",
        ),
        pytest.param(
            map_state(DONE, Items="{% $states.input.missing %}"),
            "JSONata",
            [
                ("ExecutionStarted", 0),
                ("MapStateEntered", 0),
                ("EvaluationFailed", 0),
                ("MapStateFailed", 3),
                ("ExecutionFailed", 4),
            ],
            id="failure of a map's items",
        ),
    ],
)
def test_failure_events_follow_the_events_that_aws_records(state, language, events):
    assert chain(run(state, language)) == events


def test_failure_of_a_catcher_names_its_field():
    catcher = {"ErrorEquals": ["States.ALL"], "Output": "{% $states.input.missing %}", "Next": "Done"}
    result = run(parallel(BOOM, Catch=[{"ErrorEquals": ["Other"], "Next": "Done"}, catcher]), "JSONata")
    (failed,) = result.events("EvaluationFailed")
    assert failed["evaluationFailedEventDetails"]["location"] == "Catch[1]/Output"
    assert failed["evaluationFailedEventDetails"]["state"] == "S"
    assert result.error == "States.QueryEvaluationError"


def test_choice_without_a_match_is_a_runtime_failure():
    rule = {"Variable": "$.x", "StringEquals": "never", "Next": "Done"}
    result = run({"Type": "Choice", "Choices": [rule]})
    assert result.error == "States.Runtime"
    assert result.cause.endswith(
        "(entered at the event id #2). Failed to transition out of the state. "
        "The state does not point to a next state."
    )


@pytest.mark.parametrize(
    ("call", "given", "reason"),
    [
        (
            "States.Format('{}', $.nope)",
            {"other": 1},
            "The JsonPath argument for the field '$.nope' could not be found in the input '{\"other\":1}'",
        ),
        (
            "States.Format('{}', States.Format('{}',$.a.b))",
            {"other": 1},
            "The JsonPath argument for the field '$.a.b' could not be found in the input '{\"other\":1}'",
        ),
        (
            "States.Format('{}', $.items[5])",
            {"items": [1]},
            "The JsonPath argument for the field '$.items[5]' could not be found in the input '{\"items\":[1]}'",
        ),
        (
            "States.Format('{}', $$.Nope.Deep)",
            {"other": 1},
            "The JsonPath argument for the field '$.Nope.Deep' could not be found in the input '{\"other\":1}'",
        ),
        (
            "States.Format('{}', $.other[0])",
            {"other": 1},
            "Filter: [0] can only be applied to arrays. Current context is: 1",
        ),
    ],
)
def test_missing_argument_of_a_function_is_a_runtime_failure_of_the_whole_call(call, given, reason):
    result = run({"Type": "Pass", "Parameters": {"v.$": call}, "End": True}, given=given)
    assert result.error == "States.Runtime"
    assert result.cause.endswith(f"The function '{call}' had the following error: {reason}")


@pytest.mark.parametrize(
    ("path", "output"), [("$.items[5]", None), ("$.items[-9]", None), ("$.items[-1]", 2)]
)
def test_index_out_of_bounds_in_a_template_is_null(path, output):
    result = run({"Type": "Pass", "Parameters": {"v.$": path}, "End": True})
    assert result.output == {"v": output}


@pytest.mark.parametrize("path", ["$.items[5].x", "$.nope[0]", "$.x[0]"])
def test_path_beyond_an_index_out_of_bounds_is_a_runtime_failure(path):
    result = run({"Type": "Pass", "Parameters": {"v.$": path}, "End": True})
    assert (result.error, result.output) == ("States.Runtime", None)
    assert path in result.cause
