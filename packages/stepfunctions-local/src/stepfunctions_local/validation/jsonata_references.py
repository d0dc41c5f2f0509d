"""References of a JSONata expression to values that do not exist in Step Functions.

Step Functions evaluates expressions without a context item: the state's input is `$states.input`, variables
are `$name`. A bare name or `$` outside a path, `$$`, and calls of functions that do not exist are errors, as
are the fields of `$states` that the state's field does not have.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from collections.abc import Iterator
from typing import Any

from ..expressions.jsonata import Expression
from ..expressions.jsonata.parser import Node, Parser

# Operators that evaluate their right side with the left side's value as the context item.
_WITH_CONTEXT = frozenset({".", "[", "{", "^"})
_PHASE_FIELDS = ("result", "errorOutput")


def unsupported_references(expression: Expression, states_fields: frozenset[str]) -> list[str]:
    """Return AWS's message for each unsupported reference.

    `states_fields` are those of the fields `result` and `errorOutput` that `$states` has here.
    """
    names = dict.fromkeys(_names(Parser(expression.text).parse(), has_context=False))
    messages = [
        f"Reference to '{name}' is not supported."
        if name == "$$"
        else f"Reference to '{name}' at the top level is not supported."
        for name in names
    ]
    messages += [
        f"Field '$states.{field}' does not exist."
        for field in _PHASE_FIELDS
        if field in expression.reads and field not in states_fields
    ]
    messages += [f"Function '${name}' does not exist." for name in sorted(expression.unknown_functions)]
    return messages


def _names(node: Any, *, has_context: bool) -> Iterator[str]:
    if isinstance(node, list | tuple):
        for item in node:
            yield from _names(item, has_context=has_context)
    elif isinstance(node, dict):
        for item in node.values():
            yield from _names(item, has_context=has_context)
    elif isinstance(node, Node):
        if node.type == "name" and not has_context:
            yield str(node.value)
        elif node.type == "variable" and node.value == "$":
            yield "$$"
        elif node.type == "variable" and not node.value and not has_context:
            yield "$"
        else:
            yield from _parts(node, has_context=has_context)


def _parts(node: Node, *, has_context: bool) -> Iterator[str]:
    children = dict(node.__dict__)
    if node.type == "binary" and node.value in _WITH_CONTEXT:
        yield from _names(children.pop("lhs"), has_context=has_context)
        has_context = True
    elif node.type == "transform":
        has_context = True
    elif node.type == "lambda":
        # The procedure of a lambda is the keyword `function`; its parameters are not references.
        del children["procedure"], children["arguments"]
    for part in children.values():
        yield from _names(part, has_context=has_context)
