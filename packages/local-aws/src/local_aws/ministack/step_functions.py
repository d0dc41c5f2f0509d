"""Step Functions: the engine in the place of `ministack.services.stepfunctions`.

MiniStack's router, CloudFormation, EventBridge and Pipes use that module.
"""

from __future__ import annotations

import asyncio
import json
import sys
import types
from collections.abc import Iterator, MutableMapping
from typing import Any

from ministack import services
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
    """What MiniStack uses of `ministack.services.stepfunctions`."""

    _ENCRYPTION_TYPES = ("AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY")

    def __init__(self, engine: StepFunctions) -> None:
        super().__init__("ministack.services.stepfunctions")
        self._engine = engine
        self._state_machines = _StateMachines(engine)
        self._tags: dict[str, Any] = {}

    async def handle_request(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> Response:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            params = json.loads(body or b"{}")
        except ValueError:
            return _error(ApiError("SerializationException", "Invalid JSON"))
        try:
            answer = self._engine.submit(operation, params, headers.get("x-amzn-trace-id"))
            return _ok(await asyncio.wrap_future(answer))
        except ApiError as error:
            return _error(error)

    def _call(self, operation: str, params: dict[str, Any]) -> Response:
        try:
            return _ok(self._engine.call(operation, params))
        except ApiError as error:
            return _error(error)

    def _start_execution(self, params: dict[str, Any]) -> Response:
        return self._call("StartExecution", params)

    def _update_state_machine(self, params: dict[str, Any]) -> Response:
        try:
            return _ok(self._engine.call("UpdateStateMachine", _api_shape(params)))
        except ApiError as error:
            raise _resource_error(error) from error

    def _tag_resource(self, params: dict[str, Any]) -> Response:
        return self._call("TagResource", params)

    def _untag_resource(self, params: dict[str, Any]) -> Response:
        return self._call("UntagResource", params)

    def _resolve_state_machine_arn(self, arn: str) -> dict[str, Any] | None:
        try:
            return self._engine.call("DescribeStateMachine", {"stateMachineArn": arn})
        except ApiError:
            return None

    def _default_encryption(self) -> dict[str, Any]:
        return {"type": "AWS_OWNED_KEY"}

    def _stored_encryption(self, encryption: dict[str, Any]) -> dict[str, Any]:
        return encryption

    def _encryption_configuration_error(self, encryption: dict[str, Any]) -> Response | None:
        return None

    def get_state(self) -> None:
        """Return nothing to save: the engine has a database of its own."""

    def load_persisted_state(self, data: Any) -> None:
        """Ignore saved state: there is none."""

    def reset(self) -> None:
        for machine in list(self._state_machines):
            del self._state_machines[machine]


class _StateMachines(MutableMapping[str, Any]):
    """The dictionary that CloudFormation's provisioner writes machines into, as calls of the API."""

    def __init__(self, engine: StepFunctions) -> None:
        self._engine = engine

    def __getitem__(self, arn: str) -> dict[str, Any]:
        try:
            return self._engine.call("DescribeStateMachine", {"stateMachineArn": arn})
        except ApiError as error:
            raise KeyError(arn) from error

    def __setitem__(self, arn: str, record: dict[str, Any]) -> None:
        names = ("name", "definition", "roleArn", "type", "loggingConfiguration", "encryptionConfiguration")
        params = _api_shape({name: record[name] for name in names if name in record})
        try:
            self._engine.call("CreateStateMachine", params)
        except ApiError as error:
            raise _resource_error(error) from error

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


def _resource_error(error: ApiError) -> ValueError:
    """Return the error whose text CloudFormation shows as the reason of the failed resource."""
    return ValueError(f'Resource handler returned message: "{error.message}" ({error.code})')


def _api_shape(params: dict[str, Any]) -> dict[str, Any]:
    """Convert CloudFormation's property names to those of the API."""
    logging = params.get("loggingConfiguration")
    return params | {"loggingConfiguration": _lower_first(logging)} if logging else params


def _lower_first(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _lower_first(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_lower_first(item) for item in value]
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _ok(answer: dict[str, Any]) -> Response:
    return 200, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(answer).encode()


def _error(error: ApiError) -> Response:
    body = {
        "__type": f"com.amazonaws.swf.service.v2.model#{error.code}",
        "message": error.message,
    } | error.fields
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-ErrorType": error.code}
    return error.status, headers, json.dumps(body).encode()
