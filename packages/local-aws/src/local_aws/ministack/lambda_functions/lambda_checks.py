"""Checks of Lambda requests that MiniStack does not make, with AWS's errors.

Sources: the Lambda API reference (Invoke, CreateFunction, PutFunctionConcurrency, PutFunctionEventInvokeConfig), and
the Lambda Developer Guide, "Lambda quotas" and "Defined runtime environment variables". Constraints of the API model
are checked by `request_checks`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from stepfunctions_local.json_errors import json_error

from ..request_checks import input_shape, request_problem

type Response = tuple[int, dict[str, str], bytes]
type Document = dict[str, Any]

_MAX_SYNCHRONOUS_BYTES = 6_291_456
_MAX_ASYNCHRONOUS_BYTES = 1_048_576
_MAX_ENVIRONMENT_BYTES = 4_096
_MAX_LAYERS = 5
_MAX_NAME = 64
_MAX_TIMEOUT = 900
_MAX_MEMORY = 10_240
_MIN_UNRESERVED_CONCURRENCY = 100
_VARIABLES_PROBLEM = (
    "Lambda was unable to configure your environment variables because the environment variables you have"
)
_RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    }
)  # fmt: skip


def check_invocation(headers: dict[str, str], body: bytes) -> Response | None:
    """Return the error of an Invoke request; None if it is valid."""
    options = {
        "InvocationType": headers.get("x-amz-invocation-type"),
        "LogType": headers.get("x-amz-log-type"),
    }
    if any(options.values()):
        problem = request_problem(input_shape("lambda", "Invoke"), {"FunctionName": "f"} | options)
        if problem is not None:
            return _error(400, problem.code, problem.message)
    is_event = options["InvocationType"] == "Event"
    limit = _MAX_ASYNCHRONOUS_BYTES if is_event else _MAX_SYNCHRONOUS_BYTES
    if len(body) > limit:
        operation = "InvokeAsync" if is_event else "Invoke"
        message = f"Request must be smaller than {limit} bytes for the {operation}Function operation"
        return _error(413, "RequestEntityTooLargeException", message)
    if not body:
        return None
    try:
        invalid = json_error(body.decode())
    except UnicodeDecodeError:
        invalid = "Invalid UTF-8"
    if invalid is None:
        return None
    message = f"Could not parse request body into json: Could not parse payload into json: {invalid}"
    return _error(400, "InvalidRequestContentException", message)


def check_new_function(data: Document) -> Response | None:
    """Return the error of a request to create a function; None if its name, package and configuration are valid."""
    name = str(data.get("FunctionName") or "")
    if len(name) > _MAX_NAME and ":" not in name:
        return _too_large(name, "functionName", f"length less than or equal to {_MAX_NAME}")
    is_image = data.get("PackageType") == "Image" or "ImageUri" in (data.get("Code") or {})
    if not is_image and not (data.get("Runtime") and data.get("Handler")):
        return _invalid(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        )
    return check_configuration(data)


def check_configuration(data: Document) -> Response | None:
    """Return the error of a function's configuration; None if it is valid."""
    return check_names(data) or next(_configuration_errors(data), None) or _environment_error(data)


def _configuration_errors(data: Document) -> Iterator[Response]:
    limits = {
        "timeout": (data.get("Timeout"), _MAX_TIMEOUT),
        "memorySize": (data.get("MemorySize"), _MAX_MEMORY),
        "ephemeralStorage.size": ((data.get("EphemeralStorage") or {}).get("Size"), _MAX_MEMORY),
    }
    for path, (value, limit) in limits.items():
        if value is not None and int(value) > limit:
            yield _too_large(value, path, f"value less than or equal to {limit}")
    if len(data.get("Layers") or ()) > _MAX_LAYERS:
        yield _invalid(f"Cannot reference more than {_MAX_LAYERS} layers.")


def check_names(data: Document) -> Response | None:
    """Return the error of a runtime or a variable that Lambda rejects before the constraints of the API model."""
    reserved = sorted(_RESERVED_VARIABLES & _variables(data).keys())
    if reserved:
        return _invalid(
            f"{_VARIABLES_PROBLEM} provided contains reserved keys that are currently not supported for modification."
            f" Reserved keys used in this request: {', '.join(reserved)}"
        )
    runtime, runtimes = data.get("Runtime"), input_shape("lambda", "CreateFunction").members["Runtime"].enum
    if not runtime or runtime in runtimes:
        return None
    return _invalid(
        f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set:"
        f" [{', '.join(runtimes)}] or be a valid ARN"
    )


def _environment_error(data: Document) -> Response | None:
    text = json.dumps(_variables(data), separators=(",", ":"), ensure_ascii=False)
    if len(text.encode()) <= _MAX_ENVIRONMENT_BYTES:
        return None
    return _invalid(f"{_VARIABLES_PROBLEM} provided exceeded the 4KB limit. String measured: {text}")


def _variables(data: Document) -> Document:
    return (data.get("Environment") or {}).get("Variables") or {}


def check_role(may_be_assumed: bool) -> Response | None:
    """Return the error of a role that Lambda cannot assume."""
    return (
        None if may_be_assumed else _invalid("The role defined for the function cannot be assumed by Lambda.")
    )


def check_dead_letter_target(missing_action: str | None) -> Response | None:
    """Return the error of an execution role that may not perform an action on the dead-letter target."""
    if missing_action is None:
        return None
    service, _, operation = missing_action.partition(":")
    return _invalid(
        f"The provided execution role does not have permissions to call {operation} on {service.upper()}"
    )


def check_reserved_concurrency(value: int, account_limit: int, reserved_by_others: int) -> Response | None:
    """Return the error of a reservation that leaves the account too little; None if it is valid."""
    if account_limit - reserved_by_others - value >= _MIN_UNRESERVED_CONCURRENCY:
        return None
    return _invalid(
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution"
        f" below its minimum value of [{_MIN_UNRESERVED_CONCURRENCY}]."
    )


def check_event_invoke_config(data: Document, function: str, functions: set[str]) -> Response | None:
    """Return the error of a configuration of asynchronous invocations; `functions` are the names of all functions."""
    if not data.keys() & {"MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"}:
        return _invalid("You must specify at least one of error handling or destination setting.")
    for side in (data.get("DestinationConfig") or {}).values():
        target = (side or {}).get("Destination") or ""
        parts = target.split(":")
        if target and parts[2] == "lambda":
            if parts[6] == function:
                return _invalid("You can't specify the function as a destination for itself.")
            if parts[6] not in functions:
                return _invalid(f"The destination ARN {target} is invalid.")
    return None


def _invalid(message: str) -> Response:
    return _error(400, "InvalidParameterValueException", message)


def _too_large(value: object, path: str, bound: str) -> Response:
    message = (
        f"1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: Member must have"
        f" {bound}"
    )
    return _error(400, "ValidationException", message)


def _error(status: int, code: str, message: str) -> Response:
    body = json.dumps({"Type": "User", "message": message, "Message": message}).encode()
    return status, {"Content-Type": "application/json", "x-amzn-ErrorType": code}, body
