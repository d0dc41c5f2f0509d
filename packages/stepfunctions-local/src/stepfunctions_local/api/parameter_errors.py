"""AWS's messages for invalid requests, by botocore's model of the API."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape

from ..errors import ApiError
from .service_model import CHECKED_BY_OPERATION, python_pattern

# Enumerations whose values AWS lists in another order than the model.
_ENUM_ORDER = {
    "ExecutionStatus": ["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"],
}
_JAVA_TYPES = {
    "string": "String",
    "character": "String",
    "integer": "Integer",
    "long": "Long",
    "float": "Float",
    "double": "Double",
    "boolean": "Boolean",
}


@cache
def _model() -> ServiceModel:
    """Return botocore's model of the Step Functions API."""
    return botocore.session.get_session().get_service_model("stepfunctions")


def check_strictly(operation: str, params: dict[str, Any]) -> None:
    """Raise ApiError (SerializationException, ValidationException) when params do not fit the operation."""
    shape = _model().operation_model(operation).input_shape
    if shape is None:
        return
    _check_types(shape, params)
    violations = list(_violations(shape, params, ""))
    if violations:
        count = f"{len(violations)} validation error{'s' if len(violations) > 1 else ''} detected: "
        raise ApiError("ValidationException", count + "; ".join(violations))


def _check_types(shape: Shape, value: Any) -> None:
    if value is None:
        return
    kind = shape.type_name
    if isinstance(shape, StructureShape):
        if not isinstance(value, dict):
            raise _serialization(value, "structure")
        for name, member in shape.members.items():
            _check_types(member, value.get(name))
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            raise _serialization(value, "list")
        for item in value:
            _check_types(shape.member, item)
    elif isinstance(shape, MapShape):
        if not isinstance(value, dict):
            raise _serialization(value, "map")
    elif not _fits(kind, value):
        raise _serialization(value, _JAVA_TYPES.get(kind, kind))


def _fits(kind: str, value: Any) -> bool:
    if kind in ("string", "character"):
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("integer", "long"):
        return isinstance(value, int) and not isinstance(value, bool)
    if kind in ("float", "double"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return True


def _serialization(value: Any, expected: str) -> ApiError:
    if isinstance(value, dict):
        message = "Start of structure or map found where not expected."
    elif isinstance(value, list):
        message = "Start of list found where not expected"
    else:
        if isinstance(value, bool):
            value_kind = "TRUE_VALUE" if value else "FALSE_VALUE"
        elif isinstance(value, str):
            value_kind = "STRING_VALUE"
        else:
            value_kind = "DECIMAL_VALUE" if isinstance(value, float) else "NUMBER_VALUE"
        article = "an" if expected[0] in "Ii" else "a"
        message = f"{value_kind} can not be converted to {article} {expected}"
    return ApiError("SerializationException", message)


def _violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            member_path = f"{path}.{name}" if path else name
            member_value = value.get(name)
            if member_value is None:
                if name in shape.required_members:
                    yield _violation(shape, None, member_path, "Member must not be null")
            elif member_path not in CHECKED_BY_OPERATION:
                yield from _violations(member, member_value, member_path)
            else:
                yield from _max_violations(member, member_value, member_path)
    elif isinstance(shape, ListShape):
        yield from _size_violations(shape, value, path, len(value), "length")
        for number, item in enumerate(value, 1):
            member_path = f"{path}.{number}.member"
            if item is None:
                yield _violation(shape, None, member_path, "Member must not be null")
            else:
                yield from _violations(shape.member, item, member_path)
    elif isinstance(shape, StringShape):
        yield from _size_violations(shape, value, path, len(value), "length")
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(python_pattern(pattern), value):
            yield _violation(shape, value, path, f"Member must satisfy regular expression pattern: {pattern}")
        if shape.enum and value not in shape.enum:
            values = ", ".join(_ENUM_ORDER.get(shape.name, shape.enum))
            yield _violation(shape, value, path, f"Member must satisfy enum value set: [{values}]")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _size_violations(shape, value, path, value, "value")


def _size_violations(shape: Shape, value: Any, path: str, size: float, measure: str) -> Iterator[str]:
    yield from _max_violations(shape, value, path, size, measure)
    minimum = shape.metadata.get("min")
    if minimum is not None and size < minimum:
        yield _violation(shape, value, path, f"Member must have {measure} greater than or equal to {minimum}")


def _max_violations(
    shape: Shape, value: Any, path: str, size: float | None = None, measure: str = "length"
) -> Iterator[str]:
    maximum = shape.metadata.get("max")
    if maximum is not None and (len(value) if size is None else size) > maximum:
        yield _violation(shape, value, path, f"Member must have {measure} less than or equal to {maximum}")


def _violation(shape: Shape, value: Any, path: str, constraint: str) -> str:
    shown = " null" if value is None else f" '{_java(shape, value)}'"
    if value is not None and shape.metadata.get("sensitive"):
        shown = ""
    return f"Value{shown} at '{path}' failed to satisfy constraint: {constraint}"


def _java(shape: Shape, value: Any) -> str:
    """Format a value as Java's toString does."""
    if isinstance(shape, ListShape):
        return f"[{', '.join(_java(shape.member, item) for item in value)}]"
    if isinstance(shape, StructureShape):
        members = (f"{name}={_java(member, value.get(name))}" for name, member in shape.members.items())
        return f"{shape.name}({', '.join(members)})"
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
