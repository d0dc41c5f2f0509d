"""Lambda: the optimised `lambda:invoke`, and a function's ARN as the Resource."""

import json
from dataclasses import dataclass
from typing import Any

from ..errors import StateError
from ..expressions.json_values import utf8
from ..history import json_bytes, json_value
from ..json_errors import json_error
from ..services import TaskServices
from .base import Integration, TaskRequest
from .formatting import json_text
from .metadata import sdk_metadata
from .sdk import arguments_to_params, check_params, operation_errors
from .service_errors import ErrorNames, as_optimised
from .shapes import known_operation

_ERROR_NAMES = ErrorNames("Lambda", "AWSLambda", "AWSLambdaException")


@dataclass(frozen=True, slots=True)
class InvokeFunction(Integration):
    """`lambda:invoke`: the function's response under Payload, with the call's metadata."""

    def argument_errors(self, names: set[str]) -> list[str]:
        unsupported = operation_errors(known_operation("lambda", "invoke"), names | set(self.required))
        return unsupported + Integration.argument_errors(self, names)

    def check_arguments(self, arguments: Any) -> None:
        others = _without_payload(arguments) if isinstance(arguments, dict) else {}
        check_params(known_operation("lambda", "invoke"), others, arguments)

    async def invoke(self, request: TaskRequest, services: TaskServices) -> dict[str, Any]:
        operation = known_operation("lambda", "invoke")
        arguments = request.arguments if isinstance(request.arguments, dict) else {}
        payload = _request_body(arguments.get("Payload"))
        others = _without_payload(arguments)
        with as_optimised(request, "lambda", _ERROR_NAMES):
            params = arguments_to_params(operation, others)
        response = await _invoke(request, services, params.pop("FunctionName"), payload, params)
        output = {
            "ExecutedVersion": response.get("ExecutedVersion", "$LATEST"),
            "Payload": _decoded(response),
            **sdk_metadata(response),
            "StatusCode": response.get("StatusCode", 200),
        }
        if response.get("LogResult"):
            output["LogResult"] = response["LogResult"]
        return output


@dataclass(frozen=True, slots=True)
class FunctionArn(Integration):
    """A function's ARN as Resource: the input is the payload, the function's response is the output."""

    async def invoke(self, request: TaskRequest, services: TaskServices) -> Any:
        payload = json_bytes(request.arguments)
        return _decoded(await _invoke(request, services, self.arn, payload, {}))


async def _invoke(
    request: TaskRequest, services: TaskServices, function: str, payload: bytes, params: dict[str, Any]
) -> dict[str, Any]:
    with as_optimised(request, "lambda", _ERROR_NAMES):
        response = await services.invoke_lambda(
            function, payload, **request.authority, trace_header=request.trace_header, **params
        )
    if response.get("FunctionError"):
        raise _function_error(_text(response))
    return response


def _without_payload(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name != "Payload"}


def _request_body(payload: Any) -> bytes:
    """Return the request body: JSON text is sent unchanged, other values as JSON, null as an empty object."""
    if payload is None:
        return b"{}"
    if isinstance(payload, str) and json_error(payload) is None:
        return utf8(payload)
    return json_bytes(payload)


def _function_error(payload: str) -> StateError:
    """Return a function's error: its errorType, or Lambda.Unknown when the payload has none."""
    try:
        document = json.loads(payload)
    except ValueError:
        document = None
    if isinstance(document, dict) and isinstance(document.get("errorType"), str):
        return StateError(document["errorType"], json_text(document))
    return StateError(
        "Lambda.Unknown",
        "The cause could not be determined because Lambda did not return an error type. "
        f"Returned payload: {payload}",
    )


def _text(response: dict[str, Any]) -> str:
    payload = response.get("Payload", b"")
    return payload.decode(errors="replace") if isinstance(payload, bytes) else str(payload)


def _decoded(response: dict[str, Any]) -> Any:
    """Decode the function's response; an asynchronous invocation has none: return an empty object."""
    text = _text(response)
    if not text:
        return {}
    try:
        return json_value(text)
    except ValueError:
        return text
