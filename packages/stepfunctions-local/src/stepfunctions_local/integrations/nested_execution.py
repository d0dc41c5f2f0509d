"""`states:startExecution`: a workflow started by a workflow, and waited for with `.sync` and `.sync:2`."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from ..errors import StateError
from ..services import ServiceError, TaskServices
from .base import Integration, TaskRequest
from .formatting import iso, json_text
from .metadata import sdk_metadata
from .sdk import arguments_to_params
from .service_errors import Dialect, as_optimised
from .shapes import known_operation

_DIALECT = Dialect("StepFunctions", "AWSStepFunctions", "AWSStepFunctionsException")
_TIMES = ("StartDate", "StopDate", "RedriveDate")


@dataclass(frozen=True, slots=True)
class StartExecution(Integration):
    """Start an execution; with `.sync` its end is the task's, output as text, with `.sync:2` as JSON."""

    async def invoke(self, request: TaskRequest, services: TaskServices) -> dict[str, Any]:
        operation = known_operation("stepfunctions", "startExecution")
        with as_optimised(request, "stepfunctions", _DIALECT):
            params = arguments_to_params(operation, request, request.arguments)
            named = "name" in params
            if not named:
                # The same for each delivery of an attempt: one after a restart starts nothing a second time.
                params["name"] = _name(request.attempt)
            try:
                answer = await services.call(
                    "stepfunctions",
                    operation.name,
                    params,
                    **request.authority,
                    trace_header=request.trace_header,
                )
            except ServiceError as error:
                if named or error.code != "ExecutionAlreadyExists":
                    raise
                answer = await services.execution_ended(_execution_arn(params))
        return {
            "ExecutionArn": answer["executionArn"],
            **sdk_metadata(answer),
            "StartDate": iso(answer["startDate"]),
        }

    async def complete(self, request: TaskRequest, submitted: Any, services: TaskServices) -> dict[str, Any]:
        ended = await services.execution_ended(submitted["ExecutionArn"])
        output = _described(ended, as_json=self.pattern == "sync2")
        if output["Status"] != "SUCCEEDED":
            raise StateError("States.TaskFailed", json_text(output))
        return output

    async def cancel(self, request: TaskRequest, submitted: Any, services: TaskServices) -> None:
        with as_optimised(request, "stepfunctions", _DIALECT):
            await services.call(
                "stepfunctions",
                "StopExecution",
                {"executionArn": submitted["ExecutionArn"]},
                **request.authority,
            )


def _name(attempt: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, attempt) if attempt else uuid.uuid4())


def _execution_arn(params: dict[str, Any]) -> str:
    machine = ":".join(params["stateMachineArn"].split(":")[:7])
    return f"{machine.replace(':stateMachine:', ':execution:')}:{params['name']}"


def _described(ended: dict[str, Any], *, as_json: bool) -> dict[str, Any]:
    """DescribeExecution's answer as the task's output."""
    output: dict[str, Any] = {}
    for name, value in sorted(ended.items()):
        if name == "ResponseMetadata":
            continue
        shown = name[0].upper() + name[1:]
        if shown in _TIMES:
            value = iso(value)
        elif shown in ("Input", "Output") and as_json and isinstance(value, str):
            value = json.loads(value)
        elif shown in ("InputDetails", "OutputDetails"):
            value = {"Included": value.get("included", True)}
        output[shown] = value
    return output
