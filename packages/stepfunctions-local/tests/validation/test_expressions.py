"""Errors in JSONata expressions, paths, intrinsic functions and variables."""

from typing import Any

import pytest

from .builders import PASS, SCHEMA, errors, machine, map_state, processor, task

CASES: dict[str, tuple[Any, list[Any]]] = {
    "invalid path": (
        machine(A={**PASS, "Parameters": {"a": {"b.$": "b"}}}),
        [
            (
                SCHEMA,
                "The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call",
                "/States/A/Parameters/a",
            )
        ],
    ),
    "unknown intrinsic function": (
        machine(A={**PASS, "Parameters": {"b.$": "States.Format('{}', "}}),
        [
            (
                SCHEMA,
                "The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call",
                "/States/A/Parameters",
            )
        ],
    ),
    "ResultPath into the context": (
        machine(A={**PASS, "ResultPath": "$$.a"}),
        [(SCHEMA, "Value is not a Reference Path", "/States/A/ResultPath")],
    ),
    **{
        f"illegal escape in {call}": (
            machine(A={**PASS, "Parameters": {"a.$": call}}),
            [
                (
                    SCHEMA,
                    "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call",
                    "/States/A/Parameters",
                )
            ],
        )
        for call in (r"States.Format('\a {}', $.x)", r"States.Array('a\"b')", r"States.UUID('\')")
    },
    "reference path into the context": (
        machine(A=map_state(MaxConcurrencyPath="$$.Execution.Input.n")),
        [(SCHEMA, "Value is not a Reference Path", "/States/A/MaxConcurrencyPath")],
    ),
    "StartAt of another type": (
        {"StartAt": {"a": 1}, "States": {"A": PASS}},
        [(SCHEMA, "Expected value of type String", "/StartAt")],
    ),
    "ErrorEquals of another type": (
        machine("JSONata", A={"Type": "Fail", "Error": ["a"], "Cause": 1}),
        [
            (SCHEMA, "Expected value of type String", "/States/A/Error"),
            (SCHEMA, "Expected value of type String", "/States/A/Cause"),
        ],
    ),
    **{
        f"{name} that is no object": (
            machine(A=map_state(ItemProcessor=processor("DISTRIBUTED"), **fields)),
            [(SCHEMA, "Expected value of type Object", f"/States/A/{name}")],
        )
        for name, fields in {
            "Assign": {"Assign": [1]},
            "Catch[0]/Assign": {"Catch": [{"ErrorEquals": ["E"], "Next": "A", "Assign": "x"}]},
            "ItemBatcher": {"ItemBatcher": 1},
            "ResultWriter": {"ResultWriter": "w"},
            "ResultWriter/WriterConfig": {"ResultWriter": {"WriterConfig": ["JSON"]}},
            "ItemReader/ReaderConfig": {
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:getObject",
                    "Parameters": {"Bucket": "b", "Key": "k"},
                    "ReaderConfig": ["JSON"],
                }
            },
        }.items()
    },
    "ProcessorConfig of another type": (
        machine(A=map_state(ItemProcessor={**processor(), "ProcessorConfig": "INLINE"})),
        [(SCHEMA, "Expected value of type Object", "/States/A/ItemProcessor/ProcessorConfig")],
    ),
    "Credentials of another type": (
        machine(A=task(Credentials="role")),
        [(SCHEMA, "Expected value of type Object", "/States/A/Credentials")],
    ),
    "Next of a Choice rule of another type": (
        machine(
            A={"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": True, "Next": ["B"]}], "Default": "B"},
            B=PASS,
        ),
        [(SCHEMA, "Expected value of type String", "/States/A/Choices[0]/Next")],
    ),
    "null in a path that must not be null": (
        machine(A={"Type": "Wait", "SecondsPath": None, "InputPath": None, "OutputPath": None, "End": True}),
        [(SCHEMA, "Value must be a valid JSONPath.", "/States/A/SecondsPath")],
    ),
    "malformed paths": (
        machine(
            A={
                "Type": "Pass",
                "InputPath": "$.a[",
                "Parameters": {"b": [{"c.$": "$.d[?("}]},
                "OutputPath": "$..",
                "Assign": {"x.$": "$.e]["},
                "Next": "B",
            },
            B={"Type": "Choice", "Choices": [{"Variable": "$.f[", "NumericEqualsPath": "$.g[", "Next": "C"}]},
            C={"Type": "Succeed"},
        ),
        [
            (SCHEMA, "Value must be a valid JSONPath.", "/States/A/InputPath"),
            (
                SCHEMA,
                "The value for the field 'c.$' must be a valid JSONPath or a valid intrinsic function call",
                "/States/A/Parameters/b[0]",
            ),
            (SCHEMA, "Value must be a valid JSONPath.", "/States/A/OutputPath"),
            (
                SCHEMA,
                "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call",
                "/States/A/Assign",
            ),
            (SCHEMA, "Value is not a Reference Path", "/States/B/Choices[0]/NumericEqualsPath"),
            (SCHEMA, "Value is not a Reference Path", "/States/B/Choices[0]/Variable"),
        ],
    ),
    "indefinite ResultPath": (
        machine(A={**PASS, "ResultPath": "$.a[*]"}),
        [(SCHEMA, "Value is not a Reference Path", "/States/A/ResultPath")],
    ),
    "JSONata that does not parse": (
        machine("JSONata", A={**PASS, "Output": {"v": ["{% 1 + %}"]}}),
        [("INVALID_JSONATA_EXPRESSION", "Unexpected end of expression", "/States/A/Output/v[0]")],
    ),
    "JSONata name at the top level": (
        machine("JSONata", A={**PASS, "Output": {"v": "{% phone & $states.input.name %}"}}),
        [
            (
                "UNSUPPORTED_JSONATA_EXPRESSION",
                "Reference to 'phone' at the top level is not supported.",
                "/States/A/Output/v",
            )
        ],
    ),
    "invalid variable names": (
        machine(A={**PASS, "Assign": {"a-b": 1, "states": 2, "c.$": "$.c"}}),
        [
            (
                "INVALID_VARIABLE_NAME",
                "Invalid variable name 'a-b': the variable name contains invalid characters.",
                "/States/A/Assign",
            ),
            ("RESERVED_VARIABLE_NAME", "Cannot assign to reserved variable '$states'.", "/States/A/Assign"),
        ],
    ),
    "variable of an outer scope": (
        machine(
            A={"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
            B={
                "Type": "Parallel",
                "Branches": [
                    machine(C={**PASS, "Assign": {"x.$": "$"}}),
                    machine(D=map_state(ItemProcessor=processor(E={**PASS, "Assign": {"x": 2, "y": 3}}))),
                ],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": {"x": 4}, "Next": "A"}],
                "End": True,
            },
        ),
        [
            (
                SCHEMA,
                "The variable 'x' is assigned in an outer scope already",
                "/States/B/Branches[0]/States/C/Assign",
            ),
            (
                SCHEMA,
                "The variable 'x' is assigned in an outer scope already",
                "/States/B/Branches[1]/States/D/ItemProcessor/States/E/Assign",
            ),
        ],
    ),
    "Condition and Not of another type": (
        {
            "StartAt": "A",
            "States": {
                "A": {
                    "Type": "Choice",
                    "QueryLanguage": "JSONata",
                    "Choices": [
                        {"Condition": "true", "Next": "B"},
                        {"Condition": 1, "Next": "B"},
                        {"Condition": "{% true %}", "Next": "B"},
                        {"Condition": False, "Next": "B"},
                    ],
                },
                "B": {"Type": "Choice", "Choices": [{"Not": [], "Next": "C"}]},
                "C": {"Type": "Succeed"},
            },
        },
        [
            (SCHEMA, "Expected value of type Boolean", "/States/A/Choices[0]/Condition"),
            (SCHEMA, "Expected value of type Boolean", "/States/A/Choices[1]/Condition"),
            (SCHEMA, "Expected value of type Object", "/States/B/Choices[0]/Not"),
        ],
    ),
    "ItemReader and ResultWriter without their bucket": (
        machine(
            A=map_state(
                ItemProcessor=processor("DISTRIBUTED"),
                ItemReader={"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket.$": "$.b"}},
                ResultWriter={"Resource": "arn:aws:states:::s3:putObject"},
            )
        ),
        [
            (SCHEMA, "The field 'Key' is required but was missing", "/States/A/ItemReader/Parameters"),
            (SCHEMA, "The field 'Bucket' is required but was missing", "/States/A/ResultWriter/Parameters"),
        ],
    ),
    "unknown transformations and fields of a reader and a writer": (
        machine(
            A=map_state(
                ItemProcessor=processor("DISTRIBUTED"),
                ItemReader={
                    "Resource": "arn:aws:states:::s3:listObjectsV2",
                    "Parameters": {"Bucket": "b"},
                    "ReaderConfig": {"Transformation": "COMPACT", "ManifestType": "ORC"},
                },
                ResultWriter={"WriterConfig": {"Transformation": "LOAD_AND_FLATTEN", "Format": "JSON"}},
            )
        ),
        [
            (
                SCHEMA,
                "Value should be one of the following: [S3_INVENTORY, ATHENA_DATA]",
                "/States/A/ItemReader/ReaderConfig/ManifestType",
            ),
            (
                SCHEMA,
                "Value should be one of the following: [NONE, LOAD_AND_FLATTEN]",
                "/States/A/ItemReader/ReaderConfig/Transformation",
            ),
            (SCHEMA, "Field 'Format' is not supported", "/States/A/ResultWriter/WriterConfig"),
            (
                SCHEMA,
                "Value should be one of the following: [NONE, COMPACT, FLATTEN]",
                "/States/A/ResultWriter/WriterConfig/Transformation",
            ),
        ],
    ),
    "unsupported ItemReader resource": (
        machine(
            A=map_state(
                ItemProcessor=processor("DISTRIBUTED"),
                ItemReader={"Resource": "arn:aws:states:::s3:headObject", "Parameters": {}},
            )
        ),
        [
            (
                SCHEMA,
                "The field 'Resource' does not match any of the allowed values",
                "/States/A/ItemReader/Resource",
            )
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_expression_error_has_code_message_and_location(case: str) -> None:
    document, expected = CASES[case]
    assert errors(document) == expected
