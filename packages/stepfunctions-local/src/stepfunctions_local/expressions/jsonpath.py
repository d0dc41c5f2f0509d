"""Evaluation of paths and reference paths.

A definite path (names and indexes only) has one value or fails; any other has a list of values, which may be
empty.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
"""

from functools import lru_cache
from typing import Any

from ..errors import RuntimeFailure
from .json_values import dumps
from .jsonpath_nodes import PathNotFound, find, follow
from .jsonpath_parser import PathSyntaxError, parse_path
from .jsonpath_steps import Index, Property, Step, is_definite
from .scope import Scope

__all__ = [
    "Path",
    "PathNotFound",
    "PathSyntaxError",
    "ReferencePath",
    "compile_path",
    "compile_reference_path",
]


class Path:
    """A compiled path; `root` is "$", "$$" or a variable's name, `variable` that name or None."""

    __slots__ = ("definite", "root", "steps", "text", "variable")

    def __init__(self, text: str):
        self.text = text
        self.root, self.steps = parse_path(text)
        self.variable = None if self.root in ("$", "$$") else self.root
        self.definite = is_definite(self.steps)

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
        if self.definite:
            return follow(document, self.steps)
        try:
            return find(document, self.steps)
        except PathNotFound:
            return []

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

    def read_template(self, scope: Scope, field: str) -> Any:
        """Return the value at the path, for the field of a payload template: null for an index out of bounds.

        Raises RuntimeFailure with AWS's message when there is none.
        """
        if self.definite and self.steps and type(self.steps[-1]) is Index:
            try:
                array = follow(self.document(scope), self.steps[:-1])
            except PathNotFound:
                array = None
            if type(array) is list and not -len(array) <= self.steps[-1].positions[0] < len(array):
                return None
        return self.read(scope, field)

    def select(self, scope: Scope) -> Any:
        """Return the value at the path, for InputPath and OutputPath.

        Raises RuntimeFailure when there is none.
        """
        try:
            return self.evaluate(scope)
        except PathNotFound as error:
            raise RuntimeFailure(f"Invalid path '{self.text}' : {error}") from None


@lru_cache(maxsize=4096)
def compile_path(text: str) -> Path:
    """Return the compiled path (cached).

    Raises PathSyntaxError.
    """
    return Path(text)


class ReferencePath:
    """A path to a single node, which can be written (ResultPath).

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultpath.html
    """

    __slots__ = ("steps", "text")

    def __init__(self, text: str):
        path = compile_path(text)
        if path.root != "$" or not all(_is_single(step) for step in path.steps):
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


def _is_single(step: Step) -> bool:
    match step:
        case Property(names):
            return len(names) == 1
        case Index(positions):
            return len(positions) == 1
    return False


@lru_cache(maxsize=1024)
def compile_reference_path(text: str) -> ReferencePath:
    """Return the compiled reference path (cached).

    Raises PathSyntaxError.
    """
    return ReferencePath(text)
