"""Validate mocked results against the service's response, by botocore's models.

Fields that the model does not define are accepted, as on AWS.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html (field validation modes)
"""

from dataclasses import dataclass
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from ..errors import ApiError
from ..integrations import Integration, naming
from ..integrations.optimised import OptimisedIntegration
from ..integrations.sdk import SdkIntegration
from ..integrations.shapes import UnsupportedField, member_named, operation_model

_PLAIN_TYPES: dict[str, tuple[type | tuple[type, ...], str]] = {
    "string": (str, "a string"),
    "character": (str, "a string"),
    "timestamp": (str, "a string"),
    "blob": (str, "a string"),
    "boolean": (bool, "a boolean"),
    "integer": ((int, float), "a number"),
    "long": ((int, float), "a number"),
    "float": ((int, float), "a number"),
    "double": ((int, float), "a number"),
    "bigdecimal": ((int, float), "a number"),
}
# The operation whose response is the output of a job integration (.sync), by the operation that starts the job.
_DESCRIBE_OPERATIONS = {
    ("stepfunctions", "startExecution"): "describeExecution",
    ("ecs", "runTask"): "describeTasks",
    ("batch", "submitJob"): "describeJobs",
}
_ANY_JSON = frozenset({"http", "apigateway", "eks", "activity"})


def check_result(integration: Integration, result: Any, strict: bool) -> None:
    """Raise ApiError ValidationException for a result that the integration cannot return.

    `strict` also checks that the required fields are present.
    """
    operation = _operation(integration)
    if operation is None or operation.output_shape is None:
        return
    if not isinstance(result, dict):
        raise ApiError("ValidationException", "Mocked result must be a JSON object.")
    # Optimized integrations decode blobs, such as the Payload of a function.
    _Checker(strict, decodes_blobs=not isinstance(integration, SdkIntegration)).check(
        operation.output_shape, result, ""
    )


def _operation(integration: Integration) -> OperationModel | None:
    """Return the operation whose response is the task's output, or None when the output may be any JSON."""
    if integration.pattern == "lambda_arn" or integration.resource_type in _ANY_JSON:
        return None
    action = integration.resource.split(".")[0]
    if isinstance(integration, SdkIntegration):
        service = integration.service
    elif isinstance(integration, OptimisedIntegration):
        service, action = integration.botocore, integration.action
    else:
        service = {"states": "stepfunctions"}.get(integration.resource_type, integration.resource_type)
    if integration.pattern in ("sync", "sync2"):
        describe = _DESCRIBE_OPERATIONS.get((service, action))
        return operation_model(service, describe) if describe else None
    return operation_model(service, action)


def _invalid(reason: str) -> ApiError:
    return ApiError("ValidationException", f"Mock result schema validation error: {reason}")


@dataclass(frozen=True, slots=True)
class _Checker:
    strict: bool
    decodes_blobs: bool

    def check(self, shape: Shape, value: Any, field: str) -> None:
        """Raise ApiError for a value that does not have the shape."""
        if isinstance(shape, StructureShape):
            if not getattr(shape, "is_document_type", False):
                self._check_structure(shape, value, field)
        elif isinstance(shape, ListShape):
            if not isinstance(value, list):
                raise _invalid(f"Field '{field}' must be an array")
            for item in value:
                self.check(shape.member, item, field)
        elif isinstance(shape, MapShape):
            if not isinstance(value, dict):
                raise _invalid(f"Field '{field}' must be an object")
            for item in value.values():
                self.check(shape.value, item, field)
        elif shape.type_name in _PLAIN_TYPES and not (self.decodes_blobs and shape.type_name == "blob"):
            _check_plain(shape, value, field)

    def _check_structure(self, shape: StructureShape, value: Any, field: str) -> None:
        if not isinstance(value, dict):
            raise _invalid(f"Field '{field}' must be an object")
        members = {}
        for name, item in value.items():
            try:
                members[member_named(shape, name)] = (name, item)
            except UnsupportedField:
                continue
        if self.strict:
            for required in shape.required_members:
                if required not in members:
                    raise _invalid(f"Required field '{naming.member(required)}' is missing")
        for member, (name, item) in members.items():
            self.check(shape.members[member], item, name)


def _check_plain(shape: Shape, value: Any, field: str) -> None:
    python_type, description = _PLAIN_TYPES[shape.type_name]
    if not isinstance(value, python_type) or (description == "a number" and isinstance(value, bool)):
        raise _invalid(f"Field '{field}' must be {description}")
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        raise _invalid(f"Field '{field}' is not an expected value")
