"""Checks of requests that change functions, in the Lambda API and in CloudFormation."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from ministack.services import lambda_svc

from ..identity.role_permissions import may_assume, missing_permission
from .lambda_checks import (
    check_configuration,
    check_dead_letter_target,
    check_event_invoke_config,
    check_new_function,
    check_reserved_concurrency,
    check_role,
)

type Document = dict[str, Any]
type Response = tuple[int, dict[str, str], bytes]

_ACCOUNT_CONCURRENCY = 1_000
_SEND = {"sqs": "sqs:SendMessage", "sns": "sns:Publish"}


def install_function_checks() -> None:
    """Check functions, reservations and the configuration of asynchronous invocations as AWS does."""
    from ministack.services.cloudformation import provisioners

    _install_api_checks()
    _install_aliases()
    _install_event_invoke_config()
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    create, update = handlers["create"], handlers["update"]

    def checked_create(logical_id: str, properties: Document, stack: str) -> Any:
        _require(check_new_function(properties) or _check_access(properties))
        return create(logical_id, properties, stack)

    def checked_update(physical_id: str, old: Document, new: Document, *rest: Any) -> Any:
        _require(check_configuration(new) or _check_access(new))
        return update(physical_id, old, new, *rest)

    handlers |= {"create": checked_create, "update": checked_update}


def _install_api_checks() -> None:
    create, update = lambda_svc._create_function, lambda_svc._update_config
    reserve = lambda_svc._put_function_concurrency

    def checked_update(name: str, data: Document) -> Any:
        function = lambda_svc._functions.get(name) or {}
        return (
            check_configuration(data)
            or _check_access((function.get("config") or {}) | data, data.keys())
            or update(name, data)
        )

    def checked_reserve(name: str, data: Document) -> Any:
        others = sum(
            int(function.get("concurrency") or 0)
            for other, function in lambda_svc._functions.items()
            if other != name
        )
        value = int(data.get("ReservedConcurrentExecutions") or 0)
        return check_reserved_concurrency(value, _ACCOUNT_CONCURRENCY, others) or reserve(name, data)

    lambda_svc._create_function = lambda data: check_new_function(data) or _check_access(data) or create(data)
    lambda_svc._update_config = checked_update
    lambda_svc._put_function_concurrency = checked_reserve


def _install_aliases() -> None:
    """Reject aliases of versions that do not exist."""
    create, update = lambda_svc._create_alias, lambda_svc._update_alias

    def problem(name: str, data: Document) -> Response | None:
        versions = {
            data.get("FunctionVersion"),
            *((data.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}),
        }
        function = lambda_svc._functions.get(name)
        for version in versions - {None}:
            if function is not None and not lambda_svc._function_qualifier_exists(function, version):
                missing: Response = lambda_svc._function_qualifier_not_found(name, version)
                return missing
        return None

    lambda_svc._create_alias = lambda name, data: problem(name, data) or create(name, data)
    lambda_svc._update_alias = lambda name, alias, data: problem(name, data) or update(name, alias, data)


def _check_access(data: Document, changed: Any = ("Role", "DeadLetterConfig")) -> Response | None:
    """Check that Lambda can assume the role, and that the role may send to the dead-letter target."""
    role, target = data.get("Role"), (data.get("DeadLetterConfig") or {}).get("TargetArn")
    if role and "Role" in changed and (problem := check_role(may_assume(role, "lambda.amazonaws.com"))):
        return problem
    action = _SEND.get(target.split(":")[2]) if target else None
    if target is None or role is None or action is None or not {"Role", "DeadLetterConfig"} & set(changed):
        return None
    return check_dead_letter_target(missing_permission(role, (action,), target))


def _require(problem: Response | None) -> None:
    """Raise ValueError with the text that CloudFormation shows for an error."""
    if problem is not None:
        status, message = problem[0], json.loads(problem[2])["message"]
        raise ValueError(
            f'Resource handler returned message: "{message} (Service: Lambda, Status Code: {status})"'
            " (HandlerErrorCode: InvalidRequest)"
        )


def _install_event_invoke_config() -> None:
    """Check the configuration, name the function with its qualifier, and serve UpdateFunctionEventInvokeConfig."""
    put, get = lambda_svc._put_event_invoke_config, lambda_svc._get_event_invoke_config

    def qualified(name: str, qualifier: str | None, response: Response) -> Response:
        status, headers, body = response
        document = json.loads(body)
        arn = f"{lambda_svc._func_arn(name)}:{qualifier or '$LATEST'}"
        if "FunctionArn" in document:
            document["FunctionArn"] = arn
        elif "EventInvokeConfig" in document.get("message", ""):
            document["message"] = f"The function {arn} doesn't have an EventInvokeConfig"
        return status, headers, json.dumps(document).encode()

    def checked_put(name: str, qualifier: str | None, data: Document) -> Any:
        qualifier = _named(qualifier)
        if name in lambda_svc._functions:
            names = set(lambda_svc._functions.keys())
            if (problem := check_event_invoke_config(data, name, names)) is not None:
                return problem
        return qualified(name, qualifier, put(name, qualifier, data))

    def read(name: str, qualifier: str | None = None) -> Any:
        return qualified(name, qualifier, get(name, _named(qualifier)))

    lambda_svc._put_event_invoke_config, lambda_svc._get_event_invoke_config = checked_put, read


def update_event_invoke_config(reference: str, query: Document, data: Document) -> Response:
    """Serve UpdateFunctionEventInvokeConfig: change the given settings and keep the others."""
    name, in_path = lambda_svc._resolve_request_scoped_name_and_qualifier(unquote(reference))
    qualifier = lambda_svc._qualifier_from_path_or_query(in_path, query)
    current: Response = lambda_svc._get_event_invoke_config(name, qualifier)
    if current[0] != HTTPStatus.OK:
        return current
    stored = json.loads(current[2])
    settings = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
    updated: Response = lambda_svc._put_event_invoke_config(
        name, qualifier, {setting: stored[setting] for setting in settings} | data
    )
    return updated


def _named(qualifier: str | None) -> str | None:
    """Return the qualifier under which MiniStack stores a configuration."""
    return None if qualifier == "$LATEST" else qualifier
