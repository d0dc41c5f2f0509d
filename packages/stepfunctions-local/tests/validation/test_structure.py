"""Errors in the graph of states and in the fields of states."""

from typing import Any

import pytest

from .builders import PASS, SCHEMA, TARGET, errors, machine, map_state, only_for, processor, task

CASES: dict[str, tuple[Any, list[Any]]] = {
    "missing Next": (
        machine(A={"Type": "Pass", "Next": "X"}, B=PASS),
        [(TARGET, "Missing 'Next' target: X", "/States/A/Next"), (TARGET, 'State "B" is not reachable.', "/States/B")],
    ),
    "missing StartAt": (
        {"StartAt": "X", "States": {"A": PASS}},
        [(TARGET, "Missing 'StartAt' target: X", "/StartAt")],
    ),
    "missing Catch target": (
        machine(A=task(Catch=[{"ErrorEquals": ["E"], "Next": "X"}])),
        [(TARGET, "Missing 'Next' target: X", "/States/A/Catch[0]/Next")],
    ),
    "missing Choice target and Default": (
        machine(
            A={
                "Type": "Choice",
                "Choices": [{"Variable": "$.a", "IsNull": True, "Next": "X"}],
                "Default": "Y",
            },
            B=PASS,
        ),
        [
            (TARGET, "Missing 'Next' target: Y", "/States/A/Default"),
            (TARGET, "Missing 'Next' target: X", "/States/A/Choices[0]/Next"),
            (TARGET, 'State "B" is not reachable.', "/States/B"),
        ],
    ),
    "no terminal state": (
        machine(A={"Type": "Pass", "Next": "B"}, B={"Type": "Pass", "Next": "A"}),
        [("MISSING_END_STATE", "Workflow has no terminal state", None)],
    ),
    "unreachable inside a branch": (
        machine(P={"Type": "Parallel", "End": True, "Branches": [machine(A=PASS, B=PASS)]}),
        [(TARGET, 'State "B" is not reachable.', "/States/P/Branches[0]/States/B")],
    ),
    "target outside its branch": (
        machine(
            P={"Type": "Parallel", "Next": "B", "Branches": [machine(A={"Type": "Pass", "Next": "B"}, C=PASS)]},
            B=PASS,
        ),
        [
            (TARGET, "Missing 'Next' target: B", "/States/P/Branches[0]/States/A/Next"),
            (TARGET, 'State "C" is not reachable.', "/States/P/Branches[0]/States/C"),
        ],
    ),
    "duplicate state name": (
        machine(A=map_state(ItemProcessor=processor(A=PASS))),
        [("DUPLICATE_STATE_NAME", "Duplicate State name: A", "/States/A/ItemProcessor/States/A")],
    ),
    **{
        f"{field} on {kind}": (
            machine(A={**body, field: 5 if field == "TimeoutSeconds" else []}, **more),
            [(SCHEMA, f"Field '{field}' is not supported", "/States/A")],
        )
        for field, kinds in {
            "TimeoutSeconds": ("Pass", "Wait", "Choice", "Succeed", "Fail", "Map", "Parallel"),
            "Retry": ("Pass", "Wait", "Choice", "Succeed", "Fail"),
            "Catch": ("Pass", "Wait", "Choice", "Succeed", "Fail"),
        }.items()
        for kind in kinds
        for body, more in [
            {
                "Pass": (PASS, {}),
                "Wait": ({"Type": "Wait", "Seconds": 1, "End": True}, {}),
                "Choice": (
                    {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": True, "Next": "B"}]},
                    {"B": PASS},
                ),
                "Succeed": ({"Type": "Succeed"}, {}),
                "Fail": ({"Type": "Fail"}, {}),
                "Map": (map_state(), {}),
                "Parallel": ({"Type": "Parallel", "Branches": [machine(Q=PASS)], "End": True}, {}),
            }[kind]
        ]
    },
    "unknown machine field": ({**machine(A=PASS), "Colour": 1}, [(SCHEMA, "Field 'Colour' is not supported", "/")]),
    "QueryLanguage of a processor": (
        machine(A=map_state(ItemProcessor={**processor(), "QueryLanguage": "JSONata"})),
        [(SCHEMA, "Field 'QueryLanguage' is not supported", "/States/A/ItemProcessor")],
    ),
    "JSONata field in JSONPath": (
        machine(A={**PASS, "Output": 1}),
        [(SCHEMA, only_for("Output", "JSONPath", "JSONata"), "/States/A")],
    ),
    "JSONata field inside a JSONata Map of a JSONPath machine": (
        machine(M=map_state(QueryLanguage="JSONata", ItemProcessor=processor(A={**PASS, "Output": 1}))),
        [(SCHEMA, only_for("Output", "JSONPath", "JSONata"), "/States/M/ItemProcessor/States/A")],
    ),
    "JSONPath field in JSONata": (
        machine("JSONata", A={**PASS, "ResultPath": "$.a"}),
        [(SCHEMA, only_for("ResultPath", "JSONata", "JSONPath"), "/States/A")],
    ),
    "JSONPath state in a JSONata machine": (
        machine("JSONata", A={**PASS, "QueryLanguage": "JSONPath"}),
        [(SCHEMA, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", "/States/A")],
    ),
    "neither Next nor End": (
        machine(A={"Type": "Pass"}, B=PASS),
        [
            (SCHEMA, "This object should have only one of the following fields: [Next, End]", "/States/A"),
            (TARGET, 'State "B" is not reachable.', "/States/B"),
        ],
    ),
    "both limits": (
        machine(A=map_state(MaxConcurrency=1, MaxConcurrencyPath="$.n")),
        [
            (
                SCHEMA,
                "There should only be one of the following fields: [MaxConcurrency, MaxConcurrencyPath]",
                "/States/A",
            )
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_structure_error_has_code_message_and_location(case: str) -> None:
    document, expected = CASES[case]
    assert errors(document) == expected
