"""Filter patterns in requests to CloudWatch Logs."""

import json
import time

import pytest
from botocore.exceptions import ClientError

from .conftest import Aws

GROUP = "/shop/filters"
MESSAGES = [
    "START RequestId: 1",
    json.dumps({"service": "orders", "level": "INFO"}),
    json.dumps({"service": "orders", "level": "ERROR"}),
    json.dumps({"service": "billing", "level": "ERROR"}),
]


def test_events_are_filtered_by_a_json_pattern(aws: Aws) -> None:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="one")
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": message} for message in MESSAGES]
    logs.put_log_events(logGroupName=GROUP, logStreamName="one", logEvents=events)
    for pattern, expected in (
        ('{ $.service = "orders" && $.level != "INFO" }', MESSAGES[2:3]),
        ("?START ?INFO", MESSAGES[:2]),
        ("ERROR -billing", MESSAGES[2:3]),
    ):
        response = logs.filter_log_events(logGroupName=GROUP, filterPattern=pattern)
        assert [event["message"] for event in response["events"]] == expected
    logs.delete_log_group(logGroupName=GROUP)


def test_invalid_pattern_is_rejected(aws: Aws) -> None:
    logs = aws.client("logs")
    pattern = {"logGroupName": GROUP, "filterPattern": "{ $.level = }"}
    metric = {"metricName": "errors", "metricNamespace": "shop", "metricValue": "1"}
    arn = "arn:aws:lambda:us-east-1:000000000000:function:none"
    for call in (
        lambda: logs.filter_log_events(**pattern),
        lambda: logs.put_subscription_filter(**pattern, filterName="all", destinationArn=arn),
        lambda: logs.put_metric_filter(**pattern, filterName="all", metricTransformations=[metric]),
    ):
        with pytest.raises(ClientError) as rejected:
            call()
        assert rejected.value.response["Error"]["Code"] == "InvalidParameterException"
        assert "Invalid filter pattern" in rejected.value.response["Error"]["Message"]


def test_events_are_read_by_page_from_streams_with_a_prefix(aws: Aws) -> None:
    logs, group = aws.client("logs"), f"{GROUP}/pages"
    logs.create_log_group(logGroupName=group)
    now = int(time.time() * 1000)
    for stream in ("api/1", "api/2", "worker/1"):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        events = [{"timestamp": now, "message": f"{stream} {number}"} for number in range(3)]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, logStreamNamePrefix="api/", PaginationConfig={"PageSize": 4}
    )
    sizes, events = [], []
    for page in pages:
        sizes.append(len(page["events"]))
        events += page["events"]
    assert sizes == [4, 2]
    assert {event["message"] for event in events} == {f"api/{n} {m}" for n in (1, 2) for m in range(3)}
    assert len({event["eventId"] for event in events}) == 6
    logs.delete_log_group(logGroupName=group)


def test_requests_for_events_are_checked(aws: Aws) -> None:
    logs, group = aws.client("logs"), f"{GROUP}/checks"
    logs.create_log_group(logGroupName=group)
    for request, code, message in (
        (
            {"logStreamNames": ["none"]},
            "ResourceNotFoundException",
            "The specified log stream does not exist.",
        ),
        ({"nextToken": "abc"}, "InvalidParameterException", "The specified nextToken is invalid."),
        ({"logStreamNames": ["a"], "logStreamNamePrefix": "a"}, "InvalidParameterException", None),
    ):
        with pytest.raises(ClientError) as rejected:
            logs.filter_log_events(logGroupName=group, **request)
        error = rejected.value.response["Error"]
        assert (error["Code"], message or error["Message"]) == (code, error["Message"])
    logs.delete_log_group(logGroupName=group)
