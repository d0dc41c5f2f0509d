"""`states:startExecution`: start an execution from a task; `.sync` and `.sync:2` wait for its end."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from ..errors import StateError
from ..services import ServiceError, TaskServices
from .base import Integration, TaskRequest
from .formatting import json_text, milliseconds
from .metadata import sdk_metadata
from .sdk import arguments_to_params, check_params, operation_errors
from .service_errors import ErrorNames, as_optimised
from .shapes import known_operation

_ERROR_NAMES = ErrorNames("StepFunctions", "AWSStepFunctions", "AWSStepFunctionsException")
_TIMES = ("StartDate", "StopDate", "RedriveDate")


@dataclass(frozen=True, slots=True)
class StartExecution(Integration):
    """Start an execution; `.sync` returns its description with input and output as text, `.sync:2` as JSON.

    The description of an execution that failed has them as text; it is the cause of States.TaskFailed, whatever the
    error of that execution was.
    """

    def argument_errors(self, names: set[str]) -> list[str]:
        unsupported = operation_errors(
            known_operation("stepfunctions", "startExecution"), names | set(self.required)
        )
        return unsupported + Integration.argument_errors(self, names)

    def check_arguments(self, arguments: Any) -> None:
        check_params(known_operation("stepfunctions", "startExecution"), arguments)

    async def invoke(self, request: TaskRequest, services: TaskServices) -> dict[str, Any]:
        operation = known_operation("stepfunctions", "startExecution")
        with as_optimised(request, "stepfunctions", _ERROR_NAMES):
            params = arguments_to_params(operation, request.arguments)
            named = "name" in params
            if not named:
                # The same name for each delivery of an attempt: a restart does not start a second execution.
                params["name"] = _execution_name(request.attempt)
            try:
                response = await services.call(
                    "stepfunctions",
                    operation.name,
                    params,
                    **request.authority,
                    trace_header=request.trace_header,
                )
            except ServiceError as error:
                if named or error.code != "ExecutionAlreadyExists":
                    raise
                response = await services.execution_ended(_execution_arn(params))
        return {
            "ExecutionArn": response["executionArn"],
            **sdk_metadata(response),
            "StartDate": milliseconds(response["startDate"]),
        }

    async def complete(self, request: TaskRequest, submitted: Any, services: TaskServices) -> dict[str, Any]:
        ended = await services.execution_ended(submitted["ExecutionArn"])
        if ended["status"] != "SUCCEEDED":
            raise StateError("States.TaskFailed", json_text(_output(ended, as_json=False)))
        return _output(ended, as_json=self.pattern == "sync2")

    async def cancel(self, request: TaskRequest, submitted: Any, services: TaskServices) -> None:
        with as_optimised(request, "stepfunctions", _ERROR_NAMES):
            await services.call(
                "stepfunctions",
                "StopExecution",
                {"executionArn": submitted["ExecutionArn"]},
                **request.authority,
            )


def _execution_name(attempt: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, attempt) if attempt else uuid.uuid4())


def _execution_arn(params: dict[str, Any]) -> str:
    machine = ":".join(params["stateMachineArn"].split(":")[:7])
    return f"{machine.replace(':stateMachine:', ':execution:')}:{params['name']}"


def _output(ended: dict[str, Any], *, as_json: bool) -> dict[str, Any]:
    """Return DescribeExecution's response as the task's output."""
    output: dict[str, Any] = {}
    for name, value in sorted(ended.items()):
        if name == "ResponseMetadata":
            continue
        key = name[0].upper() + name[1:]
        if key in _TIMES:
            value = milliseconds(value)
        elif key in ("Input", "Output") and as_json and isinstance(value, str):
            value = json.loads(value)
        elif key in ("InputDetails", "OutputDetails"):
            value = {"Included": value.get("included", True)}
        output[key] = value
    return output
