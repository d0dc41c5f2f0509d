"""Payload templates in both query languages.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-inputpath-params.html
"""

from typing import Any

import pytest

from stepfunctions_local.errors import QueryEvaluationFailure, RuntimeFailure
from stepfunctions_local.expressions import Scope, compile_field, compile_template

SCOPE = Scope({"a": {"b": [1, 2]}, "n": None}, {"Execution": {"Id": "e"}}, {"v": {"x": 5}})


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{% $states.input.a.b %}", [1, 2]),
        ({"x": "{% $v.x + 1 %}", "y": ["{% $states.context.Execution.Id %}", 2]}, {"x": 6, "y": ["e", 2]}),
        (" {% $v %}", " {% $v %}"),
        ("{% $v", "{% $v"),
        ("$.a", "$.a"),
        ({"a.$": "$.a"}, {"a.$": "$.a"}),
        ("{%$v.x%}", 5),
        ("{% $states.input.n %}", None),
    ],
)
def test_jsonata_template(template: Any, expected: Any) -> None:
    assert compile_template(template, "JSONata", "Output").evaluate(SCOPE) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ({"x.$": "$.a.b[0]", "y": {"z.$": "$v.x"}}, {"x": 1, "y": {"z": 5}}),
        ({"x": [{"y.$": "$$.Execution.Id"}, "$.a"]}, {"x": [{"y": "e"}, "$.a"]}),
        ({"x.$": "States.Format('{}!', $v.x)"}, {"x": "5!"}),
        ({"x": "{% $v %}"}, {"x": "{% $v %}"}),
        ({"x.$": "$.n"}, {"x": None}),
        ({"x.$": "$.a.b[*]"}, {"x": [1, 2]}),
    ],
)
def test_jsonpath_template(template: Any, expected: Any) -> None:
    assert compile_template(template, "JSONPath", "Parameters").evaluate(SCOPE) == expected


def test_template_without_expressions_is_constant() -> None:
    for language in ("JSONata", "JSONPath"):
        literal = {"a": [1, {"b": "$.x"}], "c": None}
        template = compile_template(literal, language, "Output")
        assert template.constant
        assert template.evaluate(SCOPE) is literal
    assert not compile_template({"a.$": "$.x"}, "JSONPath", "Parameters").constant


def test_template_evaluates_repeatedly() -> None:
    template = compile_template({"a": {"b": "{% $states.input %}"}, "c": [1]}, "JSONata", "Output")
    first = template.evaluate(Scope(1))
    assert template.evaluate(Scope(2)) == {"a": {"b": 2}, "c": [1]}
    assert first == {"a": {"b": 1}, "c": [1]}


@pytest.mark.parametrize(
    ("template", "field", "expression"),
    [
        ("{% $nope %}", "Output", "$nope"),
        ({"a": {"b": "{%  $nope %}"}}, "Output/a/b", "$nope"),
        ({"a": [1, {"b": "{% $states.input.zz %}"}]}, "Output/a[1]/b", "$states.input.zz"),
    ],
)
def test_undefined_result_names_expression_and_field(template: Any, field: str, expression: str) -> None:
    with pytest.raises(QueryEvaluationFailure) as error:
        compile_template(template, "JSONata", "Output").evaluate(SCOPE)
    assert error.value.error == "States.QueryEvaluationError"
    assert error.value.location == field
    assert error.value.cause == (
        f"The JSONata expression '{expression}' specified for the field '{field}' returned nothing (undefined)."
    )


def test_error_message_contains_jsonata_code() -> None:
    with pytest.raises(QueryEvaluationFailure) as error:
        compile_template({"r": '{% "a" + 1 %}'}, "JSONata", "Arguments").evaluate(SCOPE)
    assert error.value.cause == (
        "The JSONata expression '\"a\" + 1' specified for the field 'Arguments/r' threw an error during evaluation. "
        'T2001: The left side of the "+" operator must evaluate to a number'
    )


def test_exceeded_limit_has_no_code() -> None:
    with pytest.raises(QueryEvaluationFailure) as error:
        compile_template("{% [1..900000] ~> $count() %}", "JSONata", "Output").evaluate(SCOPE)
    assert str(error.value.cause).endswith(
        "threw an error during evaluation: Expression evaluation memory limit exceeded: "
        "Check for excessive memory usage"
    )


@pytest.mark.parametrize(
    ("value", "expected", "was", "shown"),
    [
        ("{% 1 %}", "array", "number", "1"),
        ("{% 'x' %}", "number", "string", '"x"'),
        ("{% {'a': 1.0} %}", "string", "object", '{"a":1}'),
        ("{% null %}", "boolean", "null", "null"),
        ("{% true %}", "object", "boolean", "true"),
    ],
)
def test_field_of_another_type_fails(value: str, expected: str, was: str, shown: str) -> None:
    with pytest.raises(QueryEvaluationFailure) as error:
        compile_field(value, "Items", expected).evaluate(SCOPE)
    assert str(error.value.cause).endswith(
        f"specified for the field 'Items' returned an unexpected result type. Expected '{expected}', "
        f"but was '{was}' for value: {shown}"
    )
    assert compile_field("{% $states.input.a.b %}", "Items", "array").evaluate(SCOPE) == [1, 2]


def test_missing_jsonpath_value_fails() -> None:
    with pytest.raises(RuntimeFailure) as error:
        compile_template({"x": {"y.$": "$.no"}}, "JSONPath", "Parameters").evaluate(Scope({"int": 0}))
    assert error.value.error == "States.Runtime"
    assert error.value.cause == (
        "The JSONPath '$.no' specified for the field 'y.$' could not be found in the input '{\"int\":0}'"
    )


def test_template_lists_the_variables_it_reads() -> None:
    assert compile_template({"a": "{% $x + $y.z %}"}, "JSONata", "Output").variables == {"x", "y"}
    template = {"a.$": "$x.y", "b.$": "States.Array($z)", "c.$": "$.d", "e.$": "$$.f"}
    assert compile_template(template, "JSONPath", "Parameters").variables == {"x", "z"}
