"""AWS's messages for requests that do not fit botocore's model of an API."""

from collections.abc import Collection, Iterator
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from .errors import ApiError
from .model_patterns import python_pattern

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


def check_types(shape: Shape, value: Any) -> None:
    """Raise ApiError (SerializationException) when a value is not of the type of its shape; null is of any."""
    if value is None:
        return
    kind = shape.type_name
    if isinstance(shape, StructureShape):
        if not isinstance(value, dict):
            raise _serialization(value, "structure")
        for name, member in shape.members.items():
            check_types(member, value.get(name))
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            raise _serialization(value, "list")
        for item in value:
            check_types(shape.member, item)
    elif isinstance(shape, MapShape):
        if not isinstance(value, dict):
            raise _serialization(value, "map")
        for item in value.values():
            check_types(shape.value, item)
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


def check_constraints(shape: Shape, params: dict[str, Any], only_maximum: Collection[str] = ()) -> None:
    """Raise ApiError (ValidationException) when params violate constraints of the model.

    Of the members named in `only_maximum` the operation checks the other constraints.
    """
    problems = list(violations(shape, params, only_maximum))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise ApiError("ValidationException", count + "; ".join(problems))


def violations(shape: Shape, params: dict[str, Any], only_maximum: Collection[str] = ()) -> Iterator[str]:
    """Yield AWS's text for each violated constraint of params whose types fit."""
    return _violations(shape, params, "", only_maximum)


def _violations(shape: Shape, value: Any, path: str, only_maximum: Collection[str] = ()) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            name_in_message = name[:1].lower() + name[1:]
            member_path = f"{path}.{name_in_message}" if path else name_in_message
            member_value = value.get(name)
            if member_value is None:
                if name in shape.required_members:
                    yield _violation(shape, None, member_path, "Member must not be null")
            elif member_path not in only_maximum:
                yield from _violations(member, member_value, member_path)
            else:
                yield from _max_violations(member, member_value, member_path)
    elif isinstance(shape, ListShape):
        yield from _size_violations(shape, value, path, len(value), "length")
        yield from _member_violations(shape, value, path)
    elif isinstance(shape, MapShape):
        yield from _size_violations(shape, value, path, len(value), "length")
        yield from _map_violations(shape, value, path)
    elif isinstance(shape, StringShape):
        for constraint in _text_constraints(shape, value):
            yield _violation(shape, value, path, constraint)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _size_violations(shape, value, path, value, "value")


def _member_violations(shape: ListShape, value: list[Any], path: str) -> Iterator[str]:
    is_text = isinstance(shape.member, StringShape)
    for number, item in enumerate(value, 1):
        member_path = f"{path}.{number}.member"
        if item is None:
            yield _violation(shape, None, member_path, "Member must not be null")
        elif not is_text:
            yield from _violations(shape.member, item, member_path)
    if is_text:
        texts = [item for item in value if item is not None]
        if any(next(_text_constraints(shape.member, item), None) for item in texts):
            constraints = ", ".join(_all_constraints(shape.member))
            yield _violation(shape, value, path, f"Member must satisfy constraint: [{constraints}]")


def _map_violations(shape: MapShape, value: dict[str, Any], path: str) -> Iterator[str]:
    for name, member, items in (("keys", shape.key, value.keys()), ("value", shape.value, value.values())):
        if isinstance(member, StringShape):
            if any(next(_text_constraints(member, item), None) for item in items if item is not None):
                constraints = ", ".join(_all_constraints(member))
                constraint = f"Map {name} must satisfy constraint: [{constraints}]"
                yield _violation(shape, value, path, constraint)
        elif member is shape.value:
            for key, item in value.items():
                if item is not None:
                    yield from _violations(member, item, f"{path}.{key}.member")


def _text_constraints(shape: Shape, value: str) -> Iterator[str]:
    """Yield the constraints that a text violates."""
    for constraint, is_met in _constraints(shape):
        if not is_met(value):
            yield constraint


def _all_constraints(shape: Shape) -> Iterator[str]:
    return (constraint for constraint, _ in _constraints(shape))


def _constraints(shape: Shape) -> Iterator[tuple[str, Any]]:
    """Yield each constraint of a text with its predicate."""
    maximum, minimum = shape.metadata.get("max"), shape.metadata.get("min")
    if maximum is not None:
        yield f"Member must have length less than or equal to {maximum}", lambda text: len(text) <= maximum
    if minimum is not None:
        yield f"Member must have length greater than or equal to {minimum}", lambda text: len(text) >= minimum
    pattern = shape.metadata.get("pattern")
    compiled = python_pattern(pattern) if pattern else None
    if compiled is not None:
        yield f"Member must satisfy regular expression pattern: {pattern}", compiled.fullmatch
    enum = list(getattr(shape, "enum", ()))
    if enum:
        values = ", ".join(_ENUM_ORDER.get(shape.name, enum))
        yield f"Member must satisfy enum value set: [{values}]", lambda text: text in enum


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
    if value is None:
        return "null"
    if isinstance(shape, ListShape):
        return f"[{', '.join(_java(shape.member, item) for item in value)}]"
    if isinstance(shape, MapShape):
        return f"{{{', '.join(f'{key}={_java(shape.value, item)}' for key, item in value.items())}}}"
    if isinstance(shape, StructureShape):
        members = (
            f"{name[:1].lower()}{name[1:]}={_java(member, value.get(name))}"
            for name, member in shape.members.items()
        )
        return f"{shape.name}({', '.join(members)})"
    return str(value).lower() if isinstance(value, bool) else str(value)
