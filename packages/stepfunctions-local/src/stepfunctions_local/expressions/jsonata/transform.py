"""The transform operator: `$order ~> |lines|{"total": price * quantity}, "draft"|`.

Source: https://docs.jsonata.org/other-operators#-------transform
"""

from collections.abc import Callable
from typing import Any

from .errors import JsonataError
from .parser import Node
from .runtime import Code, Frame, Native, check_nodes
from .to_string import string
from .values import UNDEFINED, Callee, Sequence, normalize_number


def copy(value: Any) -> Any:
    """Return a deep copy of a value, equal to parsing its JSON ($clone). Raises LimitExceeded."""
    if isinstance(value, (dict, list)):
        check_nodes(value)
    return _copy(value)


def _copy(value: Any) -> Any:
    if type(value) is dict:
        return {
            key: _copy(item)
            for key, item in value.items()
            if item is not UNDEFINED and not isinstance(item, Callee)
        }
    if type(value) is Sequence and value.outer_wrapper:
        return _copy(value[0])
    if isinstance(value, list):
        return [_copy(item) for item in value]
    if type(value) is float:
        return normalize_number(float(string(value)))
    return value


def transform(node: Node, compile: Callable[[Node, int], Code], depth: int) -> Code:
    """Compile a transform: a function that modifies a copy of its argument."""
    pattern, update = compile(node.pattern, depth + 1), compile(node.update, depth + 1)
    delete = compile(node.delete, depth + 1) if node.delete is not None else None

    def evaluate(input: Any, frame: Frame) -> Any:
        def run(value: Any = UNDEFINED) -> Any:
            if value is UNDEFINED:
                return UNDEFINED
            if not isinstance(frame.lookup("clone"), Callee):
                raise JsonataError("T2013", position=node.position)
            result = copy(value)
            matches = pattern(result, frame)
            if matches is UNDEFINED:
                return result
            for match in matches if isinstance(matches, list) else [matches]:
                _update(match, update(match, frame), node)
                if delete is not None:
                    _remove(match, delete(match, frame), node)
            return result

        return Native("transform", run, "<(oa):o>")

    return evaluate


def _update(match: Any, update: Any, node: Node) -> None:
    if update is UNDEFINED:
        return
    if type(update) is not dict:
        raise JsonataError("T2011", position=node.update.position, value=update)
    if type(match) is dict:
        match.update(update)
    elif update and not isinstance(match, list):
        raise TypeError(f"cannot set fields of {match!r}")


def _remove(match: Any, deletions: Any, node: Node) -> None:
    if deletions is UNDEFINED:
        return
    names = deletions if isinstance(deletions, list) else [deletions]
    if not all(type(name) is str for name in names):
        raise JsonataError("T2012", position=node.delete.position, value=deletions)
    if type(match) is dict:
        for name in names:
            match.pop(name, None)
