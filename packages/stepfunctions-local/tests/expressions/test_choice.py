"""Choice rules: every operator of the documentation, on values of every type.

https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
"""

from typing import Any

import pytest

from stepfunctions_local.errors import QueryEvaluationFailure, RuntimeFailure
from stepfunctions_local.expressions import RuleSyntaxError, Scope, compile_rule
from stepfunctions_local.expressions.choice import OPERATORS

EARLY, LATE = "2016-03-14T01:59:00Z", "2016-03-14T03:59:00.5+01:00"
VALUES = {
    "null": None,
    "true": True,
    "zero": 0,
    "half": 0.5,
    "text": "a",
    "time": EARLY,
    "list": [],
    "map": {},
}


def holds(rule: dict[str, Any], state_input: Any) -> bool:
    return compile_rule(rule, "JSONPath")(Scope(state_input))


@pytest.mark.parametrize(
    ("operator", "value", "operand", "expected"),
    [
        ("BooleanEquals", True, True, True),
        ("BooleanEquals", 1, True, False),
        ("NumericEquals", 1, 1.0, True),
        ("NumericEquals", True, 1, False),
        ("NumericEquals", "1", 1, False),
        ("NumericLessThan", 1, 2, True),
        ("NumericLessThan", 2, 2, False),
        ("NumericLessThanEquals", 2, 2, True),
        ("NumericGreaterThan", 2.5, 2, True),
        ("NumericGreaterThanEquals", 2, 2, True),
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", 1, "1", False),
        ("StringLessThan", "a", "b", True),
        ("StringLessThan", "\U0001f600", "\uffff", True),
        ("StringLessThanEquals", "a", "a", True),
        ("StringGreaterThan", "b", "a", True),
        ("StringGreaterThanEquals", "a", "b", False),
        ("TimestampEquals", EARLY, "2016-03-14T01:59:00.000Z", True),
        ("TimestampEquals", EARLY, "2016-03-14T02:59:00+01:00", True),
        ("TimestampLessThan", EARLY, LATE, True),
        ("TimestampLessThanEquals", EARLY, EARLY, True),
        ("TimestampGreaterThan", LATE, EARLY, True),
        ("TimestampGreaterThanEquals", EARLY, LATE, False),
        ("TimestampEquals", "2016-03-14 01:59:00Z", EARLY, False),
        ("StringMatches", "log-2024.txt", "log-*.txt", True),
        ("StringMatches", "log.txt", "log-*.txt", False),
        ("StringMatches", "zebra.log", "zebra.*", True),
        ("StringMatches", "foo*bar", r"foo\*bar", True),
        ("StringMatches", "fooxbar", r"foo\*bar", False),
        ("StringMatches", "a\\b", r"a\\b", True),
        ("StringMatches", "a.c", "a?c", False),
        ("StringMatches", "line\nbreak", "line*break", True),
        ("StringMatches", 1, "*", False),
    ],
)
def test_comparison_operators(operator: str, value: Any, operand: Any, expected: bool) -> None:
    assert holds({"Variable": "$.v", operator: operand}, {"v": value}) is expected
    if operator != "StringMatches":
        rule = {"Variable": "$.v", f"{operator}Path": "$.w"}
        assert holds(rule, {"v": value, "w": operand}) is expected


@pytest.mark.parametrize(
    ("operator", "names"),
    [
        ("IsNull", {"null"}),
        ("IsBoolean", {"true"}),
        ("IsNumeric", {"zero", "half"}),
        ("IsString", {"text", "time"}),
        ("IsTimestamp", {"time"}),
        ("IsPresent", set(VALUES)),
    ],
)
def test_type_tests_match_values_of_their_type(operator: str, names: set[str]) -> None:
    assert {name for name in VALUES if holds({"Variable": f"$.{name}", operator: True}, VALUES)} == names
    assert {name for name in VALUES if holds({"Variable": f"$.{name}", operator: False}, VALUES)} == set(
        VALUES
    ) - names


def test_is_present_is_false_for_a_missing_value() -> None:
    assert holds({"Variable": "$.x.y", "IsPresent": False}, {})
    assert not holds({"Variable": "$.x.y", "IsPresent": True}, {"x": 1})
    assert holds({"Variable": "$.x[?(@.a == 1)]", "IsPresent": True}, {"x": [{"a": 1}]})
    assert not holds({"Variable": "$.x[?(@.a == 1)]", "IsPresent": True}, {"x": [{"a": 2}]})


@pytest.mark.parametrize("rule", [{"StringEquals": "a"}, {"IsNull": True}, {"NumericEqualsPath": "$.v"}])
def test_missing_variable_raises_states_runtime(rule: dict[str, Any]) -> None:
    with pytest.raises(RuntimeFailure) as error:
        holds({"Variable": "$.x", **rule}, {"v": 1})
    assert error.value.error == "States.Runtime"
    assert error.value.cause == (
        "Invalid path '$.x': The choice state's condition path references an invalid value."
    )


def test_and_or_not_combine_rules() -> None:
    small, large = {"Variable": "$.v", "NumericLessThan": 10}, {"Variable": "$.v", "NumericGreaterThan": 5}
    assert holds({"And": [small, large]}, {"v": 7})
    assert not holds({"And": [small, large]}, {"v": 3})
    assert holds({"Or": [small, large]}, {"v": 30})
    assert holds({"Not": {"And": [small, large]}}, {"v": 3})


def test_and_stops_at_the_first_false_rule() -> None:
    present = {"Variable": "$.x", "IsPresent": True}
    assert not holds({"And": [present, {"Variable": "$.x", "NumericEquals": 1}]}, {})


def test_rule_compares_context_with_variable() -> None:
    rule = compile_rule({"Variable": "$$.State.RetryCount", "NumericEqualsPath": "$limit"}, "JSONPath")
    assert rule(Scope({}, {"State": {"RetryCount": 3}}, {"limit": 3}))


def test_operators_are_those_of_the_documentation() -> None:
    order = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
    expected = {"BooleanEquals", "BooleanEqualsPath", "StringMatches"}
    expected |= {"IsPresent", "IsNull", "IsBoolean", "IsNumeric", "IsString", "IsTimestamp"}
    for kind in ("Numeric", "String", "Timestamp"):
        expected |= {f"{kind}{name}{path}" for name in order for path in ("", "Path")}
    assert expected == OPERATORS


@pytest.mark.parametrize(
    "rule",
    [{}, {"Variable": "$.a"}, {"Variable": "$.a", "IsNull": True, "IsString": True}, {"StringEquals": "a"}],
)
def test_malformed_rule_raises_rule_syntax_error(rule: dict[str, Any]) -> None:
    with pytest.raises(RuleSyntaxError):
        compile_rule(rule, "JSONPath")


def test_condition_is_evaluated() -> None:
    rule = compile_rule({"Condition": "{% $states.input.cost < 10 %}"}, "JSONata", "Choices[1]")
    assert rule(Scope({"cost": 9})) is True
    assert rule(Scope({"cost": 10})) is False
    with pytest.raises(QueryEvaluationFailure) as error:
        rule(Scope({}))
    assert error.value.cause == (
        "The JSONata expression '$states.input.cost < 10' specified for the field 'Choices[1]/Condition' "
        "returned nothing (undefined)."
    )


def test_condition_of_another_type_fails() -> None:
    with pytest.raises(QueryEvaluationFailure) as error:
        compile_rule({"Condition": "{% 'yes' %}"}, "JSONata")(Scope({}))
    assert error.value.cause == (
        "The JSONata expression ''yes'' specified for the field 'Choices[0]/Condition' returned an unexpected "
        "result type. Expected 'boolean', but was 'string' for value: \"yes\""
    )
