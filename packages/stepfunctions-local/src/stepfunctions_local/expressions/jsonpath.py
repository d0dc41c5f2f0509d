"""Evaluation of paths and reference paths.

A definite path (names and indexes only) has one value or fails; any other has a list of values, which may be
empty.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from ..errors import RuntimeFailure
from .json_text import dumps
from .jsonpath_filter import FilterSyntaxError
from .jsonpath_parser import (
    Descend,
    Filter,
    Function,
    Index,
    PathSyntaxError,
    Property,
    Slice,
    Step,
    Wildcard,
    parse_path,
)
from .scope import Scope

__all__ = [
    "Path",
    "PathNotFound",
    "PathSyntaxError",
    "ReferencePath",
    "compile_path",
    "compile_reference_path",
]

_JAVA_NAMES = {
    str: "java.lang.String",
    bool: "java.lang.Boolean",
    int: "java.lang.Integer",
    float: "java.lang.Double",
}


class PathNotFound(Exception):
    """A definite path has no value; the message is that of the JSONPath library, as AWS shows it."""


class Path:
    """A compiled path; `root` is "$", "$$" or a variable's name, `variable` that name or None."""

    __slots__ = ("definite", "root", "steps", "text", "variable")

    def __init__(self, text: str):
        self.text = text
        self.root, self.steps = parse_path(text)
        self.variable = None if self.root in ("$", "$$") else self.root
        self.definite = all(_is_definite(step) for step in self.steps)

    def document(self, scope: Scope) -> Any:
        """Return the value of the path's root.

        Raises PathNotFound when the variable is not set.
        """
        if self.root == "$":
            return scope.input
        if self.root == "$$":
            return scope.context
        try:
            return scope.variables[self.root]
        except KeyError:
            raise PathNotFound(f"No results for path: ${self.root}") from None

    def evaluate(self, scope: Scope) -> Any:
        """Return the value at the path.

        Raises PathNotFound when a definite path has none.
        """
        document = self.document(scope)
        if not self.definite:
            return find(document, self.steps, None)
        return _follow(document, self.steps)

    def read(self, scope: Scope, field: str) -> Any:
        """Return the value at the path, for the field that contains it (payload templates, SecondsPath, …).

        Raises RuntimeFailure with AWS's message when there is none.
        """
        try:
            return self.evaluate(scope)
        except PathNotFound:
            document = scope.context if self.root == "$$" else scope.input
            raise RuntimeFailure(
                f"The JSONPath '{self.text}' specified for the field '{field}' "
                f"could not be found in the input '{dumps(document)}'"
            ) from None

    def select(self, scope: Scope) -> Any:
        """Return the value at the path, for InputPath and OutputPath.

        Raises RuntimeFailure when there is none.
        """
        try:
            return self.evaluate(scope)
        except PathNotFound as error:
            raise RuntimeFailure(f"Invalid path '{self.text}' : {error}") from None


def _is_definite(step: Step) -> bool:
    match step:
        case Property(names):
            return len(names) == 1
        case Index(positions):
            return len(positions) == 1
        case Function():
            return True
    return False


def _follow(value: Any, steps: Sequence[Step]) -> Any:
    """Return the value at a definite path.

    Raises PathNotFound.
    """
    for depth, step in enumerate(steps):
        if type(step) is Property:
            if type(value) is dict:
                try:
                    value = value[step.names[0]]
                except KeyError:
                    leaf = depth == len(steps) - 1
                    reason = "No results for path: " if leaf else "Missing property in path "
                    raise PathNotFound(reason + canonical(steps[: depth + 1])) from None
                continue
            name = "null" if value is None else _JAVA_NAMES.get(type(value), "net.minidev.json.JSONArray")
            raise PathNotFound(
                f"Expected to find an object with property ['{step.names[0]}'] in path "
                f"{canonical(steps[:depth])} but found '{name}'. "
                "This is not a json object according to the JsonProvider: "
                "'com.jayway.jsonpath.spi.json.JsonSmartJsonProvider'."
            )
        if type(step) is Index:
            if type(value) is not list:
                if value is None:
                    raise PathNotFound(f"The path {canonical(steps[:depth])} is null")
                raise PathNotFound(
                    f"Filter: [{step.positions[0]}] can only be applied to arrays. "
                    f"Current context is: {dumps(value)}"
                )
            try:
                value = value[step.positions[0]]
            except IndexError:
                raise PathNotFound("No results for path: " + canonical(steps)) from None
        elif type(step) is Function:
            value = _apply(step.name, value)
    return value


def canonical(steps: Sequence[Step]) -> str:
    """Return the path in bracket notation, as the JSONPath library writes it."""
    parts = ["$"]
    for step in steps:
        if type(step) is Property:
            parts.append("[" + ",".join(f"'{name}'" for name in step.names) + "]")
        elif type(step) is Index:
            parts.append("[" + ",".join(map(str, step.positions)) + "]")
        elif type(step) is Function:
            parts.append(f".{step.name}()")
    return "".join(parts)


def find(document: Any, steps: Sequence[Step], missing: Any) -> Any:
    """Return the nodes of an indefinite path, or the value of a definite one (in a filter) or `missing`."""
    nodes, definite, descending = [document], True, False
    for step in steps:
        if type(step) is Descend:
            descending, definite = True, False
            continue
        if type(step) is Function:
            return _apply(step.name, (nodes[0] if nodes else None) if definite else nodes)
        if descending:
            nodes = [descendant for node in nodes for descendant in _descendants(node)]
            descending = False
        definite = definite and _is_definite(step)
        nodes = [selected for node in nodes for selected in _select(node, step, document)]
    if definite:
        return nodes[0] if nodes else missing
    return nodes


def _descendants(node: Any) -> list[Any]:
    """Return the node and every object and array under it, outermost first."""
    if not isinstance(node, (dict, list)):
        return []
    nodes = [node]
    for child in node.values() if isinstance(node, dict) else node:
        nodes += _descendants(child)
    return nodes


def _select(node: Any, step: Step, document: Any) -> list[Any]:
    match step:
        case Property(names):
            return [node[name] for name in names if name in node] if isinstance(node, dict) else []
        case Wildcard():
            return (
                list(node.values())
                if isinstance(node, dict)
                else list(node)
                if isinstance(node, list)
                else []
            )
        case Index(positions) if isinstance(node, list):
            return [node[index] for index in positions if -len(node) <= index < len(node)]
        case Slice(start, stop) if isinstance(node, list):
            return node[start:stop]
        case Filter(predicate):
            items = node if isinstance(node, list) else [node]
            return [item for item in items if predicate(item, document)]
    return []


def _apply(name: str, value: Any) -> Any:
    if name in ("length", "size"):
        return len(value) if isinstance(value, (list, dict, str)) else None
    if name == "keys":
        return list(value) if isinstance(value, dict) else None
    if not isinstance(value, list):
        return None
    if name in ("first", "last"):
        return (value[0] if name == "first" else value[-1]) if value else None
    numbers = [item for item in value if isinstance(item, (int, float)) and not isinstance(item, bool)]
    if not numbers:
        raise PathNotFound("Aggregation function attempted to calculate value using empty array")
    mean = math.fsum(numbers) / len(numbers)
    deviation = math.sqrt(math.fsum((n - mean) ** 2 for n in numbers) / len(numbers))
    totals = {
        "min": min(numbers),
        "max": max(numbers),
        "sum": math.fsum(numbers),
        "avg": mean,
        "stddev": deviation,
    }
    return float(totals[name])


@lru_cache(maxsize=4096)
def compile_path(text: str) -> Path:
    """Return the compiled path (cached).

    Raises PathSyntaxError.
    """
    try:
        return Path(text)
    except FilterSyntaxError as error:
        raise PathSyntaxError(str(error)) from None


class ReferencePath:
    """A path to a single node, which can be written (ResultPath).

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultpath.html
    """

    __slots__ = ("steps", "text")

    def __init__(self, text: str):
        path = compile_path(text)
        if path.root != "$" or not path.definite or any(isinstance(step, Function) for step in path.steps):
            raise PathSyntaxError(f"Value is not a Reference Path: {text}")
        self.text = text
        self.steps: tuple[Any, ...] = path.steps

    def write(self, document: Any, value: Any) -> Any:
        """Return a copy of `document` with `value` at the path; create missing objects.

        Raises RuntimeFailure (States.ResultPathMatchFailure) when a parent on the path is not an object, or an
        index is out of bounds.
        """
        return self._put(document, 0, value, document)

    def _put(self, node: Any, depth: int, value: Any, document: Any) -> Any:
        if depth == len(self.steps):
            return value
        step = self.steps[depth]
        if isinstance(step, Property) and (node is None or isinstance(node, dict)):
            name = step.names[0]
            copy = dict(node or {})
            copy[name] = self._put(copy.get(name), depth + 1, value, document)
            return copy
        if isinstance(step, Index) and isinstance(node, list) and 0 <= step.positions[0] < len(node):
            items = list(node)
            items[step.positions[0]] = self._put(items[step.positions[0]], depth + 1, value, document)
            return items
        raise RuntimeFailure(
            f"Unable to apply Reference Path {self.text} to input {dumps(document)}",
            "States.ResultPathMatchFailure",
        )


@lru_cache(maxsize=1024)
def compile_reference_path(text: str) -> ReferencePath:
    """Return the compiled reference path (cached).

    Raises PathSyntaxError.
    """
    return ReferencePath(text)
