"""OpenAPI documents of HTTP APIs."""

from __future__ import annotations

from typing import Any

import pytest
from ministack.services import lambda_svc

from local_aws.ministack.http_apis.apis import Route, authorizers, routes, with_retry_after

_PROXY = {"type": "aws_proxy", "httpMethod": "POST", "payloadFormatVersion": "2.0", "uri": "arn:function"}


def _document(**paths: Any) -> dict[str, Any]:
    return {
        "openapi": "3.0.1",
        "paths": paths.pop("paths"),
        "components": {
            "securitySchemes": {
                "users": {
                    "type": "openIdConnect",
                    "x-amazon-apigateway-authorizer": {"type": "jwt", "identitySource": "$request.header.A"},
                },
                "other": {"type": "http"},
            },
            "x-amazon-apigateway-integrations": {"proxy": _PROXY},
        },
    } | paths


def test_routes_have_the_keys_and_integrations_of_their_operations() -> None:
    reference = {"$ref": "#/components/x-amazon-apigateway-integrations/proxy"}
    document = _document(
        paths={
            "/orders/{id}": {
                "parameters": [],
                "get": {"x-amazon-apigateway-integration": _PROXY, "security": [{"users": ["read"]}]},
                "x-amazon-apigateway-any-method": {"x-amazon-apigateway-integration": reference},
            },
            "$default": {"x-amazon-apigateway-any-method": {"x-amazon-apigateway-integration": _PROXY}},
        }
    )
    assert list(routes(document)) == [
        Route("GET /orders/{id}", _PROXY, "users", ("read",)),
        Route("ANY /orders/{id}", _PROXY, None, ()),
        Route("$default", _PROXY, None, ()),
    ]
    assert list(authorizers(document)) == ["users"]


def test_route_has_the_security_of_the_document_unless_it_has_its_own() -> None:
    operation = {"x-amazon-apigateway-integration": _PROXY}
    paths = {"/a": {"get": operation, "put": operation | {"security": []}}}
    secured, open_ = routes(_document(paths=paths, security=[{"users": []}]))
    assert (secured.authorizer, open_.authorizer) == ("users", None)


def test_route_without_an_integration_is_rejected() -> None:
    with pytest.raises(ValueError, match="the route GET /a has no x-amazon-apigateway-integration"):
        list(routes(_document(paths={"/a": {"get": {}}})))


def test_response_of_a_throttled_function_says_when_to_try_again() -> None:
    throttled = lambda_svc._throttle_response("ConcurrentInvocationLimitExceeded", "Rate Exceeded.", 3)
    shaped = lambda_svc.lambda_execute_result_to_api_proxy_response(throttled)
    response, _ = with_retry_after(throttled, *shaped)
    assert response is not None
    assert (response["statusCode"], response["headers"]["Retry-After"]) == (429, "3")


def test_response_of_a_function_is_unchanged() -> None:
    result = {"body": {"statusCode": 429, "headers": {"a": "b"}, "body": "own"}}
    response, _ = with_retry_after(result, *lambda_svc.lambda_execute_result_to_api_proxy_response(result))
    assert response == result["body"]
