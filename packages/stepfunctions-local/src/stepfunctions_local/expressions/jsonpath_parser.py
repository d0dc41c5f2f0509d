"""The parser of JSONPath as Step Functions accepts it, which uses the Jayway library.

A path is a root (`$` the input, `$$` the context, `$name` a variable) and steps. `jsonpath_filter` parses
filters.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
"""

import re
from dataclasses import dataclass

from .jsonpath_filter import Predicate, parse_filter


class PathSyntaxError(ValueError):
    """The text is not a valid path."""


@dataclass(frozen=True, slots=True)
class Property:
    """`.name` or `['name']`; several names select each that is there."""

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
class Filter:
    """`[?(…)]`: the elements for which the predicate holds."""

    predicate: Predicate


@dataclass(frozen=True, slots=True)
class Function:
    """A trailing `.length()` and its like."""

    name: str


Step = Property | Index | Slice | Wildcard | Descend | Filter | Function

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAME = re.compile(r"[^.\[\]()\s'\"]+")
_INDEXES = re.compile(r"\s*-?\d+(\s*,\s*-?\d+)*\s*$")
_SLICE = re.compile(r"\s*(-?\d+)?\s*:\s*(-?\d+)?\s*$")
_FUNCTIONS = frozenset({"length", "size", "min", "max", "avg", "sum", "stddev", "first", "last", "keys"})


def parse_path(text: str) -> tuple[str, tuple[Step, ...]]:
    """Return the root ("$", "$$" or a variable's name) and the steps of `text`.

    Raises PathSyntaxError.
    """
    if not text.startswith("$"):
        raise PathSyntaxError(f"A path must begin with '$': {text}")
    if text.startswith("$$"):
        root, at = "$$", 2
    elif found := _VARIABLE.match(text, 1):
        root, at = found.group(), found.end()
    else:
        root, at = "$", 1
    return root, parse_steps(text, at)


def parse_steps(text: str, at: int) -> tuple[Step, ...]:
    """Return the steps of `text` from position `at` to its end."""
    steps: list[Step] = []
    while at < len(text):
        if text.startswith("..", at):
            steps.append(Descend())
            at += 2
            if at < len(text) and text[at] == "[":
                continue
            at = _dot_step(text, at, steps)
        elif text[at] == ".":
            at = _dot_step(text, at + 1, steps)
        elif text[at] == "[":
            at = _bracket_step(text, at, steps)
        else:
            raise PathSyntaxError(f"Unexpected character {text[at]!r} at position {at} in path: {text}")
    if steps and isinstance(steps[-1], Descend):
        raise PathSyntaxError(f"Path must not end with a '..': {text}")
    return tuple(steps)


def _dot_step(text: str, at: int, steps: list[Step]) -> int:
    if text.startswith("*", at):
        steps.append(Wildcard())
        return at + 1
    found = _NAME.match(text, at)
    if not found:
        raise PathSyntaxError(f"Path must not end with a '.' or have an empty property: {text}")
    name, end = found.group(), found.end()
    if text.startswith("()", end):
        if name not in _FUNCTIONS or end + 2 != len(text):
            raise PathSyntaxError(f"Function {name}() cannot be used here: {text}")
        steps.append(Function(name))
        return end + 2
    steps.append(Property((name,)))
    return end


def _bracket_step(text: str, at: int, steps: list[Step]) -> int:
    end = _closing(text, at)
    body = text[at + 1 : end].strip()
    if body == "*":
        steps.append(Wildcard())
    elif body.startswith("?"):
        inner = body[1:].strip()
        if not (inner.startswith("(") and inner.endswith(")")):
            raise PathSyntaxError(f"A filter must be written [?(…)]: {text}")
        steps.append(Filter(parse_filter(inner[1:-1])))
    elif body[:1] in ("'", '"'):
        steps.append(Property(_quoted_names(body, text)))
    elif _INDEXES.match(body):
        steps.append(Index(tuple(int(part) for part in body.split(","))))
    elif found := _SLICE.match(body):
        start, stop = found.groups()
        steps.append(Slice(int(start) if start else None, int(stop) if stop else None))
    else:
        raise PathSyntaxError(f"Could not parse token starting at position {at}: {text}")
    return end + 1


def _closing(text: str, at: int) -> int:
    """Return the position of the bracket that closes the one at `at`, ignoring quotes and regular expressions."""
    depth, quote, i = 0, "", at
    while i < len(text):
        char = text[i]
        if quote:
            if char == "\\":
                i += 1
            elif char == quote:
                quote = ""
        elif char in "'\"" or (char == "/" and depth):
            quote = char
        elif char in "[(":
            depth += 1
        elif char in "])":
            depth -= 1
            if not depth:
                return i
        i += 1
    raise PathSyntaxError(f"Bracket opened at position {at} is not closed: {text}")


_QUOTED = re.compile(r"\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")\s*(,|$)", re.S)


def _quoted_names(body: str, text: str) -> tuple[str, ...]:
    names: list[str] = []
    at = 0
    while at < len(body):
        found = _QUOTED.match(body, at)
        if not found:
            raise PathSyntaxError(f"Property in brackets is not quoted: {text}")
        # As on AWS, only the closing quote can be escaped; other backslashes are literal.
        single, double = found.group(1), found.group(2)
        names.append(single.replace("\\'", "'") if single is not None else double.replace('\\"', '"'))
        at = found.end()
    return tuple(names)
