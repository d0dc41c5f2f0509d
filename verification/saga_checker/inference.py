"""Infer the shape of a JSONata expression's value, and the fields it reads that no shape has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stepfunctions_local.expressions.jsonata.parser import Node, Parser
from stepfunctions_local.expressions.jsonata.tree import TreeBuilder

from .shapes import (
    ABSENT,
    SCALAR,
    UNKNOWN,
    Array,
    Record,
    Shape,
    items_of,
    join,
    may_be_absent,
    present,
    record,
)
from .shapes import field as field_of

type Variables = Mapping[str, Shape]

SCALAR_FUNCTIONS = frozenset(
    {"boolean", "contains", "count", "exists", "formatNumber", "fromMillis", "join", "length", "max", "min"}
    | {"not", "now", "number", "round", "string", "substring", "sum", "toMillis", "type"}
)

# Functions that have a value although an argument has none.
TOTAL_FUNCTIONS = frozenset({"count", "exists", "now"})


@dataclass(frozen=True, slots=True)
class MissingField:
    """A read of a field that the value does not have. `path` is the expression up to the field."""

    path: str
    shape: Shape

    def __str__(self) -> str:
        match self.shape:
            case Record(name=name, fields=fields):
                return f"{self.path}: {name} has the fields {', '.join(key for key, _ in fields)}"
            case Array(item=Record(name=name, fields=fields)):
                return f"{self.path}: {name} has the fields {', '.join(key for key, _ in fields)}"
        return f"{self.path}: the value has no such field"


@dataclass
class Inference:
    """Infers one expression after another.

    `missing` collects the reads of missing fields, `absent` the expressions that may have no value.
    """

    variables: Variables
    missing: list[MissingField] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    _present: frozenset[str] = frozenset()

    def infer(self, text: str) -> Shape:
        """Return the shape of an expression's value, with `variables` as its variables."""
        tree = TreeBuilder().build(Parser(text).parse())
        return self._node(tree, UNKNOWN, dict(self.variables))

    def assume(self, condition: str) -> None:
        """Take for granted that a condition `{% … %}` holds: the fields whose presence it tests are there."""
        tree = TreeBuilder().build(Parser(condition[2:-2].strip()).parse())
        self._present |= _paths_proven(tree)

    def infer_value(self, value: Any) -> Shape:
        """Return the shape of a template value: JSON with `{% … %}` expressions in it."""
        if isinstance(value, str):
            if not (value.startswith("{%") and value.endswith("%}")):
                return SCALAR
            shape = self.infer(value[2:-2].strip())
            if may_be_absent(shape):
                self.absent.append(value)
            return present(shape)
        if isinstance(value, dict):
            return record("the object", {key: self.infer_value(item) for key, item in value.items()})
        if isinstance(value, list):
            return Array(join(map(self.infer_value, value)) if value else UNKNOWN)
        return SCALAR

    def _node(self, node: Node, context: Shape, variables: dict[str, Shape]) -> Shape:
        handler = getattr(self, f"_{node.type}", None)
        shape: Shape = handler(node, context, variables) if handler else self._parts(node, context, variables)
        return self._filtered(shape, node.predicate, variables)

    def _parts(self, node: Node, context: Shape, variables: dict[str, Shape]) -> Shape:
        """Infer the parts of a node whose own value is not followed."""
        parts = (node.lhs, node.rhs, node.expression, node.condition, node.then, node.otherwise, node.body)
        for part in (*parts, *(node.arguments or ()), *(node.expressions or ())):
            if isinstance(part, Node):
                self._node(part, context, variables)
        return UNKNOWN

    def _string(self, node: Node, context: Shape, variables: dict[str, Shape]) -> Shape:
        return SCALAR

    _number = _value = _string

    def _variable(self, node: Node, context: Shape, variables: dict[str, Shape]) -> Shape:
        return variables.get(node.value, UNKNOWN) if node.value else context

    def _path(self, node: Node, context: Shape, variables: dict[str, Shape]) -> Shape:
        shape, written = context, ""
        for number, step in enumerate(node.steps):
            if step.type == "name":
                written += f".{step.value}" if written else str(step.value)
                inner = field_of(shape, step.value)
                if inner is None:
                    self.missing.append(MissingField(written, shape))
                    inner = UNKNOWN
                shape = present(inner) if written in self._present else inner
                shape = self._filtered(shape, step.predicate, variables)
            elif number == 0:
                written = f"${step.value}" if step.type == "variable" else "(…)"
                shape = self._node(step, context, variables)
            else:
                inner = self._node(step, items_of(shape), variables)
                shape = items_of(Array(inner), flatten=True) if isinstance(shape, Array) else inner
            shape = self._filtered(shape, step.stages, variables)
        return UNKNOWN if node.group is not None else shape

    def _filtered(self, shape: Shape, stages: Iterable[Node] | None, variables: dict[str, Shape]) -> Shape:
        for stage in stages or ():
            if stage.type == "filter":
                self._node(stage.expression, items_of(shape), variables)
                shape = join((shape, items_of(shape)))
        return shape

    def _sort(self, node: Node, context: Shape, variables: dict[str, Shape]) -> Shape:
        for _, term in node.terms:
            self._node(term, context, variables)
        return context

    def _condition(self, node: Node, context: Shape, variables: dict[str, Shape]) -> Shape:
        self._node(node.condition, context, variables)
        known = self._present
        self._present = known | _paths_proven(node.condition)
        then = self._node(node.then, context, variables)
        self._present = known
        if node.otherwise is None:
            return join((then, ABSENT))
        return join((then, self._node(node.otherwise, context, variables)))

    def _block(self, node: Node, context: Shape, variables: dict[str, Shape]) -> Shape:
        inner = dict(variables)
        result: Shape = UNKNOWN
        for expression in node.expressions:
            result = self._node(expression, context, inner)
        return result

    def _bind(self, node: Node, context: Shape, variables: dict[str, Shape]) -> Shape:
        variables[node.lhs.value] = shape = self._node(node.rhs, context, variables)
        return shape

    def _unary(self, node: Node, context: Shape, variables: dict[str, Shape]) -> Shape:
        if node.value == "[":
            items = [present(items_of(self._node(item, context, variables))) for item in node.expressions]
            return Array(join(items) if items else UNKNOWN)
        if node.value == "{":
            fields = {}
            for key, value in node.pairs:
                shape = self._node(value, context, variables)
                if key.type != "string":
                    return UNKNOWN
                fields[key.value] = shape
            return record("the object", fields)
        self._node(node.expression, context, variables)
        return SCALAR

    def _binary(self, node: Node, context: Shape, variables: dict[str, Shape]) -> Shape:
        self._parts(node, context, variables)
        return SCALAR

    def _function(self, node: Node, context: Shape, variables: dict[str, Shape]) -> Shape:
        arguments = [self._node(argument, context, variables) for argument in node.arguments]
        name = node.procedure.value if node.procedure.type == "variable" else ""
        if name in SCALAR_FUNCTIONS:
            without_value = name not in TOTAL_FUNCTIONS and any(map(may_be_absent, arguments))
            return join((SCALAR, ABSENT)) if without_value else SCALAR
        if name in ("filter", "distinct", "reverse", "sort", "shuffle") and arguments:
            return arguments[0]
        return UNKNOWN

    def _lambda(self, node: Node, context: Shape, variables: dict[str, Shape]) -> Shape:
        inner = variables | {argument.value: UNKNOWN for argument in node.arguments}
        self._node(node.body, UNKNOWN, inner)
        return UNKNOWN


def _paths_proven(condition: Node) -> frozenset[str]:
    """Return the paths that have a value when a condition holds: `path`, `$exists(path)`, and both sides of `and`."""
    if condition.type == "binary" and condition.value == "and":
        return _paths_proven(condition.lhs) | _paths_proven(condition.rhs)
    if condition.type == "function" and condition.procedure.value == "exists":
        return _paths_proven(condition.arguments[0])
    if condition.type == "path" and all(step.type in ("variable", "name") for step in condition.steps):
        names = [f"${step.value}" if step.type == "variable" else str(step.value) for step in condition.steps]
        return frozenset({".".join(names)})
    return frozenset()
