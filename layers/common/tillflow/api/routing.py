"""Routes of one service, and how a request becomes a call of an operation and its result a response."""

import base64
import binascii
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger
from pydantic import BaseModel, TypeAdapter

from tillflow.api.caller import Caller, caller_of, invoked_group
from tillflow.api.cursors import decode_cursor, encode_cursor
from tillflow.api.events import Event
from tillflow.api.problems import MEDIA_TYPE, RETRY_AFTER_SECONDS, Problem, internal_problem, problem_of
from tillflow.api.roles import SCOPE_PREFIX
from tillflow.errors import DomainError, InvalidRequest
from tillflow.errors import Problem as FieldProblem
from tillflow.handling import as_domain_error
from tillflow.json_text import read_json
from tillflow.parsing import parse

PREFIX = "/api"
MAX_BODY_BYTES = 256 * 1024
MAX_QUERY_LENGTH = 2048
# A partition key of DynamoDB has at most 2,048 bytes, with what is before an id. The id of a case has up to 1,100.
MAX_PATH_BYTES = 2000
MAX_LOGGED = 256
_KEY = re.compile(r"[!-~]{1,255}")
_VERSION = re.compile(r'"([0-9]{1,15})"')

type Scope = str
type Operation = Callable[["Call"], "Reply | Any"]


class Empty(BaseModel):
    """No fields."""


@dataclass(frozen=True, slots=True)
class Route:
    """One route: `scope` is what the gateway requires of the token, "" for a route without sign-in.

    body, query: models of the request; response: the type of a successful response; statuses: its HTTP statuses.
    verify: raises for a sender that is not known; called before the query and the body are parsed, so that such a
    sender learns nothing of them. keyed: the request has no id of its own; `Idempotency-Key` names it.
    versioned: it changes a record at the version in `If-Match`.
    """

    key: str
    scope: Scope
    operation: Operation
    summary: str
    body: type[BaseModel] | None
    query: type[BaseModel]
    response: Any
    statuses: tuple[int, ...]
    verify: Callable[["Call"], None] | None = None
    keyed: bool = False
    versioned: bool = False

    @property
    def method(self) -> str:
        return self.key.split(" ", 1)[0]

    @property
    def path(self) -> str:
        return self.key.split(" ", 1)[1]

    @property
    def parameters(self) -> list[str]:
        """The names of the path's parameters."""
        return re.findall(r"{(\w+)}", self.path)


@dataclass(frozen=True, slots=True)
class Call:
    """A validated request. `body` and `query` are the route's models; `raw` the bytes as they were sent."""

    key: str
    caller: Caller
    path: Mapping[str, str]
    query: Any
    body: Any
    headers: Mapping[str, str]
    raw: bytes

    @property
    def version(self) -> int | None:
        """The version in If-Match, such as `"3"`; None without the header. InvalidRequest for anything else.

        If-Match compares strongly (RFC 9110): a weak tag is no version. A list and `*` are refused, since a writer
        has read one version.
        """
        value = self.headers.get("if-match")
        if value is None:
            return None
        tag = _VERSION.fullmatch(value.strip(" \t"))
        if tag is None:
            raise InvalidRequest("If-Match", value, 'one ETag of the record, such as "3"')
        return int(tag[1])

    @property
    def idempotency_key(self) -> str | None:
        """The Idempotency-Key; None without the header. InvalidRequest unless it is 1 to 255 visible characters."""
        value = self.headers.get("idempotency-key")
        if value is not None and not _KEY.fullmatch(value):
            raise InvalidRequest("Idempotency-Key", value, "1 to 255 visible ASCII characters")
        return value

    @property
    def is_asynchronous(self) -> bool:
        """Whether the caller does not wait for the end of a workflow: `Prefer: respond-async` (RFC 7240)."""
        preferences = self.headers.get("prefer", "").split(",")
        return "respond-async" in [one.partition(";")[0].strip().lower() for one in preferences]

    @property
    def after(self) -> str:
        """The position of the query's cursor, "" for the beginning; InvalidRequest for a cursor of another list."""
        return decode_cursor(self.query.cursor, self._list)

    def cursor(self, position: str | None) -> str | None:
        """Return the cursor of a position in this list; None for the end."""
        return encode_cursor(position, self._list)

    def has(self, etag: str) -> bool:
        """Return whether the caller has what has this ETag: it is in If-None-Match."""
        sent = self.headers.get("if-none-match", "")
        tags = [text.strip().removeprefix("W/") for text in sent.split(",")]
        return tags == ["*"] or f'"{etag}"' in tags

    @property
    def _list(self) -> str:
        """What a cursor is bound to: the route, its path, and the query without limit and cursor."""
        filters = self.query.model_dump(mode="json", exclude={"limit", "cursor"})
        return json.dumps([self.key, dict(self.path), filters], sort_keys=True)


@dataclass(frozen=True, slots=True)
class Reply:
    """A response that is not a plain 200: another status, headers, or an entity's version as its ETag.

    etag: a text in place of a version. A body that is text is sent as it is, under the content-type of `headers`.
    """

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None
    etag: str | None = None


def accepted(body: Any, location: str, *, replayed: bool) -> Reply:
    """Return the response to a request that has started a workflow, or, replayed, to one that did so before."""
    headers = {"location": location} | ({"idempotent-replayed": "true"} if replayed else {})
    return Reply(body, 202, headers)


class Api:
    """The routes of a service. `handle` is the Lambda handler."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.routes: dict[str, Route] = {}
        self._logger = Logger(service=service)

    def route(
        self,
        key: str,
        scope: Scope,
        *,
        body: type[BaseModel] | None = None,
        query: type[BaseModel] = Empty,
        response: Any = dict,
        statuses: tuple[int, ...] = (200,),
        verify: Callable[[Call], None] | None = None,
        keyed: bool = False,
        versioned: bool = False,
    ) -> Callable[[Operation], Operation]:
        """Register an operation under a route key, e.g. `GET /orders/{order_id}`, or `GET ` for the API itself.

        The operation's docstring is the summary.
        """

        def register(operation: Operation) -> Operation:
            summary = (operation.__doc__ or "").strip().split("\n", 1)[0].rstrip(".")
            method, path = key.split(" ", 1)
            key_with_prefix = f"{method} {PREFIX}{path}"
            self.routes[key_with_prefix] = Route(
                key_with_prefix,
                scope,
                operation,
                summary,
                body,
                query,
                response,
                statuses,
                verify,
                keyed,
                versioned,
            )
            return operation

        return register

    def include(self, *parts: "Api") -> None:
        """Add the routes of the parts of a service."""
        for part in parts:
            self.routes |= part.routes

    def handle(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Handle a request of the gateway. Every failure is a problem document; a stack trace is only logged."""
        correlation_id = str(getattr(context, "aws_request_id", "") or uuid.uuid4())
        with self._logger.append_context_keys(request_id=correlation_id):
            try:
                return self._respond(event, correlation_id, str(getattr(context, "invoked_function_arn", "")))
            except Exception as error:
                domain_error = as_domain_error(error)
                if domain_error is not None:
                    problem = problem_of(domain_error)
                    self._logger.warning(problem.detail, extra={"error": problem.title})
                else:
                    problem = internal_problem(error)
                    self._logger.exception("request failed", extra={"error": problem.title})
                return _problem_response(problem, correlation_id)

    def _respond(self, event: dict[str, Any], correlation_id: str, invoked_arn: str) -> dict[str, Any]:
        key = event.get("routeKey") if isinstance(event, dict) else None
        route = self.routes.get(key) if isinstance(key, str) else None
        if route is None:
            return _problem_response(_NO_ROUTE, correlation_id)
        request = parse(Event, event)
        caller = caller_of(request, invoked_arn)
        if invoked_group(invoked_arn) and f"{SCOPE_PREFIX}{route.scope}" not in caller.scopes:
            raise ScopeMissing(route.key, route.scope)
        self._logger.info("request", extra={"route": route.key, **_source(caller, request)})
        call = _call(route, request, caller)
        reply = route.operation(call)
        if not isinstance(reply, Reply):
            reply = Reply(reply, route.statuses[0])
        headers = {"content-type": "application/json", "x-correlation-id": correlation_id, **reply.headers}
        etag = reply.etag if reply.version is None else str(reply.version)
        if etag is not None:
            headers["etag"] = f'"{etag}"'
            if route.method == "GET" and call.has(etag):
                return {"statusCode": 304, "headers": headers, "body": ""}
        if headers["content-type"].startswith("application/json") and not isinstance(reply.body, str):
            text = _serializer(route.response).dump_json(reply.body, warnings=False).decode()
        else:
            text = str(reply.body)
        return {"statusCode": reply.status, "headers": headers, "body": text}


@cache
def _serializer(response: Any) -> TypeAdapter[Any]:
    """Return the serializer of a type of responses: to build it takes longer than to write a page."""
    return TypeAdapter(response)


_NO_ROUTE = Problem(404, "NoSuchRoute", "there is no such route", "Not found.")


def _call(route: Route, event: Event, caller: Caller) -> Call:
    """Return the validated call of an event. InvalidRequest names every field that is not accepted."""
    raw = _raw_body(event)
    query = event.queryStringParameters or {}
    if sum(len(name) + len(value) for name, value in query.items()) > MAX_QUERY_LENGTH:
        raise InvalidRequest("query", "(long)", f"at most {MAX_QUERY_LENGTH} characters")
    path = event.pathParameters or {}
    for name in route.parameters:
        if name not in path:
            raise InvalidRequest(f"pathParameters.{name}", None, "a value")
    _check_lengths({name: path[name] for name in route.parameters})
    headers = {name.lower(): value for name, value in (event.headers or {}).items()}
    call = Call(key=route.key, caller=caller, path=path, query=None, body=None, headers=headers, raw=raw)
    if route.verify:
        route.verify(call)
    checks: dict[str, Callable[[], Any]] = {
        "query": lambda: parse(route.query, query, extra="forbid", texts=True),
        "body": lambda: _body(route.body, call),
    }
    if route.keyed:
        checks["key"] = lambda: call.idempotency_key
    if route.versioned:
        checks["version"] = lambda: call.version
    values = _all_of(checks)
    return replace(call, query=values["query"], body=values["body"])


def _check_lengths(path: Mapping[str, str]) -> None:
    """Raise InvalidRequest for parameters that are longer than any id: the data store has no such key."""
    problems = [
        FieldProblem(name, value, f"at most {MAX_PATH_BYTES} bytes")
        for name, value in path.items()
        if len(value.encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES
    ]
    if problems:
        raise InvalidRequest.of(problems)


def _all_of(checks: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Return the value of each check. InvalidRequest has the problems of all of them."""
    values: dict[str, Any] = {}
    problems: list[FieldProblem] = []
    for name, check in checks.items():
        try:
            values[name] = check()
        except InvalidRequest as error:
            problems += error.problems
    if problems:
        raise InvalidRequest.of(problems)
    return values


def _body(model: type[BaseModel] | None, call: Call) -> BaseModel | None:
    """Return the body as its model; None for a route without one. A compressed body is refused by name."""
    if model is None:
        return None
    encoding = call.headers.get("content-encoding", "identity")
    if encoding.strip().lower() != "identity":
        raise InvalidRequest("Content-Encoding", encoding, "a body that is not compressed")
    return parse(model, read_json(call.raw), extra="forbid")


def _raw_body(event: Event) -> bytes:
    body = event.body or ""
    try:
        raw = base64.b64decode(body, validate=True) if event.isBase64Encoded else body.encode()
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise InvalidRequest("body", "(not base64)", "a body") from None
    if len(raw) > MAX_BODY_BYTES:
        raise BodyTooLarge(len(raw))
    return raw


def _source(caller: Caller, event: Event) -> dict[str, Any]:
    """Return who sent a request, from where, and for what, for the log."""
    return {
        "caller": caller.username,
        "principal": caller.principal,
        "source_ip": event.http.sourceIp,
        "user_agent": event.http.userAgent[:MAX_LOGGED],
        "path": {name: value[:MAX_LOGGED] for name, value in (event.pathParameters or {}).items()},
    }


def _problem_response(problem: Problem, correlation_id: str) -> dict[str, Any]:
    headers = {"content-type": MEDIA_TYPE, "x-correlation-id": correlation_id}
    if problem.status in (429, 503):
        headers["retry-after"] = str(RETRY_AFTER_SECONDS)
    return {
        "statusCode": problem.status,
        "headers": headers,
        "body": json.dumps(problem.document(correlation_id)),
    }


class BodyTooLarge(DomainError):
    """A request whose body is over the limit; it is not parsed."""

    status = 413
    cashier_message = "The request is too large."

    def __init__(self, size: int) -> None:
        super().__init__(f"body has {size} bytes; expected at most {MAX_BODY_BYTES}")


class ScopeMissing(DomainError):
    """The group whose alias was invoked lacks the scope of the route. The gateway refuses a token without it itself."""

    status = 403
    cashier_message = "This needs another role."

    def __init__(self, route: str, scope: str) -> None:
        super().__init__(f"{route} requires the scope {scope}")
