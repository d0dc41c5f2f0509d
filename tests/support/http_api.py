"""The HTTP API in this process: its functions on the emulated data services, without a gateway."""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

from botocore.exceptions import ClientError
from stepfunctions_local.errors import ApiError
from tillflow.api import Route
from tillflow.api.roles import SCOPES_BY_GROUP
from tillflow.aws import client

from tests.support.api_functions import edges, environment_of, forget_operations, run_here
from tools.template.routes import routes_of, services
from verification.harness.fixture import WorkflowFixture

ROOT = Path(__file__).parents[2]
ROUTES: dict[str, Route] = {
    key: route for service in services(ROOT) for key, route in routes_of(ROOT, service).items()
}
_TIMES = ("startDate", "stopDate", "timestamp", "redriveDate", "creationDate", "updateDate")


@dataclass(frozen=True)
class HttpResponse:
    """A response of a function as the gateway sends it."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text) if self.text else None


class EngineClient:
    """A client of Step Functions whose calls go to the engine of a fixture, with times as botocore returns them.

    The engine runs in one thread: calls of several threads follow one another.
    """

    def __init__(self, fixture: WorkflowFixture) -> None:
        self._fixture = fixture
        self._lock = Lock()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            try:
                with self._lock:
                    return _with_times(getattr(self._fixture.engine, name)(**request))
            except ApiError as error:
                raise ClientError({"Error": {"Code": error.code, "Message": error.message}}, name) from None

        return call

    def get_paginator(self, name: str) -> Any:
        def paginate(**request: Any) -> Iterator[Any]:
            token: dict[str, Any] = {}
            while True:
                page = getattr(self, name)(**request, **token)
                yield page
                if not page.get("nextToken"):
                    return
                token = {"nextToken": page["nextToken"]}

        return type("Paginator", (), {"paginate": staticmethod(paginate)})


class FunctionsClient:
    """A client of Lambda that runs the functions of a fixture's template here."""

    def __init__(self, fixture: WorkflowFixture) -> None:
        self._fixture = fixture

    def invoke(self, FunctionName: str, Payload: bytes, **_: Any) -> dict[str, Any]:
        """Run a function by its ARN."""
        name = FunctionName.rpartition(":function:")[2].partition(":")[0]
        return run_here(self._fixture.services, name, json.loads(Payload))


@dataclass(frozen=True)
class HttpApi:
    """The routes of every service, with a user pool. `call` is a request that the gateway has let through."""

    fixture: WorkflowFixture
    user_pool: str

    def call(
        self,
        key: str,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        group: str = "operator",
        location: str = "",
    ) -> HttpResponse:
        """Send a request to a route, by its key, as a user of a group. A body that is text is sent as base64.

        location: the only one of the user.
        """
        return self.handle(
            {
                "version": "2.0",
                "routeKey": key,
                "pathParameters": dict(path or {}),
                "queryStringParameters": dict(query or {}),
                "headers": dict(headers or {}),
                "body": body if isinstance(body, str | None) else json.dumps(body),
                "isBase64Encoded": isinstance(body, str),
                "requestContext": {"authorizer": {"jwt": {"claims": claims(group, location)}}},
            }
        )

    def get(self, path: str, **more: Any) -> HttpResponse:
        """Send a GET of a path below /api, with its query in `query`."""
        return self.call(*route_of("GET", f"/api{path}"), **more)

    def post(self, path: str, body: Any, **more: Any) -> HttpResponse:
        """Send a POST to a path below /api."""
        return self.call(*route_of("POST", f"/api{path}"), body=body, **more)

    def handle(self, event: dict[str, Any]) -> HttpResponse:
        """Send an event of the gateway to the function of its route."""
        name = self._functions[event["routeKey"]]
        environment = environment_of(self.fixture.template, name)
        if "USER_POOL" in environment:
            environment["USER_POOL"] = self.user_pool
        with patch.dict(os.environ, environment):
            response = self.fixture.services.handle(name, event)
        assert "FunctionError" not in response, response["Payload"]
        returned = json.loads(response["Payload"])
        return HttpResponse(returned["statusCode"], returned["headers"], returned["body"])

    @cached_property
    def _functions(self) -> dict[str, str]:
        """The function of each route, by the route's key."""
        by_service = {
            function.handler.split(".")[0]: name
            for name, function in self.fixture.template.functions.items()
            if function.handler.endswith(".api.handle")
        }
        return {key: by_service[service] for service in services(ROOT) for key in routes_of(ROOT, service)}


def claims(group: str, location: str = "") -> dict[str, str]:
    """Return the claims of an access token as the gateway passes them."""
    signed = {
        "username": group,
        "cognito:groups": f"[{group}]",
        "scope": " ".join(f"shop/{scope}" for scope in sorted(SCOPES_BY_GROUP[group])),
    }
    return signed | ({"location": location} if location else {})


def route_of(method: str, path: str) -> tuple[str, dict[str, str]]:
    """Return the key of the route of a path, and the path's parameters: a literal path before one with parameters."""
    for key, route in sorted(ROUTES.items(), key=lambda item: item[0].count("{")):
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(route.path))
        if route.method == method and (match := re.fullmatch(pattern, path)):
            return key, {name: unquote(value) for name, value in match.groupdict().items()}
    raise AssertionError(f"no route of {method} {path}")


@contextmanager
def http_api(fixture: WorkflowFixture) -> Iterator[HttpApi]:
    """Yield the API of a fixture, whose functions have its engine as Step Functions."""
    clients = {"stepfunctions": EngineClient(fixture), "lambda": FunctionsClient(fixture)}
    for queue in fixture.template.of_type("AWS::SQS::Queue"):
        client("sqs").create_queue(QueueName=queue)
    for machine in fixture.template.of_type("AWS::Serverless::StateMachine"):
        fixture.deploy(machine)
    modules = [module for service in services(ROOT) for module in edges(service)]
    forget_operations(modules)
    with ExitStack() as patches:
        for module in modules:
            replaced = partial(_client, module.client, clients)
            patches.enter_context(patch.object(module, "client", replaced))
        patches.enter_context(
            patch(
                "catalog.operations.utc_now", lambda: datetime.fromtimestamp(fixture.engine.clock.now(), UTC)
            )
        )
        # A handler has the clients of its import.
        fixture.services.handle("FindUnknownOrdersFunction", {"ids": []})
        finder = import_module("orders.references").finder
        patches.enter_context(patch.object(finder, "_states", clients["stepfunctions"]))
        yield HttpApi(fixture, user_pool())
    forget_operations(modules)


def user_pool() -> str:
    """Create a user pool with the groups of the shop; return its id."""
    cognito = client("cognito-idp")
    location = {"Name": "location", "AttributeDataType": "String", "Mutable": True}
    pool: str = cognito.create_user_pool(PoolName="users", Schema=[location])["UserPool"]["Id"]
    for group in SCOPES_BY_GROUP:
        cognito.create_group(GroupName=group, UserPoolId=pool)
    return pool


def _client(boto: Callable[[str], Any], replaced: Mapping[str, Any], name: str) -> Any:
    return replaced.get(name) or boto(name)


def _with_times(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_times(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: datetime.fromtimestamp(inner, UTC)
        if name in _TIMES and isinstance(inner, int | float)
        else _with_times(inner)
        for name, inner in value.items()
    }
