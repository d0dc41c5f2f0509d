"""`aws-sdk:service:action[.waitForTaskToken]`: any operation of any service in botocore's models."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.model import OperationModel

from ..errors import RuntimeFailure
from ..services import ServiceError, TaskServices
from . import naming
from .base import Integration, TaskRequest, UnknownResource
from .formatting import json_text
from .service_errors import as_sdk
from .shapes import (
    UnsupportedField,
    WrongType,
    literal_errors,
    member_named,
    operation_model,
    required_members,
    to_output,
    to_params,
)

# Step Functions does not support these: they return credentials.
_UNSUPPORTED = {("sts", "assumeRole"), ("sts", "assumeRoleWithSAML"), ("sts", "assumeRoleWithWebIdentity")}


@dataclass(frozen=True, slots=True)
class SdkIntegration(Integration):
    """An operation with the names and errors of the Java SDK v2."""

    service: str = ""
    action: str = ""

    def argument_errors(self, names: set[str]) -> list[str]:
        return operation_errors(operation_model(self.service, self.action), names, exact=True)

    def value_errors(self, arguments: Mapping[str, Any]) -> list[str]:
        return argument_value_errors(operation_model(self.service, self.action), arguments, exact=True)

    def check_arguments(self, arguments: Any) -> None:
        check_params(operation_model(self.service, self.action), arguments, exact=True)

    async def invoke(self, request: TaskRequest, services: TaskServices) -> dict[str, Any]:
        operation = operation_model(self.service, self.action)
        if operation is None:
            raise UnknownResource(self.arn)
        with as_sdk(request, self.service):
            params = arguments_to_params(operation, request.arguments, exact=True)
            response = await services.call(
                self.service,
                operation.name,
                params,
                **request.authority,
                trace_header=request.trace_header,
            )
        return to_output(operation, response)


def argument_value_errors(
    operation: OperationModel | None, arguments: Mapping[str, Any], exact: bool = False
) -> list[str]:
    """Return AWS's messages for nested names and literal values that an operation does not accept."""
    if operation is None or operation.input_shape is None:
        return []
    return literal_errors(operation.input_shape, dict(arguments), exact)


def operation_errors(operation: OperationModel | None, names: set[str], exact: bool = False) -> list[str]:
    """Return AWS's messages for wrong argument names of an operation; `exact` as of `shapes.member_named`."""
    if operation is None or operation.input_shape is None:
        return []
    known, errors = set(), []
    for name in sorted(names):
        try:
            known.add(member_named(operation.input_shape, name, exact))
        except UnsupportedField as error:
            errors.append(str(error))
    missing = (name for name in required_members(operation) if name not in known)
    return errors + [f"The field '{naming.member(name)}' is required but was missing" for name in missing]


def arguments_to_params(operation: OperationModel, arguments: Any, exact: bool = False) -> dict[str, Any]:
    """Return arguments as the operation's params. Raises AWS's failure of a Task that cannot be started.

    AWS sends a required argument that is null to the service, which rejects it: raises that ServiceError.
    """
    params, nulls = _params(operation, arguments, arguments, exact)
    if nulls:
        raise _null_rejected(operation, nulls)
    return params


def check_params(
    operation: OperationModel | None, arguments: Any, shown: Any = None, exact: bool = False
) -> None:
    """Raise AWS's failure of a Task that cannot be started with these arguments, of which it shows `shown`."""
    if operation is not None:
        _params(operation, arguments, arguments if shown is None else shown, exact)


def _params(
    operation: OperationModel, arguments: Any, shown: Any, exact: bool
) -> tuple[dict[str, Any], list[str]]:
    """Return arguments as the operation's params, and the required params that are null."""
    try:
        params = to_params(operation, arguments, exact)
    except (UnsupportedField, WrongType) as error:
        raise cannot_start(shown, [str(error)]) from None
    missing = [name for name in required_members(operation) if name not in params]
    nulls = [name for name in missing if _is_null(operation, arguments, name)]
    if missing and not nulls:
        raise cannot_start(
            shown, [f"The field '{naming.member(name)}' is required but was missing" for name in missing]
        )
    return params, nulls


def _is_null(operation: OperationModel, arguments: Any, name: str) -> bool:
    if not isinstance(arguments, dict):
        return False
    return any(
        value is None and member_named(operation.input_shape, name_in_arguments) == name
        for name_in_arguments, value in arguments.items()
    )


def _null_rejected(operation: OperationModel, names: list[str]) -> ServiceError:
    violations = [
        f"Value null at '{name[0].lower()}{name[1:]}' failed to satisfy constraint: Member must not be null"
        for name in names
    ]
    message = (
        f"{len(names)} validation error{'s' if len(names) > 1 else ''} detected: {'; '.join(violations)}"
    )
    service = operation.service_model.service_name
    return ServiceError(service, operation.name, "ValidationException", message, request_id=str(uuid.uuid4()))


def cannot_start(arguments: Any, reasons: list[str]) -> RuntimeFailure:
    """Return the failure of a Task whose arguments its operation does not accept."""
    return RuntimeFailure(
        f"The Parameters '{json_text(arguments)}' could not be used to start the Task: [{', '.join(reasons)}]"
    )


def resolve(arn: str, service_name: str, action: str, token: bool) -> SdkIntegration:
    """Return the integration of `aws-sdk:service_name:action`. Raises UnknownResource."""
    service = naming.botocore_service(service_name)
    if service is None or (service, action) in _UNSUPPORTED:
        raise UnknownResource(arn)
    operation = operation_model(service, action)
    if operation is None:
        raise UnknownResource(arn)
    return SdkIntegration(
        arn,
        f"aws-sdk:{service_name}",
        f"{action}.waitForTaskToken" if token else action,
        "task_token" if token else "request_response",
        tuple(naming.member(name) for name in required_members(operation)),
        service,
        action,
    )
