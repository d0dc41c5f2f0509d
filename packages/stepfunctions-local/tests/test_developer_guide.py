"""The examples of AWS's developer guide, page by page, with the results the pages state.

Each test is named after its page under https://docs.aws.amazon.com/step-functions/latest/dg/. What a page says
beyond its example is tested in the module of its subject.
"""

import pytest

from stepfunctions_local.testing import FakeServices, VirtualEngine

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:HelloWorld"


class ServiceFailure(Exception):
    pass


def single_state(**state: object) -> dict:
    return {"StartAt": "S", "States": {"S": {**state, "End": True}}}


def jsonata(**state: object) -> dict:
    return {"QueryLanguage": "JSONata", **single_state(**state)}


def run(definition: dict, input_data: object = None, **lambdas: object):
    with VirtualEngine(FakeServices(lambdas)) as engine:  # type: ignore[arg-type]
        return engine.run(definition, input_data)


def output(definition: dict, input_data: object = None, **lambdas: object) -> object:
    result = run(definition, input_data, **lambdas)
    assert result.status == "SUCCEEDED", result.cause
    return result.output


def test_state_pass() -> None:
    coordinates = {"x-datum": 0.381018, "y-datum": 622.2269926397355}
    passed = output(
        single_state(Type="Pass", Result=coordinates, ResultPath="$.coords"), {"georefOf": "Home"}
    )
    assert passed == {"georefOf": "Home", "coords": coordinates}


@pytest.mark.parametrize(
    ("input_data", "last_state"),
    [
        ({"type": "Public"}, "Public"),
        ({"type": "Private", "value": 22}, "ValueInTwenties"),
        ({"type": "Private", "value": 0}, "ValueIsZero"),
        ({"type": "Private", "value": 45}, "DefaultState"),
        ({"type": "Private"}, "DefaultState"),
    ],
)
def test_state_choice(input_data: dict, last_state: str) -> None:
    value_exists = {"Variable": "$.value", "IsPresent": True}
    rules = [
        {"Not": {"Variable": "$.type", "StringEquals": "Private"}, "Next": "Public"},
        {"And": [value_exists, {"Variable": "$.value", "NumericEquals": 0}], "Next": "ValueIsZero"},
        {
            "And": [
                value_exists,
                {"Variable": "$.value", "NumericGreaterThanEquals": 20},
                {"Variable": "$.value", "NumericLessThan": 30},
            ],
            "Next": "ValueInTwenties",
        },
    ]
    ends = {
        name: {"Type": "Succeed"} for name in ("Public", "ValueIsZero", "ValueInTwenties", "DefaultState")
    }
    definition = {
        "StartAt": "C",
        "States": {"C": {"Type": "Choice", "Choices": rules, "Default": "DefaultState"}, **ends},
    }
    assert run(definition, input_data).states == ["C", last_state]


def test_state_parallel() -> None:
    def branch(name: str, text: str) -> dict:
        return {"StartAt": name, "States": {name: {"Type": "Pass", "Output": text, "End": True}}}

    branches = [
        branch("Add", "{% $sum($states.input) %}"),
        branch("Subtract", "{% $states.input[0] - $states.input[1] %}"),
    ]
    assert output(jsonata(Type="Parallel", Branches=branches), [3, 2]) == [5, 1]


def test_state_map_inline() -> None:
    shipped = [{"prod": "R31", "dest-code": 9511, "quantity": 1344}, {"prod": "S39", "dest-code": 9511}]
    processor = {"StartAt": "Validate", "States": {"Validate": {"Type": "Pass", "End": True}}}
    definition = single_state(
        Type="Map",
        InputPath="$.detail",
        ItemsPath="$.shipped",
        ItemSelector={"parcel.$": "$$.Map.Item.Value", "courier.$": "$.delivery-partner"},
        ResultPath="$.detail.result",
        ItemProcessor=processor,
    )
    input_data = {"ship-date": "2016-03-14", "detail": {"delivery-partner": "UQS", "shipped": shipped}}
    result = output(definition, input_data)
    assert isinstance(result, dict)
    assert result["ship-date"] == "2016-03-14"
    assert result["detail"]["result"] == [{"parcel": parcel, "courier": "UQS"} for parcel in shipped]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "Hello, AWS Step Functions!"),
        ({"ResultPath": None}, {"comment": "c", "who": "AWS Step Functions"}),
        (
            {"ResultPath": "$.taskresult"},
            {"comment": "c", "who": "AWS Step Functions", "taskresult": "Hello, AWS Step Functions!"},
        ),
        ({"ResultPath": "$.taskresult", "OutputPath": "$.taskresult"}, "Hello, AWS Step Functions!"),
    ],
)
def test_input_output_resultpath(fields: dict, expected: object) -> None:
    definition = single_state(Type="Task", Resource=FUNCTION, **fields)
    greet = {"HelloWorld": lambda person: f"Hello, {person['who']}!"}
    assert output(definition, {"comment": "c", "who": "AWS Step Functions"}, **greet) == expected


def test_input_output_example() -> None:
    definition = single_state(
        Type="Task",
        Resource=FUNCTION,
        InputPath="$.lambda",
        ResultPath="$.data.lambdaresult",
        OutputPath="$.data",
    )
    input_data = {
        "comment": "An input comment.",
        "data": {"val1": 23, "val2": 17},
        "extra": "foo",
        "lambda": {"who": "AWS"},
    }
    greet = {"HelloWorld": lambda person: f"Hello, {person['who']}!"}
    assert output(definition, input_data, **greet) == {"val1": 23, "val2": 17, "lambdaresult": "Hello, AWS!"}


def test_input_output_inputpath_params() -> None:
    assert output(single_state(Type="Pass", InputPath="$.a[0:2]"), {"a": [1, 2, 3, 4]}) == [1, 2]
    chosen = {
        "comment": "Selecting what I care about.",
        "MyDetails": {
            "size.$": "$.product.details.size",
            "exists.$": "$.product.availability",
            "StaticValue": "foo",
        },
    }
    input_data = {
        "product": {"details": {"color": "blue", "size": "small"}, "availability": "in stock"},
        "sku": "2",
    }
    result = output(single_state(Type="Pass", Parameters=chosen), input_data)
    assert result == {
        "comment": "Selecting what I care about.",
        "MyDetails": {"size": "small", "exists": "in stock", "StaticValue": "foo"},
    }
    flat = single_state(Type="Task", Resource=FUNCTION, ResultSelector={"flattenArray.$": "$[*][*]"})
    flattened = output(flat, {}, HelloWorld=lambda _: [[1, 2, 3], [4, 5, 6]])
    assert flattened == {"flattenArray": [1, 2, 3, 4, 5, 6]}


def test_input_output_contextobject() -> None:
    people = [{"who": "bob"}, {"who": "meg"}, {"who": "joe"}]
    processor = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    item = "$states.context.Map.Item"
    selector = {name: f"{{% {item}.{field} %}}" for name, field in (("at", "Index"), ("is", "Value"))}
    selector["from"] = f"{{% {item}.Source %}}"
    result = output(jsonata(Type="Map", ItemSelector=selector, ItemProcessor=processor), people)
    assert result == [{"at": at, "is": person, "from": "STATE_DATA"} for at, person in enumerate(people)]


def test_workflow_variables() -> None:
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Set",
        "States": {
            "Set": {"Type": "Pass", "Assign": {"x": 3, "a": 6}, "Next": "Both"},
            "Both": {"Type": "Pass", "Assign": {"x": "{% $a %}", "nextX": "{% $x %}"}, "Next": "Show"},
            "Show": {"Type": "Succeed", "Output": {"x": "{% $x %}", "nextX": "{% $nextX %}"}},
        },
    }
    assert output(definition) == {"x": 6, "nextX": 3}


def test_transforming_data() -> None:
    input_data = {"title": "Numbers", "name": "X", "list": [1, 2]}
    result = output(
        jsonata(
            Type="Pass",
            Output={
                "title": "{% $states.input.title %}",
                "text": "plain {% not here %} text",
                "sum": "{% $sum($states.input.list) %}",
                "again": ["{% $states.input.name %}", 2],
                "none": "{% null %}",
            },
        ),
        input_data,
    )
    assert result == {
        "title": "Numbers",
        "text": "plain {% not here %} text",
        "sum": 3,
        "again": ["X", 2],
        "none": None,
    }
    undefined = run(jsonata(Type="Pass", Output="{% $states.input.nothing %}"), input_data)
    assert undefined.error == "States.QueryEvaluationError"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$partition([1,2,3,4], 2)", [[1, 2], [3, 4]]),
        ("$range(0, 10, 3)", [0, 3, 6, 9]),
        ("$hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("$parse('{\"a\": [1]}')", {"a": [1]}),
        ("$length($uuid())", 36),
    ],
)
def test_transforming_data_functions_of_step_functions(expression: str, value: object) -> None:
    assert output(jsonata(Type="Pass", Output=f"{{% {expression} %}}")) == value


@pytest.mark.parametrize(
    ("retrier", "elapsed"),
    [
        ({}, 1 + 2 + 4),
        ({"IntervalSeconds": 3, "MaxAttempts": 2, "BackoffRate": 1.5}, 3 + 4.5),
        ({"IntervalSeconds": 3, "MaxAttempts": 3, "BackoffRate": 2, "MaxDelaySeconds": 5}, 3 + 5 + 5),
        ({"MaxAttempts": 0}, 0),
    ],
)
def test_concepts_error_handling_retry(retrier: dict, elapsed: float) -> None:
    def fail(_: object) -> None:
        raise ServiceFailure("refused")

    definition = single_state(
        Type="Task", Resource=FUNCTION, Retry=[{"ErrorEquals": ["States.TaskFailed"], **retrier}]
    )
    result = run(definition, {}, HelloWorld=fail)
    assert (result.error, result.elapsed) == ("ServiceFailure", elapsed)


def test_concepts_error_handling_complex_retry() -> None:
    """Each retrier keeps its own count, and a transition to another error does not reset it."""
    errors = iter(["ErrorA", "ErrorB", "ErrorC", "ErrorA", "ErrorB", "ErrorC"])

    def fail(_: object) -> None:
        raise type(next(errors), (Exception,), {})("refused")

    retriers = [
        {"ErrorEquals": ["ErrorA", "ErrorB"], "IntervalSeconds": 1, "BackoffRate": 2.0, "MaxAttempts": 2},
        {"ErrorEquals": ["ErrorC"], "IntervalSeconds": 5, "MaxAttempts": 5},
    ]
    result = run(single_state(Type="Task", Resource=FUNCTION, Retry=retriers), {}, HelloWorld=fail)
    # A and B wait 1 and 2 seconds, C waits 5, and the next A has no attempt left.
    assert (result.error, result.elapsed) == ("ErrorA", 8)


def test_concepts_error_handling_catch() -> None:
    def fail(_: object) -> None:
        raise ServiceFailure("refused")

    catchers = [
        {"ErrorEquals": ["Other"], "Next": "Wrong"},
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error-info", "Next": "Fallback"},
    ]
    definition = single_state(Type="Task", Resource=FUNCTION, Catch=catchers)
    definition["States"] |= {"Wrong": {"Type": "Fail"}, "Fallback": {"Type": "Succeed"}}
    result = output(definition, {"order": 1}, HelloWorld=fail)
    assert isinstance(result, dict)
    assert (result["order"], result["error-info"]["Error"]) == (1, "ServiceFailure")


def test_input_output_itembatcher() -> None:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
        "StartAt": "P",
        "States": {"P": {"Type": "Pass", "End": True}},
    }
    facts = [{"verdict": "true"}, {"verdict": "false"}, {"verdict": "half-true"}]
    batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"factCheck": "December 2022"}}
    assert output(single_state(Type="Map", ItemBatcher=batcher, ItemProcessor=processor), facts) == [
        {"BatchInput": {"factCheck": "December 2022"}, "Items": facts[:2]},
        {"BatchInput": {"factCheck": "December 2022"}, "Items": facts[2:]},
    ]


def test_amazon_states_language_paths() -> None:
    input_data = {
        "foo": 123,
        "bar": ["a", "b", "c"],
        "car": {"cdr": True},
        "items": [{"p": 1}, {"p": 20}, {"p": 30}],
    }
    paths = {
        "foo.$": "$.foo",
        "bar.$": "$.bar",
        "cdr.$": "$.car.cdr",
        "some.$": "$.items[?(@.p > 10)].p",
        "last.$": "$.items[-1:].p",
        "every.$": "$..p",
    }
    assert output(single_state(Type="Pass", Parameters=paths), input_data) == {
        "foo": 123,
        "bar": ["a", "b", "c"],
        "cdr": True,
        "some": [20, 30],
        "last": [30],
        "every": [1, 20, 30],
    }
