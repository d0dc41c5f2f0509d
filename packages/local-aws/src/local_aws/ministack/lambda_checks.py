"""Checks of Lambda requests that MiniStack does not make, with AWS's errors.

Sources: the Lambda API reference (Invoke), and the Lambda Developer Guide, "Lambda quotas" and "Defined runtime
environment variables".
"""

from __future__ import annotations

import json
from typing import Any

from stepfunctions_local.json_errors import json_error

type Response = tuple[int, dict[str, str], bytes]

_MAX_SYNCHRONOUS_BYTES = 6_291_456
_MAX_ASYNCHRONOUS_BYTES = 1_048_576
_MAX_ENVIRONMENT_BYTES = 4_096
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
    is_event = headers.get("x-amz-invocation-type") == "Event"
    limit = _MAX_ASYNCHRONOUS_BYTES if is_event else _MAX_SYNCHRONOUS_BYTES
    if len(body) > limit:
        operation = "InvokeAsync" if is_event else "Invoke"
        message = f"Request must be smaller than {limit} bytes for the {operation}Function operation"
        return _error(413, "RequestEntityTooLargeException", message)
    if not body:
        return None
    try:
        problem = json_error(body.decode())
    except UnicodeDecodeError:
        problem = "Invalid UTF-8"
    if problem is None:
        return None
    message = f"Could not parse request body into json: Could not parse payload into json: {problem}"
    return _error(400, "InvalidRequestContentException", message)


def check_environment(data: dict[str, Any]) -> Response | None:
    """Return the error of a function's environment variables; None if they are valid."""
    variables = (data.get("Environment") or {}).get("Variables") or {}
    prefix = (
        "Lambda was unable to configure your environment variables because the environment variables you have"
    )
    if reserved := sorted(_RESERVED_VARIABLES & variables.keys()):
        message = (
            f"{prefix} provided contains reserved keys that are currently not supported for modification."
            f" Reserved keys used in this request: {', '.join(reserved)}"
        )
        return _error(400, "InvalidParameterValueException", message)
    text = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(text.encode()) > _MAX_ENVIRONMENT_BYTES:
        message = f"{prefix} provided exceeded the 4KB limit. String measured: {text}"
        return _error(400, "InvalidParameterValueException", message)
    return None


def _error(status: int, code: str, message: str) -> Response:
    body = json.dumps({"Type": "User", "message": message, "Message": message}).encode()
    return status, {"Content-Type": "application/json", "x-amzn-ErrorType": code}, body
