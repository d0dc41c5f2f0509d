"""Every API function, for any JSON as its event, and every route, for any JSON in a part of the event."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from tillflow.api.roles import SCOPES_BY_GROUP

from tests.support.http_api import ROUTES, HttpApi, claims, http_api
from verification.harness.fixture import workflow_fixture

PARTS = ("pathParameters", "queryStringParameters", "headers", "body", "isBase64Encoded", "requestContext")
HOSTILE: tuple[Any, ...] = (
    None,
    True,
    -1,
    1.5,
    10**30,
    "",
    "x" * 300_000,
    "\ud800",
    "é",
    [],
    [[]] * 3,
    {},
    {"": None},
    {"authorizer": []},
    {"authorizer": {"jwt": {"claims": 7}}, "http": {"sourceIp": {}}},
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def api() -> Iterator[HttpApi]:
    with workflow_fixture() as fixture, http_api(fixture) as built:
        yield built


def request(key: str, **parts: Any) -> dict[str, Any]:
    names = [name.strip("{}") for name in key.split("/") if name.startswith("{")]
    event = {
        "routeKey": key,
        "pathParameters": dict.fromkeys(names, "x"),
        "queryStringParameters": {"wait": "0"} if "wait" in ROUTES[key].query.model_fields else {},
        "requestContext": {"authorizer": {"jwt": {"claims": claims("operator")}}},
    }
    return event | parts


def check(api: HttpApi, event: dict[str, Any]) -> None:
    """A response is a success or a problem with a name that says what is wrong, never an unexpected failure."""
    response = api.handle(event)
    assert response.status < 500, (event["routeKey"], response.text)
    if response.status >= 400:
        assert response.body["title"] not in ("", "InternalError")


@pytest.mark.parametrize("key", sorted(ROUTES))
def test_route_names_what_is_wrong_with_any_part_of_a_request(api: HttpApi, key: str) -> None:
    for part in PARTS:
        for value in HOSTILE:
            check(api, request(key, **{part: value}))


@pytest.mark.parametrize("key", sorted(key for key, route in ROUTES.items() if route.parameters))
def test_route_names_every_id_that_no_key_of_the_data_store_holds(api: HttpApi, key: str) -> None:
    names = ROUTES[key].parameters
    refused = api.handle(request(key, pathParameters=dict.fromkeys(names, "é" * 1001)))
    assert (refused.status, refused.body["title"]) == (400, "InvalidRequest"), refused.text
    assert [(one["field"], one["accepted"]) for one in refused.body["problems"]] == [
        (name, "at most 2000 bytes") for name in names
    ]


@pytest.mark.parametrize("key", sorted(key for key, route in ROUTES.items() if route.body))
def test_route_names_what_is_wrong_with_any_body(api: HttpApi, key: str) -> None:
    @seed(1)
    @settings(max_examples=6, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(body=JSON)
    def send(body: Any) -> None:
        check(api, request(key, body=json.dumps(body)))

    send()


@pytest.mark.parametrize("event", [None, 7, "x", [], {}, {"routeKey": None}, {"routeKey": "GET /api/none"}])
def test_event_without_a_route_is_a_404(api: HttpApi, event: Any) -> None:
    response = api.fixture.services.handle("CatalogApiFunction", event)
    assert json.loads(response["Payload"])["statusCode"] == 404


def test_a_group_has_a_scope_for_every_route() -> None:
    assert {route.scope for route in ROUTES.values()} - {""} <= set(SCOPES_BY_GROUP["operator"])
