"""Invoke the API function of a service: a route, as the gateway would send it, by the alias of a group.

The operator's IAM identity has to be allowed `lambda:InvokeFunction` on that alias; tables are not touched here.
"""

import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from getpass import getuser
from typing import Any

from pydantic import TypeAdapter
from tillflow.api.roles import group_for
from tillflow.errors import DomainError, InvalidRequest, Problem, errors_by_name
from tillflow.executions import Started
from tillflow.listing import Page

from till.errors import OperatorError
from till.stack import Stack

_INTERNAL = 500


@dataclass(frozen=True, slots=True)
class Response:
    """A successful response of a route. version: the record's, by its ETag; None without one.

    replayed: the request was sent before, and has started nothing.
    """

    status: int
    body: Any
    version: int | None
    replayed: bool = False

    @property
    def started(self) -> Started:
        """The execution that the request has started."""
        return Started(str(self.body["execution_arn"]), self.replayed)

    def read[T](self, model: type[T]) -> T:
        """Return the body as a model, or as a type such as list[Model]."""
        return TypeAdapter(model).validate_python(self.body)


@dataclass(frozen=True, slots=True)
class Service:
    """The API function of a service on a deployed stack. function: its logical id."""

    stack: Stack
    function: str

    def call(
        self,
        route: str,
        scope: str,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, object] | None = None,
        body: Any = None,
        version: int | None = None,
        by: str = "",
        asynchronous: bool = False,
    ) -> Response:
        """Call a route, such as `GET /customers/{customer_id}`, as the first group that has its scope.

        query: parameters; None is left out. version: the version of a record that an update is for. by: the person
        who asks, by default the user of this machine. asynchronous: return once a workflow has started. Raises the
        service's DomainError; OperatorError if it failed.
        """
        headers = {} if version is None else {"if-match": f'"{version}"'}
        if asynchronous:
            headers["prefer"] = "respond-async"
        response = self.stack.client("lambda").invoke(
            FunctionName=self.stack.output(self.function),
            Qualifier=group_for(scope),
            Payload=json.dumps(
                {
                    "version": "2.0",
                    "routeKey": _key(route),
                    "pathParameters": dict(path or {}),
                    "queryStringParameters": {
                        name: str(value) for name, value in (query or {}).items() if value is not None
                    },
                    "headers": headers,
                    "body": None if body is None else json.dumps(body),
                    "requestContext": {
                        "authorizer": {"iam": {"username": by or getuser(), "userArn": self.stack.identity}},
                        "http": {"userAgent": f"till on {socket.gethostname()}"},
                    },
                }
            ).encode(),
        )
        payload = json.loads(response["Payload"].read())
        if "FunctionError" in response:
            raise OperatorError(
                f"{self.function} failed: {payload.get('errorMessage', '')}", "See its log for the reason."
            )
        return _response(payload)

    def pages[T](
        self,
        route: str,
        scope: str,
        name: str,
        model: type[T],
        limit: int,
        after: str,
        **filters: object,
    ) -> Page[T]:
        """Return a page of a list route. name: the list's in the body; after: the cursor of the page before."""
        response = self.call(route, scope, query={"limit": limit, "cursor": after or None, **filters})
        rows = TypeAdapter(list[model]).validate_python(response.body[name])  # type: ignore[valid-type]
        return Page(rows, response.body["next_cursor"])


def _key(route: str) -> str:
    method, path = route.split(" ", 1)
    return f"{method} /api{path}"


def _response(payload: Mapping[str, Any]) -> Response:
    headers = payload["headers"]
    is_json = "json" in headers["content-type"]
    body: Any = json.loads(payload["body"] or "null") if is_json else payload["body"]
    if payload["statusCode"] >= 400:
        raise error_of(body)
    etag = str(headers.get("etag", "")).strip('"')
    version = int(etag) if etag.isdigit() else None
    return Response(payload["statusCode"], body, version, headers.get("idempotent-replayed") == "true")


def error_of(problem: Mapping[str, Any]) -> Exception:
    """Return the error that a problem document is of: the service's, by its name, with its message.

    A DomainError if no module with that error is imported: then none of its callers catches it by its name.
    """
    title, detail = str(problem["title"]), str(problem["detail"])
    kind = errors_by_name().get(title, DomainError)
    if problem["status"] == _INTERNAL:
        return OperatorError(
            f"{title}: {detail}.", f"Find the request {problem['correlation_id']} in the function's log."
        )
    # An error is raised by its values at the service; its message is all that is sent.
    make: Callable[..., DomainError] = kind.__new__
    error = make(kind, detail)
    if isinstance(error, InvalidRequest):
        error.problems = tuple(
            Problem(one["field"], one["value"], one["accepted"]) for one in problem["problems"]
        )
    return error
