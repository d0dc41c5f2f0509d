"""Checks of requests against the constraints of AWS's API models, which MiniStack does not make.

Source: the API reference of each service, which botocore's models repeat: lengths, ranges, patterns and enumerations.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any
from urllib.parse import unquote

import botocore.session
from botocore.model import OperationModel, ServiceModel, Shape
from ministack.core.responses import error_response_json
from stepfunctions_local.errors import ApiError
from stepfunctions_local.request_constraints import check_constraints, check_types

type Response = tuple[int, dict[str, str], bytes]
type Query = dict[str, Any]

# MiniStack's modules with the service's name in botocore and its code for a violated constraint.
_SERVICES = {
    "lambda_svc": ("lambda", "ValidationException"),
    "eventbridge": ("events", "ValidationException"),
    "secretsmanager": ("secretsmanager", "ValidationException"),
    "scheduler": ("scheduler", "ValidationException"),
    "ssm": ("ssm", "ValidationException"),
    "cloudwatch_logs": ("logs", "InvalidParameterException"),
    "cognito": ("cognito-idp", "InvalidParameterException"),
}
# Requests that are frequent, or large, and have checks of their own.
_CHECKED_ELSEWHERE = {"Invoke", "InvokeAsync", "InvokeWithResponseStream", "PutEvents", "PutLogEvents"}


def install_request_checks() -> None:
    """Check the requests of services before MiniStack handles them."""
    for module_name, (service, code) in _SERVICES.items():
        _install(importlib.import_module(f"ministack.services.{module_name}"), service, code)


def _install(module: Any, service: str, code: str) -> None:
    handle_request = module.handle_request

    async def checked_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: Query
    ) -> Response:
        problem = _problem(service, method, path, headers, body, query_params)
        if problem is not None:
            is_constraint = problem.code == "ValidationException"
            rejected: Response = error_response_json(
                code if is_constraint else problem.code, problem.message, 400
            )
            return rejected
        response: Response = await handle_request(method, path, headers, body, query_params)
        return response

    module.handle_request = checked_request


def _problem(
    service: str, method: str, path: str, headers: dict[str, str], body: bytes, query: Query
) -> ApiError | None:
    path = unquote(path)
    operation = _operation(service, method, path, headers)
    if operation is None or operation.name in _CHECKED_ELSEWHERE or operation.input_shape is None:
        return None
    try:
        params = json.loads(body or b"{}")
    except ValueError:
        return None
    if not isinstance(params, dict):
        return None
    if _is_rest(operation.service_model):
        params |= dict(_located(operation, path, headers, query))
    return request_problem(operation.input_shape, params)


def request_problem(shape: Shape, params: dict[str, Any], unchecked: Collection[str] = ()) -> ApiError | None:
    """Return the error of params that do not fit a shape of a model; None if they fit."""
    try:
        check_types(shape, params)
        check_constraints(shape, params, unchecked)
    except ApiError as error:
        return error
    return None


@cache
def _model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


def _is_rest(model: ServiceModel) -> bool:
    return bool(model.metadata["protocol"] == "rest-json")


def input_shape(service: str, operation: str) -> Shape:
    """Return the shape of an operation's request."""
    return _model(service).operation_model(operation).input_shape


def _operation(service: str, method: str, path: str, headers: dict[str, str]) -> OperationModel | None:
    model = _model(service)
    if _is_rest(model):
        names = (name for verb, uri, name in _routes(service) if verb == method and uri.fullmatch(path))
        name = next(names, None)
    else:
        name = headers.get("x-amz-target", "").rpartition(".")[2]
    return model.operation_model(name) if name in model.operation_names else None


@cache
def _routes(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    """Return method, pattern of the path and name of each operation: those with fewer parameters first."""
    model = _model(service)
    operations = [model.operation_model(name) for name in model.operation_names]
    operations.sort(key=lambda operation: str(operation.http["requestUri"]).count("{"))
    return [
        (operation.http["method"], _uri_pattern(operation.http["requestUri"]), operation.name)
        for operation in operations
    ]


def _uri_pattern(uri: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)(\+?)\}", uri.partition("?")[0].rstrip("/"))
    texts, names, greedy = parts[0::3], parts[1::3], parts[2::3]
    pattern = re.escape(texts[0])
    for name, is_greedy, text in zip(names, greedy, texts[1:], strict=True):
        pattern += f"(?P<{name}>{'.+' if is_greedy else '[^/]+'}){re.escape(text)}"
    return re.compile(f"{pattern}/?", re.DOTALL)


def _located(
    operation: OperationModel, path: str, headers: dict[str, str], query: Query
) -> Iterator[tuple[str, Any]]:
    """Yield the members of a request that are in its path, query or headers."""
    uri = _uri_pattern(operation.http["requestUri"]).fullmatch(path)
    in_path = uri.groupdict() if uri is not None else {}
    for name, member in operation.input_shape.members.items():
        key = member.serialization.get("name", name)
        match member.serialization.get("location"):
            case "uri":
                text = in_path.get(key)
            case "querystring":
                text = _first(query.get(key))
            case "header":
                text = headers.get(key.lower())
            case _:
                continue
        value = _typed(member, text)
        if value is not None:
            yield name, value


def _first(values: list[str] | str | None) -> str | None:
    if isinstance(values, list):
        return values[0] if values else None
    return values


def _typed(member: Shape, text: str | None) -> Any:
    """Convert a text to the type of its member; None for types that only bodies have."""
    if text is None or member.type_name == "string":
        return text
    if member.type_name in ("integer", "long") and text.lstrip("-").isdigit():
        return int(text)
    return None
