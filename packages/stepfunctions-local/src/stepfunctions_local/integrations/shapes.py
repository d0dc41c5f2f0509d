"""Convert values between the Amazon States Language and botocore, by a service's model."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.utils import parse_to_aware_datetime

from . import naming
from .formatting import iso, json_text

_INTEGERS = {"integer", "long"}
_NUMBERS = {"float", "double"}
_NOT_A_STRING = "The value for the field '{}' must be a STRING"
# The Java SDK reads their times, seconds since 1970, as whole milliseconds.
_JSON_PROTOCOLS = {"json", "rest-json"}


class UnsupportedField(ValueError):
    """An argument that the operation does not have."""

    def __init__(self, name: str):
        super().__init__(f"The field '{name}' is not supported by Step Functions")
        self.name = name


class WrongType(ValueError):
    """An argument whose value does not have the type of the operation's member."""

    def __init__(self, name: str, fault: str = "The value of the field '{}' has an invalid format"):
        super().__init__(fault.format(name))


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@cache
def service_model(service: str) -> ServiceModel | None:
    """Return botocore's model of a service, or None."""
    try:
        return _session().get_service_model(service)
    except UnknownServiceError:
        return None


def known_operation(service: str, method: str) -> OperationModel:
    """Return an operation that must exist. Raises LookupError."""
    operation = operation_model(service, method)
    if operation is None:
        raise LookupError(f"botocore has no {service} {method}")
    return operation


@cache
def operation_model(service: str, method: str) -> OperationModel | None:
    """Return the operation of a resource ARN's action (`putItem`), or None. Spelling must be the SDK's."""
    model = service_model(service)
    if model is None:
        return None
    for name in model.operation_names:
        if naming.operation(name) == method:
            return model.operation_model(name)
    return None


@cache
def _members(shape: StructureShape) -> dict[str, str]:
    """Map the spellings of a structure's members in optimised integrations to botocore's name."""
    return _sdk_members(shape) | {name[0].upper() + name[1:]: name for name in shape.members}


@cache
def _sdk_members(shape: StructureShape) -> dict[str, str]:
    """Map the Java SDK's spelling of a structure's members to botocore's name."""
    spellings = {naming.member(name): name for name in shape.members}
    if "Equals" in spellings:  # Java's Object.equals has that name already
        spellings["EqualsValue"] = spellings["Equals"]
    if shape.name == "AttributeValue":  # DynamoDB's own names of types: BOOL as well as Bool
        spellings |= {name: name for name in shape.members}
    return spellings


def member_named(shape: StructureShape, name: str, exact: bool = False) -> str:
    """Return botocore's name of a member; with `exact`, only the SDK's spelling is one. Raises UnsupportedField."""
    member = (_sdk_members(shape) if exact else _members(shape)).get(name)
    if member is None:
        raise UnsupportedField(name)
    return member


@cache
def required_members(operation: OperationModel) -> tuple[str, ...]:
    """Return the required params, without idempotency tokens, which the SDK generates."""
    if operation.input_shape is None:
        return ()
    generated = set(operation.idempotent_members)
    return tuple(name for name in operation.input_shape.required_members if name not in generated)


def literal_errors(shape: Shape, arguments: Any, exact: bool = False) -> list[str]:
    """Return AWS's messages for nested names and values of literal arguments that are not accepted.

    Names at the top level are not checked.
    """
    if not isinstance(shape, StructureShape) or not isinstance(arguments, dict):
        return []
    spellings = _sdk_members(shape) if exact else _members(shape)
    return [
        error
        for name, value in arguments.items()
        if name in spellings
        for error in _literal_errors(shape.members[spellings[name]], value, exact)
    ]


def _literal_errors(shape: Shape, value: Any, exact: bool) -> list[str]:
    if isinstance(value, list) and isinstance(shape, ListShape):
        return [error for item in value for error in _literal_errors(shape.member, item, exact)]
    if not isinstance(value, dict):
        return []
    if isinstance(shape, StructureShape) and not getattr(shape, "is_document_type", False):
        spellings = _sdk_members(shape) if exact else _members(shape)
        unknown = [name for name in value if name.removesuffix(".$") not in spellings]
        return [str(UnsupportedField(name)) for name in unknown] + literal_errors(shape, value, exact)
    if not isinstance(shape, MapShape):
        return []
    errors = []
    for key, item in value.items():
        if shape.value.type_name == "string" and not key.endswith(".$") and not isinstance(item, str | None):
            errors.append(str(WrongType(key, _NOT_A_STRING)))
        errors += _literal_errors(shape.value, item, exact)
    return errors


@dataclass(frozen=True, slots=True)
class _Arguments:
    """How arguments are written: the bytes of a value, and whether names must have the SDK's spelling."""

    binary: Callable[[Any], bytes]
    exact: bool


def to_params(operation: OperationModel, arguments: Any, exact: bool = False) -> dict[str, Any]:
    """Convert a Task's arguments to an operation's botocore params; with `exact`, names have the SDK's spelling.

    Raises UnsupportedField, WrongType.
    """
    if operation.input_shape is None:
        return {}
    binary = _base64_bytes if operation.service_model.service_name.startswith("dynamodb") else _json_bytes
    params: dict[str, Any] = _to_value(
        operation.input_shape, arguments if isinstance(arguments, dict) else {}, _Arguments(binary, exact), ""
    )
    return params


def _to_value(shape: Shape, value: Any, form: _Arguments, field: str) -> Any:
    """Convert a value of the argument `field`. Raises UnsupportedField, WrongType."""
    if value is None:
        return None
    if isinstance(shape, StructureShape):
        if getattr(shape, "is_document_type", False):
            return value
        members = (
            (member_named(shape, name, form.exact), name, item)
            for name, item in _of(dict, value, field).items()
        )
        return {
            member: _to_value(shape.members[member], item, form, name)
            for member, name, item in members
            if item is not None
        }
    if isinstance(shape, ListShape):
        return [_to_value(shape.member, item, form, field) for item in _of(list, value, field)]
    if isinstance(shape, MapShape):
        return _to_map(shape, _of(dict, value, field), form, field)
    try:
        return _to_scalar(shape.type_name, value, form.binary)
    except ValueError:
        raise WrongType(field) from None


def _to_map(shape: MapShape, value: dict[str, Any], form: _Arguments, field: str) -> dict[str, Any]:
    if shape.value.type_name == "string":
        for key, item in value.items():
            if not isinstance(item, str | None):
                raise WrongType(key, _NOT_A_STRING)
    return {key: _to_value(shape.value, item, form, field) for key, item in value.items()}


def _of[C: (dict[str, Any], list[Any])](kind: type[C], value: Any, field: str) -> C:
    if not isinstance(value, kind):
        raise WrongType(field)
    return value


def _to_scalar(kind: str, value: Any, binary: Callable[[Any], bytes]) -> Any:
    """Convert a value that has no members. Raises ValueError for a value of another type."""
    if kind == "blob":
        return binary(value)
    if kind in ("string", "character"):
        return value if isinstance(value, str) else json_text(value)
    if kind in _INTEGERS | _NUMBERS:
        return _number(kind, value)
    if kind == "boolean":
        return _boolean(value)
    if kind == "timestamp":
        parse_to_aware_datetime(value)
    return value


def _number(kind: str, value: Any) -> Any:
    if isinstance(value, str):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(value)
    if kind in _INTEGERS and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise ValueError(value)


def _json_bytes(value: Any) -> bytes:
    return json_text(value).encode()


def _base64_bytes(value: Any) -> bytes:
    return base64.b64decode(value) if isinstance(value, str) else _json_bytes(value)


@dataclass(frozen=True, slots=True)
class _Format:
    """How an integration shows a response."""

    rename: Callable[[str], str]
    time: Callable[[datetime | float], str | int]
    text: Callable[[bytes], str]


def to_output(
    operation: OperationModel,
    response: dict[str, Any],
    rename: Callable[[str], str] = naming.member,
    time: Callable[[datetime | float], str | int] = iso,
) -> dict[str, Any]:
    """Convert botocore's response to a task's output: members renamed, times formatted, bytes as text."""
    if operation.output_shape is None:
        return {}
    text = _as_base64 if operation.service_model.service_name.startswith("dynamodb") else _as_text
    if time is iso and operation.service_model.metadata["protocol"] in _JSON_PROTOCOLS:
        time = partial(iso, timespec="milliseconds")
    output: dict[str, Any] = _from_value(operation.output_shape, response, _Format(rename, time, text))
    return output


def _from_value(shape: Shape, value: Any, form: _Format) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        if getattr(shape, "is_document_type", False):
            return value
        return {
            form.rename(name): _from_value(member, value[name], form)
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_from_value(shape.member, item, form) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: _from_value(shape.value, item, form) for key, item in value.items()}
    if isinstance(value, datetime) or (shape.type_name == "timestamp" and isinstance(value, int | float)):
        return form.time(value)
    if isinstance(value, bytes | bytearray):
        return form.text(bytes(value))
    return value


def _as_text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _as_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
