"""Requests checked against botocore's model of the API, with AWS's texts for what does not fit."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape

from ..errors import ApiError

# Where AWS lists the values of an enumeration in an order of its own.
_ENUM_ORDER = {
    "ExecutionStatus": ["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"],
}
# Members whose shortest length the operation itself judges, with an exception of its own.
_JUDGED_LATER = {"definition", "input", "output"}
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
def model() -> ServiceModel:
    """botocore's model of the Step Functions API."""
    return botocore.session.get_session().get_service_model("stepfunctions")


def check(operation: str, params: dict[str, Any]) -> None:
    """Raise ApiError (SerializationException, ValidationException) when params do not fit the operation."""
    if _plainly_fit(operation, params):
        return
    shape = model().operation_model(operation).input_shape
    if shape is None:
        return
    _check_types(shape, params)
    faults = list(_faults(shape, params, ""))
    if faults:
        count = f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected: "
        raise ApiError("ValidationException", count + "; ".join(faults))


@dataclass(frozen=True, slots=True)
class _Text:
    """What a member that is a text must be like."""

    least: float
    most: float
    pattern: re.Pattern[str] | None
    required: bool

    def takes(self, value: Any) -> bool:
        if not isinstance(value, str):
            return value is None and not self.required
        fits = self.least <= len(value) <= self.most
        return fits and (self.pattern is None or self.pattern.fullmatch(value) is not None)


def _plainly_fit(operation: str, params: dict[str, Any]) -> bool:
    """Whether params fit, seen at a glance: all of them are texts, and there is nothing to complain of."""
    texts = _texts(operation)
    if not (_only_texts_required(operation) and params.keys() <= texts.keys()):
        return False
    return all(text.takes(params.get(name)) for name, text in texts.items())


@cache
def _texts(operation: str) -> dict[str, _Text]:
    """The members of an operation's input that are texts, without those of a few values."""
    shape = model().operation_model(operation).input_shape
    found = {}
    for name, member in shape.members.items() if shape is not None else ():
        if isinstance(member, StringShape) and not member.enum:
            judged_later = name in _JUDGED_LATER
            pattern = None if judged_later else member.metadata.get("pattern")
            found[name] = _Text(
                0 if judged_later else member.metadata.get("min", 0),
                member.metadata.get("max", float("inf")),
                _python_pattern(pattern) if pattern else None,
                name in shape.required_members,
            )
    return found


@cache
def _only_texts_required(operation: str) -> bool:
    shape = model().operation_model(operation).input_shape
    return shape is None or _texts(operation).keys() >= set(shape.required_members)


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
    if kind in ("integer", "long", "float", "double"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return True


def _serialization(value: Any, wanted: str) -> ApiError:
    if isinstance(value, dict):
        given = "Start of structure or map found where not expected."
    elif isinstance(value, list):
        given = "Start of list found where not expected"
    else:
        if isinstance(value, bool):
            token = "TRUE_VALUE" if value else "FALSE_VALUE"
        else:
            token = "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"
        article = "an" if wanted[0] in "Ii" else "a"
        given = f"{token} can not be converted to {article} {wanted}"
    return ApiError("SerializationException", given)


def _faults(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            here = f"{path}.{name}" if path else name
            given = value.get(name)
            if given is None:
                if name in shape.required_members:
                    yield _fault(shape, None, here, "Member must not be null")
            elif here not in _JUDGED_LATER:
                yield from _faults(member, given, here)
            else:
                yield from _longest_faults(member, given, here)
    elif isinstance(shape, ListShape):
        yield from _size_faults(shape, value, path, len(value), "length")
        for number, item in enumerate(value, 1):
            yield from _faults(shape.member, item, f"{path}.{number}.member")
    elif isinstance(shape, StringShape):
        yield from _size_faults(shape, value, path, len(value), "length")
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(_python_pattern(pattern), value):
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


@cache
def _python_pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(r"\p{ASCII}", r"[\x00-\x7f]"), re.S)
