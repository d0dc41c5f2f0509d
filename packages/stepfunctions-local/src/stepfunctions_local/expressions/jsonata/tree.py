"""Transform the parser's tree into the tree that is compiled: paths, predicates, parents, tail calls.

New node types are path (steps), sort, bind and apply; steps have `stages` (filters and index bindings),
`group`, `tuple`, `focus`, `index` and `ancestor`.
Source: the reference implementation (jsonata-js 2.0.6), where this pass is `processAST`.
"""

from dataclasses import dataclass
from typing import Any

from .errors import JsonataError
from .parser import Node


@dataclass(slots=True, eq=False)
class Slot:
    """The parent that a `%` refers to: the label its value is bound to, and the number of levels above it."""

    label: str
    level: int
    index: int


class TreeBuilder:
    """Transforms the tree of one expression."""

    def __init__(self) -> None:
        self._ancestry: list[Node] = []

    def build(self, node: Node) -> Node:
        """Return the transformed tree of a whole expression.

        Raises JsonataError S02xx.
        """
        tree = self.process(node)
        if tree.type == "parent" or tree.unresolved is not None:
            raise JsonataError("S0217", position=tree.position, token=tree.type)
        return tree

    def process(self, node: Node) -> Node:
        """Return the transformed node."""
        handler = getattr(self, f"_{node.type}", None)
        if handler is None:
            code = "S0207" if node.type == "(end)" else "S0206"
            raise JsonataError(code, position=node.position, token=node.value)
        result: Node = handler(node)
        if node.keep_array:
            result.keep_array = True
        return result

    def _same(self, node: Node) -> Node:
        return node

    _string = _number = _value = _wildcard = _descendant = _variable = _regex = _same

    def _name(self, node: Node) -> Node:
        return Node("path", None, node.position, steps=[node], keep_singleton=node.keep_array)

    def _parent(self, node: Node) -> Node:
        index = len(self._ancestry)
        result = Node("parent", "%", node.position, slot=Slot(f"!{index}", 1, index))
        self._ancestry.append(result)
        return result

    def _operator(self, node: Node) -> Node:
        if node.value in ("and", "or", "in"):
            node.type = "name"
            return self.process(node)
        if node.value == "?":
            return node
        raise JsonataError("S0201", position=node.position, token=node.value)

    def _function(self, node: Node) -> Node:
        result = Node(node.type, node.value, node.position)
        result.arguments = [self._part(result, argument) for argument in node.arguments]
        result.procedure = self.process(node.procedure)
        return result

    _partial = _function

    def _lambda(self, node: Node) -> Node:
        body = tail_calls(self.process(node.body))
        return Node(
            "lambda", None, node.position, arguments=node.arguments, signature=node.signature, body=body
        )

    def _condition(self, node: Node) -> Node:
        result = Node("condition", None, node.position)
        result.condition = self._part(result, node.condition)
        result.then = self._part(result, node.then)
        result.otherwise = self._part(result, node.otherwise) if node.otherwise is not None else None
        return result

    def _transform(self, node: Node) -> Node:
        result = Node("transform", None, node.position)
        result.pattern, result.update = self.process(node.pattern), self.process(node.update)
        result.delete = self.process(node.delete) if node.delete is not None else None
        return result

    def _block(self, node: Node) -> Node:
        result = Node("block", None, node.position, expressions=[])
        for expression in node.expressions:
            part = self._part(result, expression)
            if part.cons_array or (part.type == "path" and part.steps[0].cons_array):
                result.cons_array = True
            result.expressions.append(part)
        return result

    def _unary(self, node: Node) -> Node:
        result = Node("unary", node.value, node.position)
        if node.value == "[":
            result.expressions = [self._part(result, item) for item in node.expressions]
        elif node.value == "{":
            result.pairs = [(self._part(result, key), self._part(result, value)) for key, value in node.lhs]
        else:
            expression = self.process(node.expression)
            if expression.type == "number":
                expression.value = -expression.value
                return expression
            result.expression = expression
            self._push(result, expression)
        return result

    def _binary(self, node: Node) -> Node:
        handler = _BINARY.get(node.value)
        if handler:
            processed: Node = handler(self, node)
            return processed
        result = Node("binary", node.value, node.position)
        result.lhs, result.rhs = self.process(node.lhs), self.process(node.rhs)
        self._push(result, result.lhs)
        self._push(result, result.rhs)
        return result

    def _dot(self, node: Node) -> Node:
        left = self.process(node.lhs)
        result = left if left.type == "path" else Node("path", None, node.position, steps=[left])
        if left.type == "parent":
            result.unresolved = [left.slot]
        rest = self.process(node.rhs)
        if rest.type == "path":
            result.steps.extend(rest.steps)
        else:
            if rest.predicate is not None:
                rest.stages, rest.predicate = rest.predicate, None
            result.steps.append(rest)
        for step in result.steps:
            if step.type in ("number", "value"):
                raise JsonataError("S0213", position=step.position, value=step.value)
            if step.type == "string":
                step.type = "name"
        if any(step.keep_array for step in result.steps):
            result.keep_singleton = True
        for step in (result.steps[0], result.steps[-1]):
            if step.type == "unary" and step.value == "[":
                step.cons_array = True
        self._resolve(result)
        return result

    def _filter(self, node: Node) -> Node:
        result = self.process(node.lhs)
        step, kind = result, "predicate"
        if result.type == "path":
            step, kind = result.steps[-1], "stages"
        if step.group is not None:
            raise JsonataError("S0209", position=node.position)
        predicate = self.process(node.rhs)
        if predicate.unresolved is not None:
            for slot in predicate.unresolved:
                if slot.level == 1:
                    self._resolve_parent(step, slot)
                else:
                    slot.level -= 1
            self._push(step, predicate)
        stages = getattr(step, kind)
        if stages is None:
            stages = []
            setattr(step, kind, stages)
        stages.append(Node("filter", None, node.position, expression=predicate))
        return result

    def _group(self, node: Node) -> Node:
        result = self.process(node.lhs)
        if result.group is not None:
            raise JsonataError("S0210", position=node.position)
        pairs = [(self.process(key), self.process(value)) for key, value in node.rhs]
        result.group = Node("group", None, node.position, pairs=pairs)
        return result

    def _sort(self, node: Node) -> Node:
        result = self.process(node.lhs)
        if result.type != "path":
            result = Node("path", None, node.position, steps=[result])
        step = Node("sort", None, node.position, terms=[])
        for descending, expression in node.rhs:
            step.terms.append((descending, self._part(step, expression)))
        result.steps.append(step)
        self._resolve(result)
        return result

    def _bind(self, node: Node) -> Node:
        result = Node("bind", ":=", node.position, lhs=self.process(node.lhs), rhs=self.process(node.rhs))
        self._push(result, result.rhs)
        return result

    def _focus(self, node: Node) -> Node:
        result = self.process(node.lhs)
        step = result.steps[-1] if result.type == "path" else result
        if step.stages is not None or step.predicate is not None:
            raise JsonataError("S0215", position=node.position)
        if step.type == "sort":
            raise JsonataError("S0216", position=node.position)
        if node.keep_array:
            step.keep_array = True
        step.focus, step.tuple = node.rhs.value, True
        return result

    def _index(self, node: Node) -> Node:
        result = self.process(node.lhs)
        step = result
        if result.type == "path":
            step = result.steps[-1]
        else:
            result = Node("path", None, node.position, steps=[result])
            if step.predicate is not None:
                step.stages, step.predicate = step.predicate, None
        if step.stages is None:
            step.index = node.rhs.value
        else:
            step.stages.append(Node("index", node.rhs.value, node.position))
        step.tuple = True
        return result

    def _apply(self, node: Node) -> Node:
        result = Node("apply", "~>", node.position, lhs=self.process(node.lhs), rhs=self.process(node.rhs))
        result.keep_array = result.lhs.keep_array or result.rhs.keep_array
        return result

    def _part(self, whole: Node, part: Node) -> Node:
        """Return a transformed part; `whole` takes over the parents that the part still refers to."""
        result = self.process(part)
        self._push(whole, result)
        return result

    @staticmethod
    def _push(whole: Node, part: Node) -> None:
        if part.unresolved is None and part.type != "parent":
            return
        slots = part.unresolved if part.unresolved is not None else []
        if part.type == "parent":
            slots.append(part.slot)
        whole.unresolved = slots if whole.unresolved is None else whole.unresolved + slots

    def _resolve(self, path: Node) -> None:
        """Bind the `%` of the last step to steps of the path; keep those that refer beyond it."""
        last = path.steps[-1]
        slots = last.unresolved if last.unresolved is not None else []
        if last.type == "parent":
            slots.append(last.slot)
        for pending in slots:
            slot, index = pending, len(path.steps) - 2
            while slot.level > 0:
                if index < 0:
                    path.unresolved = [*(path.unresolved or []), slot]
                    break
                step = path.steps[index]
                index -= 1
                while index >= 0 and step.focus and path.steps[index].focus:
                    step = path.steps[index]
                    index -= 1
                slot = self._resolve_parent(step, slot)

    def _resolve_parent(self, node: Node, slot: Slot) -> Slot:
        if node.type in ("name", "wildcard"):
            slot.level -= 1
            if slot.level == 0:
                if node.ancestor is not None:
                    self._ancestry[slot.index].slot.label = node.ancestor.label
                node.ancestor = slot
                node.tuple = True
        elif node.type == "parent":
            slot.level += 1
        elif node.type == "block":
            if node.expressions:
                node.tuple = True
                slot = self._resolve_parent(node.expressions[-1], slot)
        elif node.type == "path":
            node.tuple = True
            index = len(node.steps) - 1
            slot = self._resolve_parent(node.steps[index], slot)
            while slot.level > 0 and index > 0:
                index -= 1
                slot = self._resolve_parent(node.steps[index], slot)
        else:
            raise JsonataError("S0217", position=node.position, token=node.type)
        return slot


_BINARY: dict[str, Any] = {
    ".": TreeBuilder._dot,
    "[": TreeBuilder._filter,
    "{": TreeBuilder._group,
    "^": TreeBuilder._sort,
    ":=": TreeBuilder._bind,
    "@": TreeBuilder._focus,
    "#": TreeBuilder._index,
    "~>": TreeBuilder._apply,
}


def tail_calls(node: Node) -> Node:
    """Mark the calls in tail position of a function's body, which run after it has returned."""
    if node.type == "function" and not node.predicate:
        node.tail = True
    elif node.type == "condition":
        tail_calls(node.then)
        if node.otherwise is not None:
            tail_calls(node.otherwise)
    elif node.type == "block" and node.expressions:
        tail_calls(node.expressions[-1])
    return node


def minimum_depth(node: Node) -> int:
    """Return the nesting depth of the nodes that are always evaluated."""
    children = [
        part for part in (node.lhs, node.procedure, node.expression, node.condition) if isinstance(part, Node)
    ]
    if node.type == "binary" and node.value not in ("and", "or"):
        children.append(node.rhs)
    children += node.expressions or []
    if node.type == "function":
        children += node.arguments
    if node.steps:
        children.append(node.steps[0])
    return 1 + max((minimum_depth(child) for child in children), default=0)
