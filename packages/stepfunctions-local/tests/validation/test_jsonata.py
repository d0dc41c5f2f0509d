"""Errors in JSONata expressions: delimiters, references and functions.

The references were measured with AWS's ValidateStateMachineDefinition.
"""

import json
from typing import Any

import pytest

from stepfunctions_local.validation import variable_references

from .builders import PASS, SCHEMA, errors, machine, map_state, parallel, processor, task

UNSUPPORTED = "UNSUPPORTED_JSONATA_EXPRESSION"
DELIMITERS = "JSONata string must start with {% and end with %}"


def output_errors(text: str) -> list[tuple[str, str, str | None]]:
    return errors(machine("JSONata", A={**PASS, "Output": text}))


@pytest.mark.parametrize("text", ["{% 1 }", " {% 1 %}", "{% 1", "1 %}", "{% 1 %} ", "{%}", "a {% 1 %}"])
def test_incomplete_delimiters_are_an_error(text: str) -> None:
    assert output_errors(text) == [(SCHEMA, DELIMITERS, "/States/A/Output")]


@pytest.mark.parametrize("text", ["{% 1 %}", " {% 1 %} ", "{ 1 }", "% }", "", "a %} b", "a {% 1 %} b"])
def test_delimiters_inside_a_text_are_accepted(text: str) -> None:
    assert output_errors(text) == []


def test_delimiters_are_checked_in_every_field() -> None:
    document = machine(
        "JSONata",
        A={"Type": "Wait", "Seconds": 1, "Assign": {"x": ["{% 1"]}, "Next": "B"},
        B=task(
            Comment="{% 1",
            Arguments={"Bucket": " {% 1 %}"},
            Catch=[{"ErrorEquals": ["E"], "Next": "C", "Output": "{% 1 }"}],
        ),
        C={"Type": "Fail", "Cause": "{% 'x'"},
    )
    assert {location for _, message, location in errors(document) if message == DELIMITERS} == {
        "/States/A/Assign/x[0]",
        "/States/B/Arguments/Bucket",
        "/States/B/Catch[0]/Output",
        "/States/C/Cause",
    }


@pytest.mark.parametrize("text", ["{% $unknown %}", "{% %}", "{% 1", "1 %}"])
def test_fields_without_expressions_are_not_checked(text: str) -> None:
    rule = {"Condition": True, "Next": text, "Comment": text}
    document = machine(
        "JSONata",
        A={"Type": "Choice", "Choices": [rule], "Default": text, "Comment": text},
        **{text: task(Comment=text, Retry=[{"ErrorEquals": [text], "Comment": text}])},
    )
    assert errors(document) == []
    assert variable_references(json.dumps(document)) == {}


def test_variables_are_those_of_all_expressions() -> None:
    rule = {"Condition": "{% $a %}", "Output": {"Next": ["{% $b & $states.input %}"]}, "Next": "B"}
    catcher = {"ErrorEquals": ["E"], "Next": "B", "Output": "{% $g %}", "Assign": {"x": "{% $f %}"}}
    document = machine(
        "JSONata",
        A={"Type": "Choice", "Choices": [rule], "Default": "B", "Assign": {"y": "{% $c %}"}},
        B=task(Arguments={"Comment": "{% $e %}"}, Catch=[catcher], TimeoutSeconds="{% $d %}"),
    )
    assert variable_references(json.dumps(document)) == {"A": ["a", "b", "c"], "B": ["d", "e", "f", "g"]}


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("phone", ["phone"]),
        ("phone[0].number", ["phone"]),
        ("-phone", ["phone"]),
        ("$states.input.a ? phone : 2", ["phone"]),
        ("phone in $states.input.b", ["phone"]),
        ("$sum(phone)", ["phone"]),
        ("phone(1)", ["phone"]),
        ("[1..phone]", ["phone"]),
        ("[phone].other", ["phone"]),
        ("{phone: 1}", ["phone"]),
        ("($x := phone; $x)", ["phone"]),
        ("$map($states.input.a, function($y){ phone })", ["phone"]),
        ("phone.**.deeper", ["phone"]),
        ("aaa + bbb", ["aaa", "bbb"]),
        ("$", ["$"]),
        ("$.phone", ["$"]),
        ("$string($)", ["$"]),
        ("$map($states.input.a, function($x){ $ })", ["$"]),
        ("$states.input.a.phone[0]", []),
        ("$states.input.items[phone > 3]", []),
        ("$states.input.a^(phone)", []),
        ("$states.input.a{'k': phone}", []),
        ("$states.input.a.(phone)", []),
        ("$states.input ~> |phone|{'b': 1}|", []),
        ("**.phone", []),
        ("{'k': 1}.phone", []),
        ("$states.input.a[$ > 1]", []),
        ("function($x){ $x.phone }", []),
        ("$phone", []),
        ("$states.error", []),
    ],
)
def test_names_at_the_top_level_are_an_error(expression: str, names: list[str]) -> None:
    assert output_errors("{% " + expression + " %}") == [
        (UNSUPPORTED, f"Reference to '{name}' at the top level is not supported.", "/States/A/Output")
        for name in names
    ]


@pytest.mark.parametrize("expression", ["$$", "$$.phone", "$states.input.a[$$.b]"])
def test_the_root_reference_is_an_error(expression: str) -> None:
    assert output_errors("{% " + expression + " %}") == [
        (UNSUPPORTED, "Reference to '$$' is not supported.", "/States/A/Output")
    ]


@pytest.mark.parametrize(
    "call", ["$nope(1)", "$eval('1')", "$map([1], function($x){ $nope($x) })", "$nope(?, 1)"]
)
def test_unknown_function_is_an_error(call: str) -> None:
    name = "eval" if "eval" in call else "nope"
    assert output_errors("{% " + call + " %}") == [
        (UNSUPPORTED, f"Function '${name}' does not exist.", "/States/A/Output")
    ]


@pytest.mark.parametrize("call", ["($f := function($x){ $x }; $f(1))", "$uuid()", "function($f){ $f(1) }"])
def test_bound_and_library_functions_are_accepted(call: str) -> None:
    assert output_errors("{% " + call + " %}") == []


RESULT, ERROR_OUTPUT = "{% $states.result.x %}", "{% $states.errorOutput.Error %}"


@pytest.mark.parametrize(
    ("state", "field"),
    [
        ({**PASS, "Output": RESULT}, "result"),
        ({**PASS, "Assign": {"x": RESULT}}, "result"),
        ({"Type": "Succeed", "Output": RESULT}, "result"),
        ({"Type": "Wait", "Seconds": RESULT, "End": True}, "result"),
        (task(Arguments=RESULT), "result"),
        (task(TimeoutSeconds=RESULT), "result"),
        (map_state(Items=RESULT), "result"),
        (map_state(ItemSelector={"a": RESULT}), "result"),
        (task(Output=ERROR_OUTPUT), "errorOutput"),
        (task(Arguments={"Prefix": ERROR_OUTPUT}), "errorOutput"),
        ({**PASS, "Output": ERROR_OUTPUT}, "errorOutput"),
        (task(Output="{% $map([1], function($x){ $states.errorOutput }) %}"), "errorOutput"),
    ],
)
def test_missing_field_of_states_is_an_error(state: dict[str, Any], field: str) -> None:
    [(code, message, _)] = errors(machine("JSONata", A=state))
    assert (code, message) == (UNSUPPORTED, f"Field '$states.{field}' does not exist.")


def test_result_in_catch_is_an_error() -> None:
    catcher = {"ErrorEquals": ["E"], "Next": "B", "Output": RESULT}
    assert errors(machine("JSONata", A=task(Catch=[catcher]), B=PASS)) == [
        (UNSUPPORTED, "Field '$states.result' does not exist.", "/States/A/Catch[0]/Output")
    ]


@pytest.mark.parametrize(
    "state",
    [
        task(Output=RESULT, Assign={"x": RESULT}),
        map_state(Output=RESULT, Assign={"x": RESULT}),
        parallel(machine(B=PASS), Output=RESULT, Assign={"x": RESULT}),
        task(
            Catch=[{"ErrorEquals": ["E"], "Next": "C", "Output": ERROR_OUTPUT, "Assign": {"e": ERROR_OUTPUT}}]
        ),
        task(Output="{% $states %}"),
        task(Output="{% $states.input.result & $states.input.errorOutput %}"),
    ],
)
def test_fields_of_states_are_accepted_where_they_exist(state: dict[str, Any]) -> None:
    others = {"C": PASS} if "Catch" in state else {}
    assert errors(machine("JSONata", A=state, **others)) == []


def test_expressions_of_inner_flows_are_checked() -> None:
    inner = processor(I={**PASS, "Output": "{% phone %}"})
    document = machine("JSONata", A=map_state(ItemProcessor=inner))
    assert [location for _, _, location in errors(document)] == ["/States/A/ItemProcessor/States/I/Output"]
