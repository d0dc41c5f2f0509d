"""Shapes of JSON values: what a function's return annotation says about the fields of its response."""

import types
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import (
    Annotated,
    Any,
    Literal,
    TypeAliasType,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value of any shape: every field may be read from it."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A string, number, boolean or null: it has no fields."""


@dataclass(frozen=True, slots=True)
class Absent:
    """No value: the field may be missing."""


@dataclass(frozen=True, slots=True)
class Record:
    """An object. `name` is for messages."""

    name: str
    fields: tuple[tuple[str, "Shape"], ...]


@dataclass(frozen=True, slots=True)
class Array:
    """A list of items of one shape."""

    item: "Shape"


@dataclass(frozen=True, slots=True)
class OneOf:
    """Alternatives, each of another shape."""

    shapes: frozenset["Shape"]


type Shape = Unknown | Scalar | Absent | Record | Array | OneOf

UNKNOWN, SCALAR, ABSENT = Unknown(), Scalar(), Absent()


def record(name: str, fields: Mapping[str, Shape]) -> Record:
    return Record(name, tuple(fields.items()))


def join(shapes: Iterable[Shape]) -> Shape:
    """Return the shape of a value that has one of these shapes."""
    alternatives: set[Shape] = set()
    for shape in shapes:
        alternatives |= shape.shapes if isinstance(shape, OneOf) else {shape}
    if UNKNOWN in alternatives or not alternatives:
        return OneOf(frozenset({UNKNOWN, ABSENT})) if ABSENT in alternatives else UNKNOWN
    return alternatives.pop() if len(alternatives) == 1 else OneOf(frozenset(alternatives))


def may_be_absent(shape: Shape) -> bool:
    return shape == ABSENT or (isinstance(shape, OneOf) and ABSENT in shape.shapes)


def present(shape: Shape) -> Shape:
    """Return the shape of a value that is known to be there."""
    if isinstance(shape, OneOf):
        return join(shape.shapes - {ABSENT})
    return UNKNOWN if shape == ABSENT else shape


def field(shape: Shape, name: str) -> Shape | None:
    """Return the shape of a field as JSONata reads it, None when no alternative has the field.

    JSONata reads a field of an array from each item, and no value from no value.
    """
    match shape:
        case Unknown():
            return UNKNOWN
        case Scalar():
            return None
        case Absent():
            return ABSENT
        case Record(fields=fields):
            return dict(fields).get(name)
        case Array(item=item):
            inner = field(item, name)
            return inner and items_of(Array(present(inner)), flatten=True)
        case OneOf(shapes=shapes):
            known = [inner for one in shapes - {ABSENT} if (inner := field(one, name)) is not None]
            return join([*known, *([ABSENT] if ABSENT in shapes else ())]) if known else None


def items_of(shape: Shape, flatten: bool = False) -> Shape:
    """Return the shape of an array's items, of the value itself when it is no array.

    With `flatten`, return the array with arrays inside it merged into it, as JSONata sequences are.
    """
    if flatten:
        return Array(items_of(items_of(shape)))
    match shape:
        case Array(item=item):
            return item
        case OneOf(shapes=shapes):
            return join(map(items_of, shapes))
    return shape


@cache
def shape_of(annotation: Any) -> Shape:
    """Return the shape of a value with this type annotation; Unknown for `Any`, `object` and plain mappings."""
    if isinstance(annotation, TypeAliasType):
        return shape_of(annotation.__value__)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return shape_of(arguments[0])
    if origin in (Union, types.UnionType):
        return join(shape_of(one) for one in arguments if one is not type(None))
    if origin is Literal:
        return SCALAR
    if is_typeddict(annotation):
        fields = {name: shape_of(hint) for name, hint in get_type_hints(annotation).items()}
        optional = {name: join((fields[name], ABSENT)) for name in annotation.__optional_keys__}
        return record(annotation.__name__, fields | optional)
    kind = origin if origin is not None else annotation
    if not isinstance(kind, type) or kind in (Any, object) or issubclass(kind, Mapping):
        return UNKNOWN
    if issubclass(kind, BaseModel):
        return record(kind.__name__, dict(_model_fields(kind)))
    if issubclass(kind, Collection) and not issubclass(kind, str | bytes):
        return Array(join(shape_of(one) for one in arguments if one is not Ellipsis))
    return SCALAR


def _model_fields(model: type[BaseModel]) -> Iterator[tuple[str, Shape]]:
    for name, info in model.model_fields.items():
        annotation: Any = info.annotation
        yield info.serialization_alias or name, shape_of(annotation)
    for name, computed in model.model_computed_fields.items():
        yield name, shape_of(computed.return_type)
