"""Names that a JSONata expression must not read at the top level.

Step Functions evaluates expressions without a context item: the state's input is `$states.input`, variables
are `$name`. A bare name outside a path and `$$` (the context item) are errors.
"""

from collections.abc import Iterator
from typing import Any

from ..expressions.jsonata.errors import JsonataError
from ..expressions.jsonata.parser import Node, Parser

# Operators that evaluate their right side with the left side's value as the context item.
_WITH_CONTEXT = frozenset({".", "[", "{", "^"})


def unsupported_names(expression: str) -> list[str]:
    """Return each such name once, in reading order."""
    try:
        tree = Parser(expression).parse()
    except JsonataError:
        return []
    return list(dict.fromkeys(_names(tree, has_context=False)))


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
        # The procedure of a lambda is the keyword `function`.
        del children["procedure"]
    for part in children.values():
        yield from _names(part, has_context=has_context)
