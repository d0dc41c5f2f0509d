"""Constraints of AWS's API models, for requests of every protocol."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_aws.ministack.request_checks import _problem

_FUNCTION = {"FunctionName": "f", "Role": "arn:aws:iam::000000000000:role/r", "Code": {"S3Bucket": "bucket"}}


def _rest(method: str, path: str, body: dict[str, Any], query: dict[str, Any] | None = None) -> str | None:
    problem = _problem("lambda", method, path, {}, json.dumps(body).encode(), query or {})
    return None if problem is None else problem.message


def _json(service: str, operation: str, **params: Any) -> str | None:
    headers = {"x-amz-target": f"Target.{operation}"}
    problem = _problem(service, "POST", "/", headers, json.dumps(params).encode(), {})
    return None if problem is None else problem.message


def _violation(value: str, path: str, constraint: str) -> str:
    return f"1 validation error detected: Value{value} at '{path}' failed to satisfy constraint: Member {constraint}"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"MemorySize": 64},
            _violation(" '64'", "memorySize", "must have value greater than or equal to 128"),
        ),
        ({"Timeout": 0}, _violation(" '0'", "timeout", "must have value greater than or equal to 1")),
        (
            {"Description": "x" * 257},
            _violation(f" '{'x' * 257}'", "description", "must have length less than or equal to 256"),
        ),
        (
            {"TracingConfig": {"Mode": "On"}},
            _violation(" 'On'", "tracingConfig.mode", "must satisfy enum value set: [Active, PassThrough]"),
        ),
        (
            {"Handler": "app handler"},
            _violation(" 'app handler'", "handler", r"must satisfy regular expression pattern: [^\s]+"),
        ),
    ],
)
def test_configuration_outside_its_limits_is_invalid(settings: dict[str, Any], message: str) -> None:
    assert _rest("POST", "/2015-03-31/functions", _FUNCTION | settings) == message
    assert _rest("PUT", "/2015-03-31/functions/f/configuration", settings) == message


def test_names_of_environment_variables_follow_their_pattern_and_values_are_not_shown() -> None:
    variables = {"Variables": {"1ST": "secret"}}
    assert _rest("POST", "/2015-03-31/functions", _FUNCTION | {"Environment": variables}) == (
        "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys must"
        " satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]"
    )


def test_all_violations_are_named() -> None:
    message = _rest("PUT", "/2015-03-31/functions/f/configuration", {"MemorySize": 1, "Timeout": 0})
    assert message is not None
    assert message.startswith("2 validation errors detected: ")


def test_parameters_of_path_and_query_are_checked() -> None:
    message = _rest("GET", "/2015-03-31/functions", {}, {"MaxItems": ["0"]})
    assert message == _violation(" '0'", "maxItems", "must have value greater than or equal to 1")
    too_long = _rest("GET", f"/2015-03-31/functions/{'f' * 300}", {})
    assert too_long is not None
    assert "at 'functionName' failed to satisfy constraint: Member must have length less than" in too_long


@pytest.mark.parametrize(
    ("service", "operation", "params", "part"),
    [
        ("events", "PutRule", {"Name": "a b"}, r"Value 'a b' at 'name' failed"),
        ("events", "PutRule", {"Name": "r", "State": "ON"}, "Value 'ON' at 'state' failed"),
        ("events", "PutTargets", {"Rule": "r", "Targets": []}, "Value '[]' at 'targets' failed"),
        ("secretsmanager", "CreateSecret", {"Name": "x" * 513}, "less than or equal to 512"),
        (
            "secretsmanager",
            "CreateSecret",
            {"Name": "s", "ClientRequestToken": "short"},
            "'clientRequestToken'",
        ),
        ("logs", "CreateLogGroup", {"logGroupName": "a b"}, "Value 'a b' at 'logGroupName' failed"),
        ("ssm", "PutParameter", {"Name": "p", "Value": "v", "Type": "Text"}, "Value 'Text' at 'type' failed"),
        ("cognito-idp", "ListUsers", {"UserPoolId": "pool", "Limit": 61}, "less than or equal to 60"),
    ],
)
def test_request_of_a_json_protocol_is_checked(
    service: str, operation: str, params: dict[str, Any], part: str
) -> None:
    assert part in (_json(service, operation, **params) or "")


def test_text_in_a_list_names_every_constraint() -> None:
    message = _json("events", "UntagResource", ResourceARN="arn:aws:events:::rule/r", TagKeys=["x" * 129])
    assert message is not None
    assert message.endswith(
        "at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less"
        " than or equal to 128, Member must have length greater than or equal to 1]"
    )


def test_valid_requests_have_no_problem() -> None:
    assert _rest("POST", "/2015-03-31/functions", _FUNCTION | {"MemorySize": 128, "Timeout": 900}) is None
    assert (
        _rest("GET", "/2015-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af", {})
        is None
    )
    assert _json("events", "PutRule", Name="nightly", ScheduleExpression="rate(1 day)") is None
    assert _json("secretsmanager", "CreateSecret", Name="stripe/key", SecretString="k") is None
