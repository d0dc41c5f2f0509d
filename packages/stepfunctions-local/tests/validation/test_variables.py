"""Variables: the scopes in which states assign and read them.

https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
"""

from typing import Any

import pytest

from .builders import PASS, SCHEMA, errors, machine, map_state, parallel, processor, task

READ = {**PASS, "Parameters": {"a.$": "$x.y"}}
ASSIGN = {"Type": "Pass", "Assign": {"x": 1}}


def undefined(location: str) -> list[tuple[str, str, str]]:
    return [(SCHEMA, "The variable 'x' is not defined", location)]


@pytest.mark.parametrize(
    "state",
    [
        READ,
        {**PASS, "InputPath": "$x"},
        {**PASS, "Parameters": {"a.$": "States.Format('{}', $x)"}},
        {"Type": "Wait", "SecondsPath": "$x", "End": True},
        map_state(MaxConcurrencyPath="$x"),
    ],
)
def test_undefined_variable_in_a_path_is_an_error(state: dict[str, Any]) -> None:
    assert errors(machine(A=state)) == undefined("/States/A")


@pytest.mark.parametrize(
    "document",
    [
        machine(A={**ASSIGN, "Next": "B"}, B=READ),
        machine(A={**READ, "Assign": {"x.$": "$.a"}}),
        machine(A={**ASSIGN, "Next": "B"}, B=map_state(ItemProcessor=processor(I=READ))),
        machine(A={**ASSIGN, "Next": "B"}, B=parallel(machine(C=READ))),
        machine(
            A=task(Catch=[{"ErrorEquals": ["E"], "Next": "B", "Assign": {"x.$": "$.Cause"}}]),
            B=READ,
        ),
        machine("JSONata", A={**PASS, "Output": "{% $x %}"}),
        machine(A={**PASS, "Parameters": {"a.$": "$.x", "b.$": "$$.State.Name", "c": "$x"}}),
    ],
)
def test_visible_variables_are_accepted(document: dict[str, Any]) -> None:
    assert errors(document) == []


def test_variables_of_an_inner_flow_are_not_visible_outside() -> None:
    document = machine(
        A=map_state(ItemProcessor=processor(I={**ASSIGN, "End": True}), Next="B", End=False), B=READ
    )
    assert errors(document) == undefined("/States/B")


def test_variables_are_not_visible_in_child_executions() -> None:
    document = machine(A={**ASSIGN, "Next": "B"}, B=map_state(ItemProcessor=processor("DISTRIBUTED", I=READ)))
    assert errors(document) == undefined("/States/B/ItemProcessor/States/I")


def test_branch_may_assign_what_only_the_catch_of_its_state_assigns() -> None:
    catcher = {"ErrorEquals": ["E"], "Next": "C", "Assign": {"x": 2}}
    branch = machine(B={**ASSIGN, "End": True})
    assert errors(machine(A=parallel(branch, Catch=[catcher]), C=PASS)) == []
    inner = map_state(ItemProcessor=processor(B={**ASSIGN, "End": True}), Catch=[catcher])
    assert errors(machine(A=inner, C=PASS)) == []


@pytest.mark.parametrize(
    "other",
    [{"Type": "Pass", "Assign": {"x": 2}}, {"Type": "Pass", "Assign": {"x.$": "$.a"}}],
)
def test_branch_must_not_assign_what_another_state_assigns(other: dict[str, Any]) -> None:
    branch = machine(B={**ASSIGN, "End": True})
    document = machine(A={**other, "Next": "P"}, P=parallel(branch))
    assert errors(document) == [
        (
            SCHEMA,
            "The variable 'x' is assigned in an outer scope already",
            "/States/P/Branches[0]/States/B/Assign",
        )
    ]


def test_branch_must_not_assign_what_its_state_assigns() -> None:
    branch = machine(B={**ASSIGN, "End": True})
    [(_, message, _)] = errors(machine(A=parallel(branch, Assign={"x": 3})))
    assert message == "The variable 'x' is assigned in an outer scope already"
