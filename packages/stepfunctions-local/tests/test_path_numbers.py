"""Numbers that …Path fields refer to: integers, their texts, and the failures of other values."""

from typing import Any

import pytest

from stepfunctions_local.testing import VirtualEngine

PASS = {"Type": "Pass", "End": True}


def processor(mode: str) -> dict[str, Any]:
    config = {"Mode": mode} | ({"ExecutionType": "STANDARD"} if mode == "DISTRIBUTED" else {})
    return {"ProcessorConfig": config, "StartAt": "I", "States": {"I": PASS}}


def run(state: dict[str, Any], value: Any) -> Any:
    definition = {"StartAt": "S", "States": {"S": {"End": True, **state}}}
    with VirtualEngine() as engine:
        return engine.run(definition, {"n": value, "items": [1, 2, 3]})


def run_map(fields: dict[str, Any], value: Any, mode: str = "DISTRIBUTED") -> Any:
    return run({"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor(mode), **fields}, value)


FIELDS: dict[str, dict[str, Any]] = {
    "MaxConcurrencyPath": {"MaxConcurrencyPath": "$.n"},
    "ToleratedFailureCountPath": {"ToleratedFailureCountPath": "$.n"},
    "ToleratedFailurePercentagePath": {"ToleratedFailurePercentagePath": "$.n"},
    "MaxItemsPerBatchPath": {"ItemBatcher": {"MaxItemsPerBatchPath": "$.n"}},
    "MaxInputBytesPerBatchPath": {"ItemBatcher": {"MaxInputBytesPerBatchPath": "$.n"}},
}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [1, "1", "+1", "01"])
def test_map_accepts_numbers_and_their_texts(field: str, value: Any) -> None:
    assert run_map(FIELDS[field], value).status == "SUCCEEDED"


def test_text_limits_as_its_number() -> None:
    result = run_map({"ItemBatcher": {"MaxItemsPerBatchPath": "$.n"}}, "2")
    assert result.output == [{"Items": [1, 2]}, {"Items": [3]}]


@pytest.mark.parametrize("value", ["1.5", " 2 ", "1e1", ".5"])
def test_percentage_accepts_the_text_of_a_fraction(value: str) -> None:
    assert run_map(FIELDS["ToleratedFailurePercentagePath"], value).status == "SUCCEEDED"


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    ("value", "text"),
    [("NoNumber", "NoNumber"), ("", ""), (True, "true"), (None, "null"), ({}, "{}"), ([1], "[1]")],
)
def test_other_values_fail_the_map(field: str, value: Any, text: str) -> None:
    result = run_map(FIELDS[field], value)
    kind = "float" if "Percentage" in field else "integer"
    assert result.error == "States.Runtime"
    assert result.cause.endswith(
        f'The {field} field refers to value "{text}" which is not a valid {kind}: $.n'
    )


@pytest.mark.parametrize("value", [1.5, "1.5", "1 ", "1e3", "0x1"])
def test_integer_field_rejects_fractions_and_other_notations(value: Any) -> None:
    result = run_map(FIELDS["MaxConcurrencyPath"], value)
    assert result.cause.endswith(
        f'The MaxConcurrencyPath field refers to value "{value}" which is not a valid integer: $.n'
    )


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("MaxConcurrencyPath", "-1", "MaxConcurrency must be non-negative."),
        ("ToleratedFailurePercentagePath", "-1", "ToleratedFailurePercentage must be between 0 and 100."),
        ("ToleratedFailurePercentagePath", "100.5", "ToleratedFailurePercentage must be between 0 and 100."),
        ("MaxItemsPerBatchPath", "0", "MaxItemsPerBatch must be positive."),
    ],
)
def test_text_out_of_range_fails_as_its_number(field: str, value: str, message: str) -> None:
    assert run_map(FIELDS[field], value).cause.endswith(message)


@pytest.mark.parametrize("value", [-1, "-1"])
def test_negative_max_items_fails_the_map_run(value: Any) -> None:
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON", "MaxItemsPath": "$.n"},
        "Parameters": {"Bucket": "b", "Key": "k"},
    }
    result = run({"Type": "Map", "ItemReader": reader, "ItemProcessor": processor("DISTRIBUTED")}, value)
    failure = {"error": "States.ItemReaderFailed", "cause": "field MaxItems must be positive"}
    assert (result.error, result.cause) == (failure["error"], failure["cause"])
    assert [event["type"] for event in result.history][2:] == [
        "MapStateStarted",
        "MapRunStarted",
        "MapRunFailed",
        "MapStateFailed",
        "ExecutionFailed",
    ]
    assert result.history[4]["mapRunFailedEventDetails"] == failure


def test_max_items_that_is_not_an_integer_fails_before_the_map_run() -> None:
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "MaxItemsPath": "$.n"},
        "Parameters": {"Bucket": "b", "Key": "k"},
    }
    result = run({"Type": "Map", "ItemReader": reader, "ItemProcessor": processor("DISTRIBUTED")}, 1.5)
    assert [event["type"] for event in result.history][2:] == ["MapStateStarted", "ExecutionFailed"]
    assert result.cause.endswith(
        'The MaxItemsPath field refers to value "1.5" which is not a valid integer: $.n'
    )


@pytest.mark.parametrize("value", [5, "5", 0, "0"])
def test_seconds_path_accepts_numbers_and_their_texts(value: Any) -> None:
    assert run({"Type": "Wait", "SecondsPath": "$.n"}, value).status == "SUCCEEDED"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (-1, "references a negative value: $.n == -1"),
        ("-1", "references a negative value: $.n == -1"),
        (-1.5, "cannot be parsed as a long value: $.n == -1.5"),
        ("soon", "cannot be parsed as a long value: $.n == soon"),
        ("1.5", "cannot be parsed as a long value: $.n == 1.5"),
        (True, "cannot be parsed as a long value: $.n == true"),
        (None, "cannot be parsed as a long value: $.n == null"),
        ({"a": [1]}, 'cannot be parsed as a long value: $.n == {"a":[1]}'),
    ],
)
def test_seconds_path_failure_names_path_and_value(value: Any, message: str) -> None:
    result = run({"Type": "Wait", "SecondsPath": "$.n"}, value)
    assert result.error == "States.Runtime"
    assert result.cause.endswith(f"The SecondsPath parameter {message}")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2016-12-05T21:29:29", "2016-12-05T21:29:29"),
        (5, "5"),
        (None, "null"),
        ("2016-02-30T00:00:00Z", None),
    ],
)
def test_timestamp_path_failure_names_path_and_value(value: Any, text: str | None) -> None:
    result = run({"Type": "Wait", "TimestampPath": "$.n"}, value)
    assert result.error == "States.Runtime"
    assert result.cause.endswith(
        "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: "
        f"$.n == {text or value}"
    )
