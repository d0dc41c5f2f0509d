"""Requests checked against botocore's model of the API.

Nearly all are plain texts, numbers and flags that fit; seen at a glance they cost little, and botocore itself is not
loaded for them.
Whatever is not plain, and whatever does not fit, is for `parameter_faults`.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from .service_model import JUDGED_LATER, model, python_pattern


@dataclass(frozen=True, slots=True)
class _Text:
    """What a member that is a text must be like."""

    least: float
    most: float
    pattern: re.Pattern[str] | None
    choices: frozenset[str] | None

    def takes(self, value: Any) -> bool:
        if not isinstance(value, str) or not self.least <= len(value) <= self.most:
            return False
        if self.choices is not None:
            return value in self.choices
        return self.pattern is None or self.pattern.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class _Number:
    """What a member that is a whole number must be like."""

    least: float
    most: float

    def takes(self, value: Any) -> bool:
        return type(value) is int and self.least <= value <= self.most


class _Flag:
    """A member that is true or false."""

    def takes(self, value: Any) -> bool:
        return type(value) is bool


type _Plain = _Text | _Number | _Flag


@dataclass(frozen=True, slots=True)
class _Members:
    """An operation's plain members, and the required ones, plain or not."""

    plain: dict[str, _Plain]
    required: frozenset[str]

    def take(self, params: dict[str, Any]) -> bool:
        """Whether these are all there is, and fit. What is null is not there."""
        missing = len(self.required)
        for name, value in params.items():
            if value is None:
                continue
            plain = self.plain.get(name)
            if plain is None or not plain.takes(value):
                return False
            missing -= name in self.required
        return missing == 0


def check(operation: str, params: dict[str, Any]) -> None:
    """Raise ApiError (SerializationException, ValidationException) when params do not fit the operation."""
    if _members(operation).take(params):
        return
    from .parameter_errors import check_closely

    check_closely(operation, params)


@cache
def _members(operation: str) -> _Members:
    shapes = model()["shapes"]
    shape = shapes[model()["operations"][operation]["input"]["shape"]]
    members = {name: shapes[reference["shape"]] for name, reference in shape["members"].items()}
    plain = {name: _plain(name, member) for name, member in members.items()}
    return _Members(
        {name: what for name, what in plain.items() if what is not None}, frozenset(shape.get("required", ()))
    )


def _plain(name: str, member: dict[str, Any]) -> _Plain | None:
    """What a member must be like; None when that takes more than a glance."""
    match member["type"]:
        case "string" if name in JUDGED_LATER:
            return _Text(0, member.get("max", float("inf")), None, None)
        case "string":
            pattern = python_pattern(member["pattern"]) if "pattern" in member else None
            choices = frozenset(member["enum"]) if "enum" in member else None
            return _Text(member.get("min", 0), member.get("max", float("inf")), pattern, choices)
        case "integer" | "long":
            return _Number(member.get("min", -float("inf")), member.get("max", float("inf")))
        case "boolean":
            return _Flag()
    return None
