"""Errors in the values of fields, in Retry and Catch, in resources and in labels."""

from typing import Any

import pytest

from .builders import PASS, SCHEMA, errors, machine, map_state, processor, task

GET, PUT = "arn:aws:states:::s3:getObject", "arn:aws:states:::s3:putObject"


def distributed(**fields: Any) -> dict[str, Any]:
    return map_state(ItemProcessor=processor("DISTRIBUTED"), **fields)


def csv_map(headers: Any) -> dict[str, Any]:
    config = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": headers}
    bucket = {"Bucket": "b", "Key": "k"}
    return distributed(ItemReader={"Resource": GET, "Parameters": bucket, "ReaderConfig": config})


CASES: dict[str, tuple[Any, list[Any]]] = {
    "Timestamp too far in the future": (
        machine(A={"Type": "Wait", "Timestamp": "2101-01-01T00:00:00Z", "End": True}),
        [(SCHEMA, "Timestamp is too far in the future", "/States/A/Timestamp")],
    ),
    "Seconds too long": (
        machine(A={"Type": "Wait", "Seconds": 100_000_000, "End": True}),
        [(SCHEMA, "Maximum value is 99999999", "/States/A/Seconds")],
    ),
    "negative percentage": (
        machine(A=map_state(ToleratedFailurePercentage=-1)),
        [(SCHEMA, "Minimum value is 0.0", "/States/A/ToleratedFailurePercentage")],
    ),
    "percentage over 100": (
        machine(A=map_state(ToleratedFailurePercentage=101)),
        [(SCHEMA, "Maximum value is 100.0", "/States/A/ToleratedFailurePercentage")],
    ),
    "headers are not an array": (
        machine(A=csv_map("a,b")),
        [(SCHEMA, "Expected value of type Array", "/States/A/ItemReader/ReaderConfig/CSVHeaders")],
    ),
    "headers are null": (
        machine(A=csv_map(None)),
        [(SCHEMA, "Expected value of type Array", "/States/A/ItemReader/ReaderConfig/CSVHeaders")],
    ),
    "headers are not strings": (
        machine(A=csv_map(["a", 1])),
        [(SCHEMA, "Expected items of type String", "/States/A/ItemReader/ReaderConfig/CSVHeaders")],
    ),
    "parameters of a reader are not an object": (
        machine(A=distributed(ItemReader={"Resource": GET, "Parameters": "$"})),
        [(SCHEMA, "Expected value of type Object", "/States/A/ItemReader/Parameters")],
    ),
    "arguments of a writer are not an object": (
        machine("JSONata", A=distributed(ResultWriter={"Resource": PUT, "Arguments": ["b"]})),
        [(SCHEMA, "Expected value of type Object", "/States/A/ResultWriter/Arguments")],
    ),
    "Choices are null": (
        machine(A={"Type": "Choice", "Choices": None, "Default": "B"}, B=PASS),
        [(SCHEMA, "Expected value of type Array", "/States/A/Choices")],
    ),
    "Branches are null": (
        machine(A={"Type": "Parallel", "Branches": None, "End": True}),
        [(SCHEMA, "Expected value of type Array", "/States/A/Branches")],
    ),
    "Retry is null": (
        machine(A=task(Retry=None)),
        [(SCHEMA, "Expected value of type Array", "/States/A/Retry")],
    ),
    "errors of a catcher are null": (
        machine(A=task(Catch=[{"ErrorEquals": None, "Next": "B"}]), B=PASS),
        [(SCHEMA, "Expected value of type Array", "/States/A/Catch[0]/ErrorEquals")],
    ),
    "ItemProcessor is null": (
        machine(A=map_state(ItemProcessor=None)),
        [(SCHEMA, "Expected value of type Object", "/States/A/ItemProcessor")],
    ),
    "no branches": (
        machine(A={"Type": "Parallel", "Branches": [], "End": True}),
        [(SCHEMA, "Value cannot be empty", "/States/A/Branches")],
    ),
    "timestamp": (
        machine(A={"Type": "Wait", "Timestamp": "2026-13-01T00:00:00Z", "End": True}),
        [(SCHEMA, "String does not match RFC3339 timestamp", "/States/A/Timestamp")],
    ),
    "States.ALL not alone": (
        machine(A=task(Retry=[{"ErrorEquals": ["E", "States.ALL"]}])),
        [(SCHEMA, "States.ALL must appear alone and at end of list", "/States/A/Retry[0]/ErrorEquals[1]")],
    ),
    "States.ALL not last": (
        machine(A=task(Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}])),
        [(SCHEMA, "States.ALL must appear alone and at end of list", "/States/A/Retry[0]/ErrorEquals[0]")],
    ),
    "backoff below one": (
        machine(A=task(Retry=[{"ErrorEquals": ["E"], "BackoffRate": 0.5}])),
        [(SCHEMA, "Minimum value is 1.0", "/States/A/Retry[0]/BackoffRate")],
    ),
    "no ARN": (
        machine(A=task(Resource="price")),
        [(SCHEMA, "Value is not a valid resource ARN", "/States/A/Resource")],
    ),
    "unknown integration": (
        machine(A=task(Resource="arn:aws:states:::dynamodb:scan")),
        [
            (
                SCHEMA,
                "The resource provided arn:aws:states:::dynamodb:scan is not recognized. The value is not a valid "
                "resource ARN, or the resource is not available in this region.",
                "/States/A/Resource",
            )
        ],
    ),
    "argument missing and unknown": (
        machine(A=task(Resource="arn:aws:states:::sqs:sendMessage", Parameters={"QueueUrl.$": "$.q", "Body": "b"})),
        [
            (SCHEMA, "The field 'Body' is not supported by Step Functions", "/States/A/Parameters"),
            (SCHEMA, "The field 'MessageBody' is required but was missing", "/States/A/Parameters"),
        ],
    ),
    "unknown argument of a function": (
        machine(A=task(Resource="arn:aws:states:::lambda:invoke", Parameters={"FunctionName": "f", "Event.$": "$"})),
        [(SCHEMA, "The field 'Event' is not supported by Step Functions", "/States/A/Parameters")],
    ),
    "unknown argument of an execution": (
        machine(A=task(Resource="arn:aws:states:::states:startExecution.sync:2", Parameters={"Body": {}})),
        [
            (SCHEMA, "The field 'Body' is not supported by Step Functions", "/States/A/Parameters"),
            (SCHEMA, "The field 'StateMachineArn' is required but was missing", "/States/A/Parameters"),
        ],
    ),
    "credentials without a role": (
        machine(A=task(Credentials={"Role": "r"})),
        [(SCHEMA, "The field 'RoleArn' is required but was missing", "/States/A/Credentials")],
    ),
    "empty label": (
        machine(A=map_state(Label="", ItemProcessor=processor("DISTRIBUTED"))),
        [("INVALID_LABEL_NAME", "Label cannot be empty", "/States/A/Label")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_value_error_has_code_message_and_location(case: str) -> None:
    document, expected = CASES[case]
    assert errors(document) == expected


@pytest.mark.parametrize("version", ["2.0", "", 1, 1.0, None, ["1.0"], {}])
def test_version_is_1_0(version: object) -> None:
    document = {**machine(A=PASS), "Version": version}
    assert errors(document) == [(SCHEMA, "Value should be one of the following: [1.0]", "/Version")]
    assert errors({**document, "Version": "1.0"}) == []
