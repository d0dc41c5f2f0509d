"""What does not fit in a request, in AWS's words, by botocore's model of the API."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape

from ..errors import ApiError
from .service_model import JUDGED_LATER, python_pattern

# Where AWS lists the values of an enumeration in an order of its own.
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
    """botocore's model of the Step Functions API."""
    return botocore.session.get_session().get_service_model("stepfunctions")


def check_closely(operation: str, params: dict[str, Any]) -> None:
    """Raise ApiError (SerializationException, ValidationException) when params do not fit the operation."""
    shape = _model().operation_model(operation).input_shape
    if shape is None:
        return
    _check_types(shape, params)
    faults = list(_faults(shape, params, ""))
    if faults:
        count = f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected: "
        raise ApiError("ValidationException", count + "; ".join(faults))


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


def _serialization(value: Any, wanted: str) -> ApiError:
    if isinstance(value, dict):
        given = "Start of structure or map found where not expected."
    elif isinstance(value, list):
        given = "Start of list found where not expected"
    else:
        if isinstance(value, bool):
            found = "TRUE_VALUE" if value else "FALSE_VALUE"
        elif isinstance(value, str):
            found = "STRING_VALUE"
        else:
            found = "DECIMAL_VALUE" if isinstance(value, float) else "NUMBER_VALUE"
        article = "an" if wanted[0] in "Ii" else "a"
        given = f"{found} can not be converted to {article} {wanted}"
    return ApiError("SerializationException", given)


def _faults(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            here = f"{path}.{name}" if path else name
            given = value.get(name)
            if given is None:
                if name in shape.required_members:
                    yield _fault(shape, None, here, "Member must not be null")
            elif here not in JUDGED_LATER:
                yield from _faults(member, given, here)
            else:
                yield from _longest_faults(member, given, here)
    elif isinstance(shape, ListShape):
        yield from _size_faults(shape, value, path, len(value), "length")
        for number, item in enumerate(value, 1):
            here = f"{path}.{number}.member"
            if item is None:
                yield _fault(shape, None, here, "Member must not be null")
            else:
                yield from _faults(shape.member, item, here)
    elif isinstance(shape, StringShape):
        yield from _size_faults(shape, value, path, len(value), "length")
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(python_pattern(pattern), value):
            yield _fault(shape, value, path, f"Member must satisfy regular expression pattern: {pattern}")
        if shape.enum and value not in shape.enum:
            values = ", ".join(_ENUM_ORDER.get(shape.name, shape.enum))
            yield _fault(shape, value, path, f"Member must satisfy enum value set: [{values}]")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _size_faults(shape, value, path, value, "value")


def _size_faults(shape: Shape, value: Any, path: str, size: float, what: str) -> Iterator[str]:
    yield from _longest_faults(shape, value, path, size, what)
    least = shape.metadata.get("min")
    if least is not None and size < least:
        yield _fault(shape, value, path, f"Member must have {what} greater than or equal to {least}")


def _longest_faults(
    shape: Shape, value: Any, path: str, size: float | None = None, what: str = "length"
) -> Iterator[str]:
    most = shape.metadata.get("max")
    if most is not None and (len(value) if size is None else size) > most:
        yield _fault(shape, value, path, f"Member must have {what} less than or equal to {most}")


def _fault(shape: Shape, value: Any, path: str, constraint: str) -> str:
    shown = " null" if value is None else f" '{_java(shape, value)}'"
    if value is not None and shape.metadata.get("sensitive"):
        shown = ""
    return f"Value{shown} at '{path}' failed to satisfy constraint: {constraint}"


def _java(shape: Shape, value: Any) -> str:
    """A value as Java's toString prints it."""
    if isinstance(shape, ListShape):
        return f"[{', '.join(_java(shape.member, item) for item in value)}]"
    if isinstance(shape, StructureShape):
        members = (f"{name}={_java(member, value.get(name))}" for name, member in shape.members.items())
        return f"{shape.name}({', '.join(members)})"
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
