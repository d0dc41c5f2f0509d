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
