"""Texts of errors as AWS's CreateStateMachine has them, found by deployments of invalid definitions."""

from typing import Any

import pytest

from .builders import PASS, SCHEMA, errors, machine, map_state, processor, task

FUNCTION = "arn:aws:states:::lambda:invoke"
OBJECT = "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]"


def choice(*rules: dict[str, Any], language: str | None = None) -> dict[str, Any]:
    return machine(language, A={"Type": "Choice", "Choices": list(rules), "Default": "B"}, B=PASS)


def reader(**config: Any) -> dict[str, Any]:
    item_reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "Parameters": {"Bucket": "b", "Key": "k"},
        "ReaderConfig": config,
    }
    return machine(A=map_state(ItemProcessor=processor("DISTRIBUTED"), ItemReader=item_reader))


READER_CONFIG = "/States/A/ItemReader/ReaderConfig"
CASES: dict[str, tuple[Any, list[Any]]] = {
    "no states": ({"StartAt": "A"}, [(SCHEMA, "These fields are required: [States]", "/")]),
    "an empty object": ({}, [(SCHEMA, "These fields are required: [StartAt, States]", "/")]),
    "a branch without states": (
        machine(A={"Type": "Parallel", "Branches": [{"StartAt": "B"}], "End": True}),
        [(SCHEMA, "These fields are required: [States]", "/States/A/Branches[0]")],
    ),
    "a state without a type": (
        machine(A={"End": True}),
        [(SCHEMA, "These fields are required: [Type]", "/States/A")],
    ),
    "an unknown type": (
        machine(A={"Type": "Loop", "End": True}),
        [
            (
                SCHEMA,
                "The field 'Type' should have one of these values: "
                "[Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]",
                "/States/A/Type",
            )
        ],
    ),
    "a task without a resource": (
        machine(A={"Type": "Task", "End": True}),
        [(SCHEMA, "These fields are required: [Resource]", "/States/A")],
    ),
    "a retrier and a catcher without their fields": (
        machine(A=task(Retry=[{}], Catch=[{}])),
        [
            (SCHEMA, "These fields are required: [ErrorEquals]", "/States/A/Retry[0]"),
            (SCHEMA, "These fields are required: [ErrorEquals, Next]", "/States/A/Catch[0]"),
        ],
    ),
    "a jitter strategy": (
        machine(A=task(Retry=[{"ErrorEquals": ["E"], "JitterStrategy": "HALF", "IntervalSeconds": 0}])),
        [(SCHEMA, "Value should be one of the following: [NONE, FULL]", "/States/A/Retry[0]/JitterStrategy")],
    ),
    "a rule without Next": (
        choice({"Variable": "$.a", "IsNull": True}),
        [(SCHEMA, "These fields are required: [Next]", "/States/A/Choices[0]")],
    ),
    "a rule without a condition": (choice({"Next": "B"}), [(SCHEMA, OBJECT, "/States/A/Choices[0]")]),
    "a rule without a condition in JSONata": (
        choice({"Next": "B"}, language="JSONata"),
        [(SCHEMA, OBJECT, "/States/A/Choices[0]")],
    ),
    "a rule with two conditions": (
        choice({"Variable": "$.a", "IsNull": True, "And": [], "Next": "B"}),
        [(SCHEMA, OBJECT, "/States/A/Choices[0]")],
    ),
    "a variable without a dollar": (
        choice({"Variable": "a", "IsNull": True, "Next": "B"}),
        [
            (
                SCHEMA,
                "Value is not a Reference Path: Reference path didn't start with '$'",
                "/States/A/Choices[0]/Variable",
            )
        ],
    ),
    "paths without a dollar": (
        machine(A={**PASS, "InputPath": "a", "ResultPath": "b"}),
        [
            (SCHEMA, "Value must be a valid JSONPath.", "/States/A/InputPath"),
            (SCHEMA, "Value must be a valid JSONPath.", "/States/A/ResultPath"),
        ],
    ),
    "a result path to several nodes": (
        machine(A={**PASS, "ResultPath": "$.a[*]"}),
        [(SCHEMA, "Value is not a Reference Path", "/States/A/ResultPath")],
    ),
    "two times of a wait": (
        machine(A={"Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "End": True}),
        [
            (
                SCHEMA,
                "There should only be one of the following fields: "
                "[SecondsPath, Seconds, TimestampPath, Timestamp]",
                "/States/A",
            )
        ],
    ),
    "a map without a processor": (
        machine(A={"Type": "Map", "End": True}),
        [
            (
                SCHEMA,
                "This object should have only one of the following fields: [ItemProcessor, Iterator]",
                "/States/A",
            )
        ],
    ),
    "an execution type": (
        machine(
            A=map_state(ItemProcessor={**machine(I=PASS), "ProcessorConfig": {"Mode": "DISTRIBUTED"}}),
        ),
        [(SCHEMA, "These fields are required: [ExecutionType]", "/States/A/ItemProcessor/ProcessorConfig")],
    ),
    "an execution type inline": (
        machine(
            A=map_state(
                ItemProcessor={
                    **machine(I=PASS),
                    "ProcessorConfig": {"Mode": "INLINE", "ExecutionType": "EXPRESS"},
                }
            ),
        ),
        [(SCHEMA, "Field 'ExecutionType' is not supported", "/States/A/ItemProcessor/ProcessorConfig")],
    ),
    "a header without its location": (
        reader(InputType="CSV"),
        [(SCHEMA, "The field 'CSVHeaderLocation' is required", READER_CONFIG)],
    ),
    "a given header": (
        reader(InputType="CSV", CSVHeaderLocation="GIVEN"),
        [(SCHEMA, "These fields are required: [CSVHeaders]", READER_CONFIG)],
    ),
    "a header of JSON": (
        reader(InputType="JSON", CSVHeaderLocation="FIRST_ROW"),
        [(SCHEMA, "Field 'CSVHeaderLocation' is not supported", READER_CONFIG)],
    ),
    "no parameters": (
        machine(A=task(Resource=FUNCTION)),
        [(SCHEMA, f"Parameters field is required for resource ARN: {FUNCTION}", "/States/A")],
    ),
    "no arguments": (
        machine("JSONata", A=task(Resource=FUNCTION)),
        [(SCHEMA, f"Arguments field is required for resource ARN: {FUNCTION}", "/States/A")],
    ),
    "credentials of an activity": (
        machine(
            A=task(
                Resource="arn:aws:states:us-east-1:000000000000:activity:pack",
                Credentials={"RoleArn": "arn:aws:iam::000000000000:role/r"},
            )
        ),
        [(SCHEMA, "The field 'Credentials' is not supported for activities", "/States/A/Credentials")],
    ),
    "a long label": (
        machine(A=map_state(Label="l" * 41, ItemProcessor=processor("DISTRIBUTED"))),
        [
            (
                "INVALID_LABEL_NAME",
                "Invalid Label name: Label exceeds the 40-character limit allowed by the service",
                "/States/A/Label",
            )
        ],
    ),
    "a long name": (
        machine(**{"s" * 81: PASS}),
        [
            (
                "INVALID_STATE_NAME",
                "Invalid State name: State exceeds the 80-character limit allowed by the service",
                f"/States/{'s' * 81}",
            )
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_error_has_the_text_of_aws(case: str) -> None:
    document, expected = CASES[case]
    found = [error for error in errors(document) if error[0] != "MISSING_END_STATE"]
    assert found == expected


def test_distributed_map_of_an_express_state_machine_is_an_error() -> None:
    assert errors(machine(A=map_state(ItemProcessor=processor("DISTRIBUTED"))), "EXPRESS") == [
        (
            SCHEMA,
            "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines",
            "/States/A/ItemProcessor/ProcessorConfig/Mode",
        )
    ]
