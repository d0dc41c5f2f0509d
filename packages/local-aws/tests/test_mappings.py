"""Checks of event source mappings of queues, and batching windows."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from local_aws.ministack.lambda_functions.mapping_checks import (
    Problem,
    check_queue_mapping,
    check_stream_mapping,
)
from local_aws.ministack.lambda_functions.queue_mappings import BatchingWindow

_QUEUE = "arn:aws:sqs:us-east-1:000000000000:work"


def _mapping(**properties: Any) -> dict[str, Any]:
    return {"EventSourceArn": _QUEUE} | properties


def _filter(pattern: str) -> dict[str, Any]:
    return {"FilterCriteria": {"Filters": [{"Pattern": pattern}]}}


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"BatchSize": 10_001, "MaximumBatchingWindowInSeconds": 1}, "less than or equal to 10000"),
        ({"BatchSize": 0}, "greater than or equal to 1"),
        ({"MaximumBatchingWindowInSeconds": 301}, "less than or equal to 300"),
        ({"BatchSize": 11}, "must be greater than 0 if maximum batch size is greater than 10"),
        (
            {"EventSourceArn": f"{_QUEUE}.fifo", "MaximumBatchingWindowInSeconds": 1},
            "Batching window is not supported for FIFO queues",
        ),
        (
            {"EventSourceArn": f"{_QUEUE}.fifo", "BatchSize": 11},
            "Batch size 11 is greater than the maximum of FIFO queues, 10.",
        ),
        (
            {"FilterCriteria": {"Filters": [{"Pattern": '{"body": ["sale"]}'}] * 6}},
            "FilterCriteria has 6 filters; the quota is 5",
        ),
        (_filter("{bad"), "Invalid filter pattern definition."),
        (_filter('{"body": {"kind": "sale"}}'), "Invalid filter pattern definition."),
        ({"StartingPosition": "LATEST"}, "StartingPosition is not valid for SQS event sources."),
    ],
)
def test_invalid_mapping_is_rejected(properties: dict[str, Any], message: str) -> None:
    problem = check_queue_mapping(_mapping(**properties), 30, 3)
    assert problem is not None
    assert message in problem.message


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"BatchSize": "10000", "MaximumBatchingWindowInSeconds": "300"},
        {"EventSourceArn": f"{_QUEUE}.fifo", "BatchSize": 10},
        {"FilterCriteria": {"Filters": [{"Pattern": '{"body": ["sale"]}'}] * 5}},
        _filter('{"body": {"kind": ["sale", {"prefix": "re"}]}}'),
    ],
)
def test_valid_mapping_is_accepted(properties: dict[str, Any]) -> None:
    assert check_queue_mapping(_mapping(**properties), 30, 30) is None


def test_function_must_end_before_its_messages_are_visible_again() -> None:
    assert check_queue_mapping(_mapping(), 30, 60) == Problem(
        "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"
    )


_STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/1"


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({}, "Value null at 'startingPosition'"),
        ({"StartingPosition": "AT_TIMESTAMP"}, "Unsupported starting position for arn type"),
        (
            {"StartingPosition": "LATEST", "ScalingConfig": {"MaximumConcurrency": 2}},
            "only supported for Amazon SQS",
        ),
        ({"StartingPosition": "LATEST", "BatchSize": 10_001}, "Value '10001' at 'batchSize'"),
        ({"StartingPosition": "LATEST", "ParallelizationFactor": "11"}, "less than or equal to 10"),
        ({"StartingPosition": "LATEST", "MaximumRetryAttempts": -2}, "greater than or equal to -1"),
        ({"StartingPosition": "LATEST"} | _filter("[]"), "Invalid filter pattern definition."),
    ],
)
def test_invalid_mapping_of_a_stream_is_rejected(properties: dict[str, Any], message: str) -> None:
    problem = check_stream_mapping({"EventSourceArn": _STREAM} | properties, "dynamodb")
    assert problem is not None
    assert message in problem.message


def _record(number: int, body: str = "") -> dict[str, Any]:
    return {"messageId": str(number), "body": body}


def _message(number: int) -> dict[str, Any]:
    return {"id": str(number)}


class _Batches:
    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.delivered = threading.Event()

    def run(self, event: dict[str, Any], messages: list[Any]) -> None:
        assert [record["messageId"] for record in event["Records"]] == [each["id"] for each in messages]
        self.batches.append([record["messageId"] for record in event["Records"]])
        self.delivered.set()


def test_window_delivers_full_batches_at_once() -> None:
    batches, window = _Batches(), BatchingWindow(3, 60)
    for start in (0, 2, 4):
        numbers = range(start, start + 2)
        window.add([_record(n) for n in numbers], [_message(n) for n in numbers], batches.run)
    assert batches.batches == [["0", "1", "2"], ["3", "4", "5"]]


def test_window_delivers_the_rest_when_it_has_passed() -> None:
    batches, window = _Batches(), BatchingWindow(10, 0.05)
    for number in range(2):
        window.add([_record(number)], [_message(number)], batches.run)
    assert batches.batches == []
    assert batches.delivered.wait(10)
    assert batches.batches == [["0", "1"]]


def test_window_delivers_before_an_event_is_larger_than_an_invocation_may_be() -> None:
    batches, window = _Batches(), BatchingWindow(10, 60)
    for number in range(3):
        window.add([_record(number, "x" * 2_500_000)], [_message(number)], batches.run)
    assert batches.batches == [["0", "1"]]
