"""Lambda: the optimised lambda:invoke, and a function's own ARN as the Resource."""

import json
from dataclasses import dataclass
from typing import Any

from ..errors import StateError
from ..history import json_bytes, json_value
from ..services import TaskServices
from .base import Integration, TaskRequest
from .metadata import sdk_metadata
from .sdk import arguments_to_params
from .service_errors import Dialect, as_optimised
from .shapes import known_operation

_DIALECT = Dialect("Lambda", "AWSLambda", "AWSLambdaException")


@dataclass(frozen=True, slots=True)
class InvokeFunction(Integration):
    """`lambda:invoke`: the function's answer under Payload, with the call's metadata."""

    async def invoke(self, request: TaskRequest, services: TaskServices) -> dict[str, Any]:
        operation = known_operation("lambda", "invoke")
        arguments = request.arguments if isinstance(request.arguments, dict) else {}
        payload = json_bytes(arguments.get("Payload", {}))
        others = {name: value for name, value in arguments.items() if name != "Payload"}
        with as_optimised(request, "lambda", _DIALECT):
            params = arguments_to_params(operation, request, others)
        answer = await _invoke(request, services, params.pop("FunctionName"), payload, params)
        output = {
            "ExecutedVersion": answer.get("ExecutedVersion", "$LATEST"),
            "Payload": _decoded(answer),
            **sdk_metadata(answer),
            "StatusCode": answer.get("StatusCode", 200),
        }
        if answer.get("LogResult"):
            output["LogResult"] = answer["LogResult"]
        return output


@dataclass(frozen=True, slots=True)
class FunctionArn(Integration):
    """A function's ARN as Resource: the state's input goes in, the function's answer comes out."""

    async def invoke(self, request: TaskRequest, services: TaskServices) -> Any:
        payload = json_bytes(request.arguments)
        return _decoded(await _invoke(request, services, self.arn, payload, {}))


async def _invoke(
    request: TaskRequest, services: TaskServices, function: str, payload: bytes, params: dict[str, Any]
) -> dict[str, Any]:
    with as_optimised(request, "lambda", _DIALECT):
        answer = await services.invoke_lambda(
            function, payload, **request.authority, trace_header=request.trace_header, **params
        )
    if answer.get("FunctionError"):
        raise _function_error(_text(answer))
    return answer


def _function_error(payload: str) -> StateError:
    """The error a function ended with: its exception's class, or Lambda.Unknown when none is told."""
    try:
        told = json.loads(payload)
    except ValueError:
        told = None
    if isinstance(told, dict) and isinstance(told.get("errorType"), str):
        return StateError(told["errorType"], payload)
    return StateError(
        "Lambda.Unknown",
        "The cause could not be determined because Lambda did not return an error type. "
        f"Returned payload: {payload}",
    )


def _text(answer: dict[str, Any]) -> str:
    payload = answer.get("Payload", b"")
    return payload.decode() if isinstance(payload, bytes) else payload


def _decoded(answer: dict[str, Any]) -> Any:
    """The function's answer as JSON. An asynchronous invocation has none: an empty object."""
    text = _text(answer)
    if not text:
        return {}
    try:
        return json_value(text)
    except ValueError:
        return text
