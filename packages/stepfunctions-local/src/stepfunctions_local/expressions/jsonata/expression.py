"""Compiled expressions."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from ..scope import UNSET, Scope
from . import (
    arrays,
    aws,
    datetimes,
    encodings,
    integers,
    number_pictures,
    numbers,
    pattern_functions,
    strings,
)
from .compiler import compile_tree
from .errors import (
    STACK_OVERFLOW,
    EvaluationError,
    ExpressionSyntaxError,
    InternalError,
    JsonataError,
    LimitExceeded,
)
from .parser import Node, Parser
from .runtime import Frame, Run, TailCall, check_nodes
from .tree import TreeBuilder
from .values import UNDEFINED, to_json

LIBRARY = {
    function.name: function
    for module in (
        strings,
        pattern_functions,
        encodings,
        numbers,
        number_pictures,
        integers,
        datetimes,
        arrays,
        aws,
    )
    for function in module.FUNCTIONS
}
"""The functions that an expression can call, by name."""

_STATES_FIELDS = {"input": "input", "context": "context", "result": "result", "errorOutput": "error_output"}


class Expression:
    """A compiled expression.

    `variables` are the names of the state's variables that it reads, `reads` the fields of `$states` ("input",
    "result", …), `unknown_functions` the names of functions that it calls but that do not exist.
    """

    __slots__ = ("_code", "_shortcut", "reads", "text", "unknown_functions", "variables")

    def __init__(self, text: str):
        self.text = text
        try:
            tree = TreeBuilder().build(Parser(text).parse())
            self.variables, self.reads, self.unknown_functions = _free_names(tree)
            self._code = compile_tree(tree)
        except JsonataError as error:
            position = int(error.fields.get("position") or 0)
            raise ExpressionSyntaxError(error.message, position, error.code) from None
        except RecursionError:
            raise ExpressionSyntaxError("The expression is nested too deeply") from None
        self._shortcut = _find_shortcut(tree)

    def evaluate(self, bindings: Mapping[str, Any]) -> Any:
        """Return the value as JSON, or UNDEFINED, with `bindings` as variables.

        Raises EvaluationError.
        """
        run = Run()
        outer = Frame(bindings, Frame(LIBRARY, None, run), run)
        try:
            value = self._code(UNDEFINED, Frame({}, outer, run))
            if type(value) is TailCall:
                raise JsonataError("T1006")
            if run.has_calls and isinstance(value, (dict, list)):
                check_nodes(value)
            return to_json(value)
        except JsonataError as error:
            raise EvaluationError(error.message, error.code) from None
        except LimitExceeded as error:
            raise EvaluationError(str(error)) from None
        except RecursionError:
            raise EvaluationError(STACK_OVERFLOW) from None
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise InternalError(f"{type(error).__name__}: {error}") from error

    def evaluate_in(self, scope: Scope) -> Any:
        """Return the value in a state's scope; plain paths through objects are read directly.

        Raises EvaluationError.
        """
        shortcut = self._shortcut
        if shortcut is not None:
            value = shortcut.read(scope)
            if value is not shortcut:
                return to_json(value)
        return self.evaluate(scope.bindings())


class _Shortcut:
    """A path of plain names from `$states` or a variable, read from objects without an evaluation."""

    __slots__ = ("attribute", "names", "variable")

    def __init__(self, variable: str, names: tuple[str, ...]):
        self.variable = variable
        self.attribute = _STATES_FIELDS.get(names[0]) if variable == "states" and names else None
        self.names = names[1:] if self.attribute else names

    def read(self, scope: Scope) -> Any:
        """Return the value, or the shortcut itself when the expression must be evaluated."""
        if self.attribute:
            value = getattr(scope, self.attribute)
        elif self.variable in scope.variables:
            value = scope.variables[self.variable]
        else:
            return self
        for name in self.names:
            if type(value) is not dict:
                return self
            value = value.get(name, UNDEFINED)
        return self if value is UNSET else value


def _find_shortcut(tree: Node) -> _Shortcut | None:
    steps = tree.steps if tree.type == "path" else [tree]
    first = steps[0]
    parts = [tree, *steps]
    if first.type != "variable" or not first.value or any(step.type != "name" for step in steps[1:]):
        return None
    if any(part.predicate or part.stages or part.group or part.tuple or part.keep_array for part in parts):
        return None
    if tree.keep_singleton or (first.value == "states" and len(steps) == 1) or first.value in LIBRARY:
        return None
    return _Shortcut(first.value, tuple(step.value for step in steps[1:]))


def _free_names(tree: Node) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the variables an expression reads but does not bind, fields of `$states`, and unknown functions."""
    used: set[str] = set()
    called: set[str] = set()
    bound: set[str] = set()
    reads: set[str] = set()
    for node in _nodes(tree):
        if node.type == "variable" and node.value:
            used.add(node.value)
        elif node.type == "bind":
            bound.add(node.lhs.value)
        elif node.type == "lambda":
            bound.update(argument.value for argument in node.arguments)
        elif node.type in ("function", "partial") and node.procedure.type == "variable":
            called.add(node.procedure.value)
        elif node.type == "path" and len(node.steps) > 1 and _is_states(node.steps[0]):
            reads.add(node.steps[1].value)
        bound.update(name for name in (node.focus, node.index) if name)
        bound.update(stage.value for stage in node.stages or () if stage.type == "index")
    variables = frozenset(used - bound - LIBRARY.keys() - {"states"})
    return variables, frozenset(reads), frozenset(called & variables)


def _is_states(node: Node) -> bool:
    return node.type == "variable" and bool(node.value == "states")


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
        for part in vars(value).values():
            yield from _nodes(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _nodes(part)


@lru_cache(maxsize=8192)
def compile_expression(text: str) -> Expression:
    """Return the compiled expression (cached).

    Raises ExpressionSyntaxError.
    """
    return Expression(text)
