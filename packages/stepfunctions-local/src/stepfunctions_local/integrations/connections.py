"""EventBridge connections: what a connection adds to the request of an HTTP task.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html (merging data, connection errors)
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import StateError
from ..services import CallFailed, RoleNotAssumable, ServiceError, TaskServices
from .base import TaskRequest
from .oauth import TokenExchange, authorization_header

_USABLE_STATES = frozenset({"AUTHORIZED", "ACTIVE"})


@dataclass(frozen=True, slots=True)
class ConnectionData:
    """Headers, query parameters and body members of a connection; they replace those of the task."""

    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, str] = field(default_factory=dict)


async def read_connection(arn: str, request: TaskRequest, services: TaskServices) -> ConnectionData:
    """Return what a connection adds. Raises StateError Events.ConnectionResource.…"""
    name = arn.split(":connection/", 1)[-1].split("/", 1)[0]
    try:
        connection = await services.call("events", "DescribeConnection", {"Name": name}, **request.authority)
        _check_state(connection.get("ConnectionState", "AUTHORIZED"), arn)
        secret = await services.call(
            "secretsmanager", "GetSecretValue", {"SecretId": connection["SecretArn"]}, **request.authority
        )
    except ServiceError as error:
        raise _failure(_error_name(error.code), error.message) from None
    except RoleNotAssumable as refusal:
        raise _failure("AccessDenied", str(refusal)) from None
    except CallFailed as failure:
        raise _failure("InternalError", str(failure)) from None
    shown = connection.get("AuthParameters", {})
    extra = shown.get("InvocationHttpParameters", {})
    stored = json.loads(secret["SecretString"])
    if connection["AuthorizationType"] == "OAUTH_CLIENT_CREDENTIALS":
        authorization = await _oauth(shown.get("OAuthParameters", {}), stored, arn, services)
    else:
        authorization = _authorization(connection["AuthorizationType"], stored)
    secrets = stored.get("invocation_http_parameters") or {}
    return ConnectionData(
        authorization | _parameters(extra, "HeaderParameters", secrets, "header_parameters"),
        _parameters(extra, "QueryStringParameters", secrets, "query_string_parameters"),
        _parameters(extra, "BodyParameters", secrets, "body_parameters"),
    )


def _check_state(state: str, arn: str) -> None:
    if state not in _USABLE_STATES:
        name = "AuthInProgress" if state == "AUTHORIZING" else "InvalidConnectionState"
        raise _failure(name, f"The connection {arn} is in the state {state}.")


def _error_name(code: str) -> str:
    if code.startswith("ResourceNotFound"):
        return "ResourceNotFound"
    return "AccessDenied" if code.startswith("AccessDenied") else "InternalError"


def _failure(name: str, cause: str) -> StateError:
    return StateError(f"Events.ConnectionResource.{name}", cause)


def _authorization(kind: str, credentials: Mapping[str, str]) -> dict[str, str]:
    if kind == "API_KEY":
        return {credentials["api_key_name"]: credentials["api_key_value"]}
    if kind == "BASIC":
        pair = f"{credentials['username']}:{credentials['password']}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return {}


async def _oauth(
    shown: Mapping[str, Any], stored: Mapping[str, Any], arn: str, services: TaskServices
) -> dict[str, str]:
    """Return the header with a new access token."""
    extra, secrets = shown.get("OAuthHttpParameters", {}), stored.get("oauth_http_parameters") or {}
    exchange = TokenExchange(
        shown["AuthorizationEndpoint"],
        shown["HttpMethod"],
        stored["client_id"],
        stored["client_secret"],
        _parameters(extra, "HeaderParameters", secrets, "header_parameters"),
        _parameters(extra, "QueryStringParameters", secrets, "query_string_parameters"),
        _parameters(extra, "BodyParameters", secrets, "body_parameters"),
    )
    try:
        response = await services.http(exchange.request())
    except CallFailed as failure:
        raise _failure("InvalidConnectionState", f"The connection {arn} has no token: {failure}") from None
    header = authorization_header(response)
    if header is None:
        reason = f"the authorization endpoint responded with the status {response.status} and no access token"
        raise _failure("InvalidConnectionState", f"The connection {arn} has no token: {reason}")
    return {"Authorization": header}


def _parameters(
    extra: Mapping[str, Any], name: str, secrets: Mapping[str, Any], stored_name: str
) -> dict[str, str]:
    """Return parameters by key; the values that DescribeConnection hides are in the connection's secret."""
    stored = {parameter["key"]: parameter["value"] for parameter in secrets.get(stored_name, [])}
    return {
        parameter["Key"]: parameter.get("Value", stored.get(parameter["Key"], ""))
        for parameter in extra.get(name, [])
    }
