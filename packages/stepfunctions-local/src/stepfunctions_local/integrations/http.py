"""`apigateway:invoke` and `http:invoke`: call an HTTP endpoint and return its response in parts.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/connect-api-gateway.html, call-https-apis.html
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from ..errors import StateError
from ..expressions.json_values import loads
from ..services import CallFailed, HttpRequest, HttpResponse, RoleNotAssumable, ServiceError, TaskServices
from .base import Integration, TaskRequest
from .formatting import json_text
from .sdk import cannot_start

_API_GATEWAY = frozenset(
    {"ApiEndpoint", "Method", "Headers", "Stage", "Path", "QueryParameters", "RequestBody", "AuthType"}
    | {"AllowNullValues"}
)
_HTTP = frozenset(
    {
        "ApiEndpoint",
        "Method",
        "Authentication",
        "InvocationConfig",
        "Headers",
        "QueryParameters",
        "RequestBody",
    }
    | {"Transform"}
)

_FORMATS: dict[str, type] = {
    "ApiEndpoint": str,
    "Method": str,
    "Stage": str,
    "Path": str,
    "Headers": dict,
    "QueryParameters": dict,
    "Authentication": dict,
    "InvocationConfig": dict,
    "Transform": dict,
}


@dataclass(frozen=True, slots=True)
class InvokeApi(Integration):
    """`apigateway:invoke`: an API Gateway REST or HTTP API."""

    def argument_errors(self, names: set[str]) -> list[str]:
        return _argument_errors(names, _API_GATEWAY, self.required)

    def check_arguments(self, arguments: Any) -> None:
        _check(self, arguments)

    async def invoke(self, request: TaskRequest, services: TaskServices) -> dict[str, Any]:
        self.check_arguments(request.arguments)
        arguments = request.arguments
        host = arguments["ApiEndpoint"].removeprefix("https://").rstrip("/")
        path = "/".join(
            part.strip("/") for part in (arguments.get("Stage") or "", arguments.get("Path") or "") if part
        )
        headers = _join_headers(arguments.get("Headers"))
        if request.task_token is not None and self.pattern == "task_token":
            headers.setdefault("TaskToken", request.task_token)
        body = _body(arguments, headers)
        sent = HttpRequest(
            arguments["Method"],
            f"https://{host}/{quote(path)}{_query(arguments.get('QueryParameters'))}",
            headers,
            body,
            "execute-api" if arguments.get("AuthType") in ("IAM_ROLE", "RESOURCE_POLICY") else None,
        )
        try:
            response = await services.http(sent, **request.authority)
        except (CallFailed, RoleNotAssumable) as failure:
            raise StateError("ApiGateway.SdkClientException", str(failure)) from None
        if response.status >= 400:
            raise StateError(f"ApiGateway.{response.status}", response.body.decode("utf-8", "replace"))
        return _response_parts(response)


@dataclass(frozen=True, slots=True)
class InvokeHttp(Integration):
    """`http:invoke`: any HTTPS endpoint, with the authorization of an EventBridge connection."""

    def argument_errors(self, names: set[str]) -> list[str]:
        return _argument_errors(names, _HTTP, self.required)

    def check_arguments(self, arguments: Any) -> None:
        _check(self, arguments)

    async def invoke(self, request: TaskRequest, services: TaskServices) -> dict[str, Any]:
        self.check_arguments(request.arguments)
        arguments = request.arguments
        headers = {name: str(value) for name, value in (arguments.get("Headers") or {}).items()}
        query = dict(arguments.get("QueryParameters") or {})
        connection = (arguments.get("InvocationConfig") or arguments.get("Authentication") or {}).get(
            "ConnectionArn"
        )
        if connection:
            headers |= await _authorization(connection, query, request, services)
        body = _encode_body(arguments, headers)
        sent = HttpRequest(arguments["Method"], arguments["ApiEndpoint"] + _query(query), headers, body)
        try:
            response = await services.http(sent)
        except CallFailed as failure:
            raise StateError("States.Http.Socket", str(failure)) from None
        if response.status >= 300:
            raise StateError(
                f"States.Http.StatusCode.{response.status}", response.body.decode("utf-8", "replace")
            )
        return _response_parts(response)


def _check(integration: Integration, arguments: Any) -> None:
    """Raise RuntimeFailure for arguments with which a request cannot be made."""
    given = arguments if isinstance(arguments, dict) else {}
    faults = integration.argument_errors({name for name, value in given.items() if value is not None})
    faults += [
        f"The value of the field '{name}' has an invalid format"
        for name, kind in _FORMATS.items()
        if not isinstance(given.get(name), kind | None)
    ]
    if faults:
        raise cannot_start(arguments, faults)


def _argument_errors(names: set[str], known: frozenset[str], required: tuple[str, ...]) -> list[str]:
    errors = [f"The field '{name}' is not supported by Step Functions" for name in sorted(names - known)]
    return errors + [
        f"The field '{name}' is required but was missing" for name in required if name not in names
    ]


def _join_headers(headers: Mapping[str, Any] | None) -> dict[str, str]:
    """Join header values that are lists, as HTTP does."""
    joined = {}
    for name, value in (headers or {}).items():
        joined[name] = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return joined


def _query(parameters: Mapping[str, Any] | None) -> str:
    return f"?{urlencode(parameters, doseq=True)}" if parameters else ""


def _body(arguments: Mapping[str, Any], headers: dict[str, str]) -> bytes:
    body = arguments.get("RequestBody")
    if body is None:
        return b""
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    return json_text(body).encode()


def _encode_body(arguments: Mapping[str, Any], headers: dict[str, str]) -> bytes:
    """Encode the body as JSON, or as a form if Transform says so."""
    body = arguments.get("RequestBody")
    transform = arguments.get("Transform") or {}
    if transform.get("RequestBodyEncoding") == "URL_ENCODED" and isinstance(body, dict):
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        style = (transform.get("RequestEncodingOptions") or {}).get("ArrayFormat", "INDICES")
        return urlencode(_form(body, style)).encode()
    return _body(arguments, headers)


def _form(body: Mapping[str, Any], style: str) -> list[tuple[str, str]]:
    fields: list[tuple[str, str]] = []
    for name, value in body.items():
        if not isinstance(value, list):
            fields.append((name, value if isinstance(value, str) else json_text(value)))
        elif style == "COMMAS":
            fields.append((name, ",".join(map(str, value))))
        else:
            marks = {"BRACKETS": "[]", "NONE": "", "REPEAT": ""}
            fields += [(f"{name}{marks.get(style, f'[{at}]')}", str(item)) for at, item in enumerate(value)]
    return fields


async def _authorization(
    connection_arn: str, query: dict[str, Any], request: TaskRequest, services: TaskServices
) -> dict[str, str]:
    """Return the headers a connection adds, and add its query parameters to `query`."""
    name = connection_arn.split(":connection/", 1)[-1].split("/", 1)[0]
    try:
        connection = await services.call("events", "DescribeConnection", {"Name": name}, **request.authority)
        secret = await services.call(
            "secretsmanager",
            "GetSecretValue",
            {"SecretId": connection["SecretArn"]},
            **request.authority,
        )
    except (ServiceError, CallFailed, RoleNotAssumable) as failure:
        raise StateError("Events.ConnectionResource.ConnectionNotAvailable", str(failure)) from None
    credentials = json.loads(secret["SecretString"])
    extra = connection.get("AuthParameters", {}).get("InvocationHttpParameters", {})
    for parameter in extra.get("QueryStringParameters", []):
        query[parameter["Key"]] = parameter.get("Value", "")
    headers = {
        parameter["Key"]: parameter.get("Value", "") for parameter in extra.get("HeaderParameters", [])
    }
    if connection["AuthorizationType"] == "API_KEY":
        headers[credentials["api_key_name"]] = credentials["api_key_value"]
    elif connection["AuthorizationType"] == "BASIC":
        pair = f"{credentials['username']}:{credentials['password']}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return headers


def _response_parts(response: HttpResponse) -> dict[str, Any]:
    text = response.body.decode("utf-8", "replace")
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
