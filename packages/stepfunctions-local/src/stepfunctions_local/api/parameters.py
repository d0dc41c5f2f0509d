"""Fast validation of requests against botocore's model of the API.

Most requests have only valid strings, numbers and booleans; these are checked here without importing botocore. All
other requests are checked by `parameter_errors`.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..model_patterns import python_pattern
from .service_model import CHECKED_BY_OPERATION, model


@dataclass(frozen=True, slots=True)
class _Text:
    """The constraints of a string."""

    minimum: float
    maximum: float
    pattern: re.Pattern[str] | None
    values: frozenset[str] | None

    def accepts(self, value: Any) -> bool:
        if not isinstance(value, str) or not self.minimum <= len(value) <= self.maximum:
            return False
        if self.values is not None:
            return value in self.values
        return self.pattern is None or self.pattern.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class _Number:
    """The constraints of an integer."""

    minimum: float
    maximum: float

    def accepts(self, value: Any) -> bool:
        return type(value) is int and self.minimum <= value <= self.maximum


class _Flag:
    """A boolean."""

    def accepts(self, value: Any) -> bool:
        return type(value) is bool


type _Simple = _Text | _Number | _Flag


@dataclass(frozen=True, slots=True)
class _Members:
    """An operation's members of simple types, and the names of all required members."""

    simple: dict[str, _Simple]
    required: frozenset[str]

    def accept(self, params: dict[str, Any]) -> bool:
        """Return whether all params are simple and valid and no required one is missing; null means missing."""
        missing = len(self.required)
        for name, value in params.items():
            if value is None:
                continue
            simple = self.simple.get(name)
            if simple is None or not simple.accepts(value):
                return False
            missing -= name in self.required
        return missing == 0


def check(operation: str, params: dict[str, Any]) -> None:
    """Raise ApiError (SerializationException, ValidationException) when params do not fit the operation."""
    if _members(operation).accept(params):
        return
    from .parameter_errors import check_strictly

    check_strictly(operation, params)


@cache
def _members(operation: str) -> _Members:
    shapes = model()["shapes"]
    shape = shapes[model()["operations"][operation]["input"]["shape"]]
    members = {name: shapes[reference["shape"]] for name, reference in shape["members"].items()}
    simple = {name: _simple(name, member) for name, member in members.items()}
    return _Members(
        {name: constraint for name, constraint in simple.items() if constraint is not None},
        frozenset(shape.get("required", ())),
    )


def _simple(name: str, member: dict[str, Any]) -> _Simple | None:
    """Return the constraints of a member of a simple type, or None."""
    match member["type"]:
        case "string" if name in CHECKED_BY_OPERATION:
            return _Text(0, member.get("max", float("inf")), None, None)
        case "string":
            pattern = python_pattern(member["pattern"]) if "pattern" in member else None
            values = frozenset(member["enum"]) if "enum" in member else None
            return _Text(member.get("min", 0), member.get("max", float("inf")), pattern, values)
        case "integer" | "long":
            return _Number(member.get("min", -float("inf")), member.get("max", float("inf")))
        case "boolean":
            return _Flag()
    return None
