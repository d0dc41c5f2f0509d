"""Connections of EventBridge keep their credentials in a secret, and DescribeConnection does not return them.

Source: the EventBridge User Guide, "Connections for API destination authorization" and "Storing connection secrets".
"""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from ministack.core.responses import json_response
from ministack.services import eventbridge, secretsmanager

type Response = tuple[int, dict[str, str], bytes]
type Record = dict[str, Any]

_PARAMETER_LISTS = {
    "HeaderParameters": "header_parameters",
    "QueryStringParameters": "query_string_parameters",
    "BodyParameters": "body_parameters",
}


def install_connections() -> None:
    """Store the credentials of a connection in Secrets Manager, where HTTP tasks of Step Functions read them."""
    create, update = eventbridge._create_connection, eventbridge._update_connection
    deauthorize, delete = eventbridge._deauthorize_connection, eventbridge._delete_connection
    describe = eventbridge._describe_connection
    eventbridge._create_connection = _then(create, _store_secret)
    eventbridge._update_connection = _then(update, _store_secret)
    eventbridge._deauthorize_connection = _then(deauthorize, _delete_secret)

    def delete_with_secret(data: Record) -> Response:
        connection = eventbridge._connections.get(data.get("Name"))
        response: Response = delete(data)
        if connection is not None:
            _delete_secret(connection)
        return response

    def describe_without_credentials(data: Record) -> Response:
        connection = eventbridge._connections.get(data.get("Name"))
        if connection is None:
            missing: Response = describe(data)
            return missing
        if connection["ConnectionState"] == "AUTHORIZED":
            # A kill after CreateConnection can lose the secret, which is a document of another service.
            _store_secret(connection)
        response: Response = json_response(without_credentials(connection))
        return response

    eventbridge._delete_connection = delete_with_secret
    eventbridge._describe_connection = describe_without_credentials


def _then(
    operation: Callable[[Record], Response], effect: Callable[[Record], None]
) -> Callable[[Record], Response]:
    def perform(data: Record) -> Response:
        response = operation(data)
        if response[0] == HTTPStatus.OK:
            effect(eventbridge._connections[data["Name"]])
        return response

    return perform


def _store_secret(connection: Record) -> None:
    value = json.dumps(secret_value(connection))
    arn = connection.get("SecretArn")
    if arn is not None and secretsmanager.resolve_secret_string(arn) == value:
        return
    if arn is None or not secretsmanager.put_secret_value_in_process(arn, value):
        name = f"events!connection/{connection['Name']}/{uuid.uuid4()}"
        connection["SecretArn"] = secretsmanager.create_secret_in_process(name, value)


def _delete_secret(connection: Record) -> None:
    arn = connection.pop("SecretArn", None)
    if arn is not None:
        secretsmanager.delete_secret_in_process(arn)


def secret_value(connection: Record) -> Record:
    """Return the content of a connection's secret."""
    parameters = connection.get("AuthParameters") or {}
    value: Record = {}
    if basic := parameters.get("BasicAuthParameters"):
        value |= {"username": basic.get("Username", ""), "password": basic.get("Password", "")}
    if key := parameters.get("ApiKeyAuthParameters"):
        value |= {"api_key_name": key.get("ApiKeyName", ""), "api_key_value": key.get("ApiKeyValue", "")}
    if oauth := parameters.get("OAuthParameters"):
        client = oauth.get("ClientParameters") or {}
        value |= {
            "client_id": client.get("ClientID", ""),
            "client_secret": client.get("ClientSecret", ""),
            "authorization_endpoint": oauth.get("AuthorizationEndpoint", ""),
            "http_method": oauth.get("HttpMethod", ""),
        }
        if http := oauth.get("OAuthHttpParameters"):
            value["oauth_http_parameters"] = _http_parameters(http)
    if http := parameters.get("InvocationHttpParameters"):
        value["invocation_http_parameters"] = _http_parameters(http)
    return value


def _http_parameters(parameters: Record) -> Record:
    return {
        stored: [
            {
                "key": parameter.get("Key"),
                "value": parameter.get("Value", ""),
                "is_value_secret": parameter.get("IsValueSecret", False),
            }
            for parameter in parameters[name]
        ]
        for name, stored in _PARAMETER_LISTS.items()
        if name in parameters
    }


def without_credentials(connection: Record) -> Record:
    """Return a connection as DescribeConnection does: without passwords, keys and secret values."""
    shown = copy.deepcopy(connection)
    parameters = shown.get("AuthParameters") or {}
    parameters.get("BasicAuthParameters", {}).pop("Password", None)
    parameters.get("ApiKeyAuthParameters", {}).pop("ApiKeyValue", None)
    oauth = parameters.get("OAuthParameters", {})
    oauth.get("ClientParameters", {}).pop("ClientSecret", None)
    for group in (parameters.get("InvocationHttpParameters", {}), oauth.get("OAuthHttpParameters", {})):
        for name in _PARAMETER_LISTS:
            for parameter in group.get(name, ()):
                if parameter.get("IsValueSecret"):
                    parameter.pop("Value", None)
    return shown
