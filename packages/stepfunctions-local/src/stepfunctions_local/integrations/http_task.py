"""`http:invoke`: call an HTTPS endpoint with the data of an EventBridge connection.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import StateError
from ..expressions.json_values import loads
from ..services import CallFailed, HttpRequest, HttpResponse, TaskServices
from .base import Integration, TaskRequest
from .connections import ConnectionData, read_connection
from .form_encoding import encode_form
from .formatting import json_text
from .http_arguments import Rules, check, has_header, join_headers, with_query

_CONNECTION_FIELDS = ("InvocationConfig", "Authentication")
_RULES = Rules(
    frozenset({"ApiEndpoint", "Method", "Headers", "QueryParameters", "RequestBody", "Transform"})
    | frozenset(_CONNECTION_FIELDS),
    frozenset({"a-im", "accept-charset", "accept-datetime", "accept-encoding", "authorization"})
    | frozenset({"cache-control", "connection", "content-encoding", "content-md5", "date", "expect"})
    | frozenset({"forwarded", "from", "host", "http2-settings", "if-match", "if-modified-since"})
    | frozenset({"if-none-match", "if-range", "if-unmodified-since", "max-forwards", "origin", "pragma"})
    | frozenset({"proxy-authorization", "referer", "server", "te", "trailer", "transfer-encoding"})
    | frozenset({"upgrade", "via", "warning"}),
    ("x-forwarded-", "x-amz-", "x-amzn-"),
)
_UNSUPPORTED_CONTENT = ("application/octet-stream", "image/", "video/", "audio/")


@dataclass(frozen=True, slots=True)
class InvokeHttp(Integration):
    """`http:invoke`: any HTTPS endpoint, with the authorization of an EventBridge connection."""

    def argument_errors(self, names: set[str]) -> list[str]:
        errors = _RULES.name_errors(names, self.required)
        connections = [name for name in _CONNECTION_FIELDS if name in names]
        if len(connections) != 1:
            only = "only " if connections else ""
            errors.append(f"There should {only}be one of the following fields: {_list(_CONNECTION_FIELDS)}")
        return errors

    def value_errors(self, arguments: Mapping[str, Any]) -> list[str]:
        errors = _RULES.value_errors(arguments)
        for name in _CONNECTION_FIELDS:
            connection = arguments.get(name)
            if isinstance(connection, dict) and not {"ConnectionArn", "ConnectionArn.$"} & connection.keys():
                errors.append("The field 'ConnectionArn' is required but was missing")
        return errors

    def check_arguments(self, arguments: Any) -> None:
        check(self, arguments)

    async def invoke(self, request: TaskRequest, services: TaskServices) -> dict[str, Any]:
        self.check_arguments(request.arguments)
        arguments = request.arguments
        arn = (arguments.get("InvocationConfig") or arguments["Authentication"])["ConnectionArn"]
        connection = await read_connection(arn, request, services)
        sent = _request(arguments, connection, request.region)
        try:
            response = await services.http(sent)
        except CallFailed as failure:
            raise StateError("States.Http.Socket", str(failure)) from None
        if response.status >= 300:
            raise StateError(
                f"States.Http.StatusCode.{response.status}", response.body.decode("utf-8", "replace")
            )
        return response_parts(response, _body_text(response))


def _list(names: tuple[str, ...]) -> str:
    return f"[{', '.join(names)}]"


def _request(arguments: Mapping[str, Any], connection: ConnectionData, region: str) -> HttpRequest:
    """Return the request, and in `without_secrets` the same without the data of the connection."""
    replaced = {name.lower() for name in connection.headers}
    own_headers = {
        name: value
        for name, value in join_headers(arguments.get("Headers")).items()
        if name.lower() not in replaced
    }
    fixed = {"User-Agent": f"Amazon|StepFunctions|HttpInvoke|{region}", "Range": "bytes=0-262144"}
    query = dict(arguments.get("QueryParameters") or {})
    own_query = {name: value for name, value in query.items() if name not in connection.query}
    body = _merge_body(arguments.get("RequestBody"), connection.body)
    own_body = body
    if connection.body:
        own_body = {name: value for name, value in body.items() if name not in connection.body} or None

    def build(headers: dict[str, str], query: Mapping[str, Any], body: Any) -> HttpRequest:
        data, content_type = _encode_body(body, arguments.get("Transform") or {})
        return HttpRequest(
            arguments["Method"],
            with_query(arguments["ApiEndpoint"], query),
            headers | fixed,
            data,
            content_type=None if has_header(headers, "content-type") else content_type,
        )

    sent = build(own_headers | connection.headers, query | connection.query, body)
    return replace(sent, without_secrets=build(own_headers, own_query, own_body))


def _merge_body(body: Any, added: Mapping[str, str]) -> Any:
    if not added:
        return body
    if body is not None and not isinstance(body, dict):
        raise StateError(
            "States.Runtime",
            "The RequestBody of the HTTP Task is not a JSON object and cannot be merged with the body parameters "
            "of the connection",
        )
    return {**(body or {}), **added}


def _encode_body(body: Any, transform: Mapping[str, Any]) -> tuple[bytes, str | None]:
    """Return the body as JSON, or as a form if Transform says so, and its content type."""
    if body is None:
        return b"", None
    if transform.get("RequestBodyEncoding") == "URL_ENCODED" and isinstance(body, dict):
        array_format = (transform.get("RequestEncodingOptions") or {}).get("ArrayFormat", "INDICES")
        return encode_form(body, array_format), "application/x-www-form-urlencoded"
    return json_text(body).encode(), "application/json; charset=UTF-8"


def _body_text(response: HttpResponse) -> str:
    """Return the body as text. Raises StateError States.Runtime for content that Step Functions does not read."""
    types = [value for name, value in response.headers.items() if name.lower() == "content-type"]
    content_type = types[0].strip().lower() if types else ""
    try:
        if not content_type.startswith(_UNSUPPORTED_CONTENT):
            return response.body.decode()
    except UnicodeDecodeError:
        pass
    shown = f"content type '{types[0]}'" if types else "body"
    raise StateError("States.Runtime", f"The {shown} of the HTTP response is not supported")


def response_parts(response: HttpResponse, text: str) -> dict[str, Any]:
    """Return the task's output: the response, with the value of a body that is JSON."""
    try:
        body: Any = loads(text)
    except ValueError:
        body = text
    return {
        "Headers": {name: [value] for name, value in response.headers.items()},
        "ResponseBody": body,
        "StatusCode": response.status,
        "StatusText": response.reason,
    }
