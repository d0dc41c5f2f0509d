"""Events of payload format 2.0, and responses to failures."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.ministack.http_apis.events import complete_event, integration_result

EVENT = {
    "version": "2.0",
    "routeKey": "GET /",
    "headers": {"accept": "*/*"},
    "requestContext": {"domainName": "a1b2.execute-api.localhost", "stage": "$default"},
}


def test_cookies_of_an_event_are_a_list_and_no_header() -> None:
    event = complete_event(EVENT | {"headers": {"accept": "*/*", "cookie": "a=1; b=x=y"}})
    assert (event["cookies"], event["headers"]) == (["a=1", "b=x=y"], {"accept": "*/*"})
    assert "cookies" not in complete_event(EVENT)


def test_event_has_the_prefix_of_its_domain() -> None:
    assert complete_event(EVENT)["requestContext"] == EVENT["requestContext"] | {"domainPrefix": "a1b2"}


@pytest.mark.parametrize(
    "result",
    [
        {"body": {"statusCode": 404, "body": "none"}},
        {"body": {"statusCode": "201"}},
        {"body": {"any": "object"}},
        {"body": "text"},
        {"body": None},
        {"throttle": True, "error": True, "body": {"retryAfterSeconds": 1}},
    ],
)
def test_result_of_a_function_is_unchanged(result: dict[str, Any]) -> None:
    assert integration_result(result) is result


@pytest.mark.parametrize(
    "result",
    [
        {"error": True, "body": {"errorType": "ValueError", "stackTrace": ["app.py"]}},
        {"body": {"statusCode": "abc"}},
        {"body": {"statusCode": None}},
        {"body": {"statusCode": 0}},
    ],
)
def test_failure_of_a_function_does_not_return_its_cause(result: dict[str, Any]) -> None:
    response = integration_result(result)["body"]
    assert (response["statusCode"], response["body"]) == (500, '{"message":"Internal Server Error"}')
