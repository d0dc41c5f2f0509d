"""Routes that are matched by compiled expressions are those that MiniStack selects."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from ministack.services import apigateway

from local_aws.ministack.http_apis.routes import install_compiled_routes
from local_aws.ministack.scope import default_scope

PATHS = {
    "r1": "ANY /{proxy+}",
    "r2": "GET /orders",
    "r3": "ANY /orders",
    "r4": "GET /orders/{order_id}",
    "r5": "GET /orders/open",
    "r6": "POST /orders/{order_id}/lines/{line+}",
    "r7": "GET /files/a.b",
    "r8": "$default",
    "r9": "PUT /orders/{other}",
    "r10": "PUT /orders/{order_id}",
    "r11": "/without-method",
}
REQUESTS = [
    ("GET", "/orders"), ("POST", "/orders"), ("GET", "/orders/7"), ("GET", "/orders/open"), ("GET", "/orders/"),
    ("POST", "/orders/7/lines/1/2"), ("POST", "/orders/7/lines/"), ("GET", "/files/a.b"), ("GET", "/files/axb"),
    ("PUT", "/orders/7"), ("DELETE", "/elsewhere"), ("GET", "/"), ("GET", "/orders/a b\n"), ("GET", "/without-method"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def originals() -> Iterator[None]:
    """Restore MiniStack's functions after the test."""
    with (
        patch.object(apigateway, "_match_route", apigateway._match_route),
        patch.object(apigateway, "_extract_path_params", apigateway._extract_path_params),
        patch.object(
            apigateway, "_routes", {"api": {name: {"routeKey": key} for name, key in PATHS.items()}}
        ),
        default_scope(),
    ):
        yield


@pytest.mark.parametrize("without", [(), ("r8",), ("r1", "r8")])
def test_selected_route_is_that_of_ministack(without: tuple[str, ...]) -> None:
    for name in without:
        del apigateway._routes["api"][name]
    expected = [apigateway._match_route("api", *request) for request in REQUESTS]
    install_compiled_routes()
    assert [apigateway._match_route("api", *request) for request in REQUESTS] == expected
    assert len({str(route) for route in expected}) > 6


def test_parameters_of_a_path_are_those_of_ministack() -> None:
    pairs = [(key.partition(" ")[2], path) for key in PATHS.values() if " " in key for _, path in REQUESTS]
    expected = [apigateway._extract_path_params(*pair) for pair in pairs]
    install_compiled_routes()
    assert [apigateway._extract_path_params(*pair) for pair in pairs] == expected
    assert {"order_id": "7", "line": "1/2"} in expected


def test_changed_route_is_selected_by_its_new_key() -> None:
    install_compiled_routes()
    routes = apigateway._routes["api"]
    routes["r5"]["routeKey"] = "GET /orders/closed"
    assert apigateway._match_route("api", "GET", "/orders/open") is routes["r4"]
    assert apigateway._match_route("api", "GET", "/orders/closed") is routes["r5"]


def test_api_without_routes_has_no_route() -> None:
    install_compiled_routes()
    assert apigateway._match_route("another", "GET", "/orders") is None
