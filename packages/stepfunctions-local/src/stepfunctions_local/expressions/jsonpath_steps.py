"""The parts of a parsed path: steps, and the conditions of filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Property:
    """`.name` or `['name']`; several names select each of them that exists."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """`[0]`, `[-1]` or `[0,2]`."""

    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """`[from:to]`, either end optional."""

    start: int | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`.*` or `[*]`."""


@dataclass(frozen=True, slots=True)
class Descend:
    """`..`: the next step applies to every node below."""


@dataclass(frozen=True, slots=True)
class Function:
    """A trailing function, such as `.length()`."""

    name: str


@dataclass(frozen=True, slots=True)
class Filter:
    """`[?(…)]`: the items for which the condition holds."""

    condition: "Condition"


Step = Property | Index | Slice | Wildcard | Descend | Filter | Function


def is_definite(steps: Sequence[Step]) -> bool:
    """Return whether the path selects one node; several names at its end select one object."""
    return all(
        is_single(step) or (type(step) is Property and depth == len(steps) - 1)
        for depth, step in enumerate(steps)
    )


def is_single(step: Step) -> bool:
    """Return whether the step selects one node."""
    match step:
        case Property(names):
            return len(names) == 1
        case Index(positions):
            return len(positions) == 1
        case Function():
            return True
    return False


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal in a filter."""

    value: Any


@dataclass(frozen=True, slots=True)
class PathOperand:
    """A path in a filter, from the item (`@`) or the document (`$`)."""

    from_item: bool
    steps: tuple[Step, ...]
    definite: bool


Operand = Constant | PathOperand


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of two operands."""

    left: Operand
    operator: str
    right: Operand


@dataclass(frozen=True, slots=True)
class Exists:
    """A path alone, which holds when it has a value."""

    operand: PathOperand


@dataclass(frozen=True, slots=True)
class Not:
    """The negation of a condition."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class All:
    """Conditions joined by `&&`."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Conditions joined by `||`."""

    conditions: tuple["Condition", ...]


Condition = Comparison | Exists | Not | All | AnyOf
