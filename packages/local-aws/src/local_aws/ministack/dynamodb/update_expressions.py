"""The grammar of DynamoDB's update expressions, and what is wrong with one before it meets an item.

Source: the DynamoDB Developer Guide, "Using update expressions in DynamoDB"; the texts are those of DynamoDB in public
tests.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any, NamedTuple, NoReturn

type Path = tuple[str | int, ...]

_TOKEN = re.compile(r"\s*(?P<text>[#:]?\w+|\S)")
_VALUE = re.compile(r":\w+")
_NAME = re.compile(r"#\w+|[A-Za-z_]\w*")
_SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")
_OPERANDS = {"if_not_exists": 2, "list_append": 2}
_CONDITION_FUNCTIONS = (
    "attribute_exists",
    "attribute_not_exists",
    "attribute_type",
    "begins_with",
    "contains",
    "size",
)
_MAX_EXPRESSIONS = 4_096


class InvalidUpdateError(ValueError):
    """An update expression that DynamoDB rejects; the message says why."""


class Update(NamedTuple):
    """The paths that an update changes, with `#` names, and the values that an operator or function takes."""

    paths: tuple[Path, ...]
    typed_values: tuple[tuple[str, str], ...]


def update_problem(
    text: str, names: Mapping[str, str], values: Mapping[str, Mapping[str, Any]]
) -> str | None:
    """Return what is wrong with an expression, whatever the item is; None if nothing is."""
    try:
        update = parse(text)
    except InvalidUpdateError as error:
        return str(error)
    for operator, name in update.typed_values:
        kind = next(iter(values.get(name, ())), None)
        if kind is not None and kind != ("L" if operator == "list_append" else "N"):
            wrong = "Incorrect operand type for operator or function"
            return (
                f"Invalid UpdateExpression: {wrong}; operator or function: {operator}, operand type: {kind}"
            )
    paths = [
        tuple(names.get(str(part), part) if isinstance(part, str) else part for part in path)
        for path in update.paths
    ]
    return next(filter(None, (_relation(one, other) for one, other in combinations(paths, 2))), None)


@functools.lru_cache(_MAX_EXPRESSIONS)
def parse(text: str) -> Update:
    """Parse an update expression. Raise InvalidUpdateError."""
    return _Parser(text).update()


def _relation(one: Path, other: Path) -> str | None:
    """Return why two paths cannot be changed at once; None if they can."""
    common = 0
    while common < min(len(one), len(other)) and one[common] == other[common]:
        common += 1
    if common == min(len(one), len(other)):
        relation = "overlap"
    elif isinstance(one[common], str) != isinstance(other[common], str):
        relation = "conflict"
    else:
        return None
    first, second = (
        ", ".join(f"[{part}]" if isinstance(part, int) else part for part in path) for path in (one, other)
    )
    return (
        f"1 validation error detected: Invalid UpdateExpression: Two document paths {relation} with each other; must"
        f" remove or rewrite one of these paths; path one: [{first}], path two: [{second}]"
    )


class _Parser:
    """A recursive descent over the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [(match["text"], match.start("text"), match.end()) for match in _TOKEN.finditer(text)]
        self._at = 0
        self._paths: list[Path] = []
        self._typed_values: list[tuple[str, str]] = []

    def update(self) -> Update:
        sections: set[str] = set()
        while self._at < len(self._tokens):
            section = self._take(lambda token: token.upper() in _SECTIONS).upper()
            if section in sections:
                raise InvalidUpdateError(
                    f'1 validation error detected: Invalid UpdateExpression: The "{section}" section can only be used'
                    " once in an update expression;"
                )
            sections.add(section)
            for _ in self._separated():
                self._action(section)
        return Update(tuple(self._paths), tuple(self._typed_values))

    def _action(self, section: str) -> None:
        self._paths.append(self._path())
        if section == "SET":
            self._take("=".__eq__)
            self._value()
        elif section != "REMOVE":
            self._take(_VALUE.fullmatch)

    def _value(self) -> None:
        first = self._operand()
        operator = self._peek()
        if operator in ("+", "-"):
            self._at += 1
            operands = (first, self._operand())
            self._typed_values += [(operator, value) for value in operands if value is not None]

    def _operand(self) -> str | None:
        """Take an operand; return the name of a value, None for anything else."""
        word = self._peek()
        if word == "(":
            self._at += 1
            self._value()
            self._take(")".__eq__)
            return None
        if _VALUE.fullmatch(word):
            self._at += 1
            return word
        if _NAME.fullmatch(word) and self._peek(1) == "(":
            self._function()
        else:
            self._path()
        return None

    def _function(self) -> None:
        name = self._peek()
        self._at += 2
        operands = [(self._peek(), self._operand()) for _ in self._separated()]
        self._take(")".__eq__)
        if name in _CONDITION_FUNCTIONS:
            self._reject(f"The function is not allowed in an update expression; function: {name}")
        if name not in _OPERANDS:
            self._reject(f"Invalid function name; function: {name}")
        if len(operands) != _OPERANDS[name]:
            wrong = "Incorrect number of operands for operator or function"
            self._reject(f"{wrong}; operator or function: {name}, number of operands: {len(operands)}")
        if name == "if_not_exists" and operands[0][1] is not None:
            self._reject(f"Operator or function requires a document path; operator or function: {name}")
        if name == "list_append":
            self._typed_values += [(name, value) for _, value in operands if value is not None]

    def _path(self) -> Path:
        parts: list[str | int] = [self._take(_NAME.fullmatch)]
        while self._peek() in (".", "["):
            if self._take(bool) == ".":
                parts.append(self._take(_NAME.fullmatch))
            else:
                parts.append(int(self._take(str.isdecimal)))
                self._take("]".__eq__)
        return tuple(parts)

    def _separated(self) -> Iterator[None]:
        """Yield for each element of a list that is separated by commas."""
        yield
        while self._peek() == ",":
            self._at += 1
            yield

    def _peek(self, offset: int = 0) -> str:
        place = self._at + offset
        return self._tokens[place][0] if place < len(self._tokens) else ""

    def _take(self, fits: Callable[[str], Any]) -> str:
        token = self._peek()
        if not token or not fits(token):
            around = self._tokens[max(self._at - 1, 0) : self._at + 2]
            near = self._text[around[0][1] : around[-1][2]] if around else ""
            self._reject(f'Syntax error; token: "{token or "<EOF>"}", near: "{near}"')
        self._at += 1
        return token

    def _reject(self, problem: str) -> NoReturn:
        raise InvalidUpdateError(f"Invalid UpdateExpression: {problem}")
