"""Step Functions: the engine in the place of `ministack.services.stepfunctions`.

CloudFormation's resources are in `cloudformation.resources`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import types
from collections.abc import Iterator, MutableMapping
from typing import Any

from ministack import services
from ministack.core import responses
from stepfunctions_local.errors import ApiError

from .engine import StepFunctions

type Response = tuple[int, dict[str, str], bytes]


def install_step_functions(engine: StepFunctions) -> None:
    """Put the engine in the place of MiniStack's module.

    CloudFormation binds that module when it is imported, which must be later.
    """
    module = StepFunctionsModule(engine)
    sys.modules[module.__name__] = module
    services.stepfunctions = module


class StepFunctionsModule(types.ModuleType):
    """What MiniStack's router, EventBridge and Pipes use of `ministack.services.stepfunctions`."""

    def __init__(self, engine: StepFunctions) -> None:
        super().__init__("ministack.services.stepfunctions")
        self._engine = engine
        self._state_machines = _StateMachines(engine)

    async def handle_request(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> Response:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            params = json.loads(body or b"{}")
        except ValueError:
            return _error(ApiError("SerializationException", "Invalid JSON"))
        try:
            response = self._engine.submit(
                operation, params, headers.get("x-amzn-trace-id"), responses.get_account_id()
            )
            return _ok(await asyncio.wrap_future(response))
        except ApiError as error:
            return _error(error)

    def _call(self, operation: str, params: dict[str, Any]) -> Response:
        try:
            return _ok(self._engine.call(operation, params))
        except ApiError as error:
            return _error(error)

    def _start_execution(self, params: dict[str, Any]) -> Response:
        return self._call("StartExecution", params)

    def _resolve_state_machine_arn(self, arn: str) -> dict[str, Any] | None:
        try:
            return self._engine.call("DescribeStateMachine", {"stateMachineArn": arn})
        except ApiError:
            return None

    def get_state(self) -> None:
        """Return nothing to save: the engine has a database of its own."""

    def load_persisted_state(self, data: Any) -> None:
        """Ignore saved state: there is none."""

    def reset(self) -> None:
        for machine in list(self._state_machines):
            del self._state_machines[machine]


class _StateMachines(MutableMapping[str, Any]):
    """The dictionary in which MiniStack looks up state machines, as calls of the API."""

    def __init__(self, engine: StepFunctions) -> None:
        self._engine = engine

    def __getitem__(self, arn: str) -> dict[str, Any]:
        try:
            return self._engine.call("DescribeStateMachine", {"stateMachineArn": arn})
        except ApiError as error:
            raise KeyError(arn) from error

    def __setitem__(self, arn: str, record: dict[str, Any]) -> None:
        raise NotImplementedError("State machines are created by the handlers of `cloudformation.resources`.")

    def __delitem__(self, arn: str) -> None:
        self._engine.call("DeleteStateMachine", {"stateMachineArn": arn})

    def __iter__(self) -> Iterator[str]:
        page: dict[str, Any] = {}
        while True:
            page = self._engine.call("ListStateMachines", page)
            yield from (machine["stateMachineArn"] for machine in page["stateMachines"])
            if not page.get("nextToken"):
                return
            page = {"nextToken": page["nextToken"]}

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _ok(response: dict[str, Any]) -> Response:
    return 200, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(response).encode()


def _error(error: ApiError) -> Response:
    body = {
        "__type": f"com.amazonaws.swf.service.v2.model#{error.code}",
        "message": error.message,
    } | error.fields
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-ErrorType": error.code}
    return error.status, headers, json.dumps(body).encode()
