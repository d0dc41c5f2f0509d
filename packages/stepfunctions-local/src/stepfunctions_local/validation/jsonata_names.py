"""Names a JSONata expression reads where Step Functions has nothing to read them from.

An expression has no context item of its own: the state's input is `$states.input`, variables are `$name`. A
bare name outside of any path, and `$$`, which stands for that context item, are refused.
"""

from collections.abc import Iterator
from typing import Any

from ..expressions.jsonata.errors import JsonataError
from ..expressions.jsonata.parser import Node, Parser

# Operators whose right side is evaluated with the left side's value as its context item.
_WITH_CONTEXT = frozenset({".", "[", "{", "^"})


def unsupported_names(expression: str) -> list[str]:
    """Each such name once, in the order they are read."""
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
    below = dict(node.__dict__)
    if node.type == "binary" and node.value in _WITH_CONTEXT:
        yield from _names(below.pop("lhs"), has_context=has_context)
        has_context = True
    elif node.type == "transform":
        has_context = True
    elif node.type == "lambda":
        # What calls itself a call of the name `function` is the keyword.
        del below["procedure"]
    for part in below.values():
        yield from _names(part, has_context=has_context)
