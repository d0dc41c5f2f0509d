"""`apigateway:invoke` and `http:invoke`: a REST endpoint called, its answer taken apart.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/connect-api-gateway.html, call-https-apis.html
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from ..errors import StateError
from ..services import CallFailed, HttpRequest, HttpResponse, RoleNotAssumable, ServiceError, TaskServices
from .base import Integration, TaskRequest
from .formatting import json_text

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


@dataclass(frozen=True, slots=True)
class InvokeApi(Integration):
    """`apigateway:invoke`: an API Gateway REST or HTTP API."""

    def argument_faults(self, names: set[str]) -> list[str]:
        return _faults(names, _API_GATEWAY, self.required)

    async def invoke(self, request: TaskRequest, services: TaskServices) -> dict[str, Any]:
        given = request.arguments
        host = given["ApiEndpoint"].removeprefix("https://").rstrip("/")
        path = "/".join(
            part.strip("/") for part in (given.get("Stage") or "", given.get("Path") or "") if part
        )
        headers = _flat(given.get("Headers"))
        if request.task_token is not None and self.pattern == "task_token":
            headers.setdefault("TaskToken", request.task_token)
        body = _body(given, headers)
        sent = HttpRequest(
            given["Method"],
            f"https://{host}/{quote(path)}{_query(given.get('QueryParameters'))}",
            headers,
            body,
            "execute-api" if given.get("AuthType") in ("IAM_ROLE", "RESOURCE_POLICY") else None,
        )
        try:
            answer = await services.http(sent, **request.authority)
        except (CallFailed, RoleNotAssumable) as failure:
            raise StateError("ApiGateway.SdkClientException", str(failure)) from None
        if answer.status >= 400:
            raise StateError(f"ApiGateway.{answer.status}", answer.body.decode("utf-8", "replace"))
        return _taken_apart(answer)


@dataclass(frozen=True, slots=True)
class InvokeHttp(Integration):
    """`http:invoke`: any HTTPS endpoint, with what an EventBridge connection says of authorization."""

    def argument_faults(self, names: set[str]) -> list[str]:
        return _faults(names, _HTTP, self.required)

    async def invoke(self, request: TaskRequest, services: TaskServices) -> dict[str, Any]:
        given = request.arguments
        headers = {name: str(value) for name, value in (given.get("Headers") or {}).items()}
        query = dict(given.get("QueryParameters") or {})
        connection = (given.get("InvocationConfig") or given.get("Authentication") or {}).get("ConnectionArn")
        if connection:
            headers |= await _authorization(connection, query, request, services)
        body = _encoded(given, headers)
        sent = HttpRequest(given["Method"], given["ApiEndpoint"] + _query(query), headers, body)
        try:
            answer = await services.http(sent)
        except CallFailed as failure:
            raise StateError("States.Http.Socket", str(failure)) from None
        if answer.status >= 300:
            raise StateError(
                f"States.Http.StatusCode.{answer.status}", answer.body.decode("utf-8", "replace")
            )
        return _taken_apart(answer)


def _faults(names: set[str], known: frozenset[str], required: tuple[str, ...]) -> list[str]:
    faults = [f"The field '{name}' is not supported by Step Functions" for name in sorted(names - known)]
    return faults + [
        f"The field '{name}' is required but was missing" for name in required if name not in names
    ]


def _flat(headers: Mapping[str, Any] | None) -> dict[str, str]:
    """Headers given as lists of values, as HTTP sends several."""
    joined = {}
    for name, value in (headers or {}).items():
        joined[name] = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return joined


def _query(parameters: Mapping[str, Any] | None) -> str:
    return f"?{urlencode(parameters, doseq=True)}" if parameters else ""


def _body(given: Mapping[str, Any], headers: dict[str, str]) -> bytes:
    body = given.get("RequestBody")
    if body is None:
        return b""
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    return json_text(body).encode()


def _encoded(given: Mapping[str, Any], headers: dict[str, str]) -> bytes:
    """The body as JSON, or by the Transform as a form."""
    body = given.get("RequestBody")
    transform = given.get("Transform") or {}
    if transform.get("RequestBodyEncoding") == "URL_ENCODED" and isinstance(body, dict):
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        style = (transform.get("RequestEncodingOptions") or {}).get("ArrayFormat", "INDICES")
        return urlencode(_form(body, style)).encode()
    return _body(given, headers)


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
    """The headers a connection adds; its query parameters go into `query`."""
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
    known = json.loads(secret["SecretString"])
    extra = connection.get("AuthParameters", {}).get("InvocationHttpParameters", {})
    for parameter in extra.get("QueryStringParameters", []):
        query[parameter["Key"]] = parameter.get("Value", "")
    headers = {
        parameter["Key"]: parameter.get("Value", "") for parameter in extra.get("HeaderParameters", [])
    }
    if connection["AuthorizationType"] == "API_KEY":
        headers[known["api_key_name"]] = known["api_key_value"]
    elif connection["AuthorizationType"] == "BASIC":
        pair = f"{known['username']}:{known['password']}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return headers


def _taken_apart(answer: HttpResponse) -> dict[str, Any]:
    text = answer.body.decode("utf-8", "replace")
    try:
        body: Any = json.loads(text)
    except ValueError:
        body = text
    return {
        "Headers": {name: [value] for name, value in answer.headers.items()},
        "ResponseBody": body,
        "StatusCode": answer.status,
        "StatusText": answer.reason,
    }
