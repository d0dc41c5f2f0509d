"""Selection of the nodes of a path, and evaluation of filters, with the comparisons of the Jayway library.

A comparison with a path that has no value is false (`!=` is true). A number equals the text of it.
Source: https://github.com/json-path/JsonPath#filter-operators
"""

import math
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import regex

from ..errors import RuntimeFailure
from .json_values import dumps, equal, is_number
from .jsonata.regex import MAX_SEARCH_SECONDS
from .jsonpath_steps import (
    All,
    AnyOf,
    Comparison,
    Condition,
    Constant,
    Descend,
    Exists,
    Filter,
    Function,
    Index,
    Not,
    Operand,
    PathOperand,
    Property,
    Slice,
    Step,
    Wildcard,
    is_single,
)


class PathNotFound(Exception):
    """A definite path has no value; the message is that of the JSONPath library, as AWS shows it."""


class NotAnArray(PathNotFound):
    """An index of a definite path applies to a value that is not an array."""


_MISSING = object()
_JAVA_NAMES = {
    str: "java.lang.String",
    bool: "java.lang.Boolean",
    int: "java.lang.Integer",
    float: "java.lang.Double",
}


def follow(value: Any, steps: Sequence[Step]) -> Any:
    """Return the value at a definite path.

    Raises PathNotFound.
    """
    for depth, step in enumerate(steps):
        if type(step) is Property:
            names = step.names
            if type(value) is dict and len(names) == 1:
                try:
                    value = value[names[0]]
                    continue
                except KeyError:
                    pass
            value = _member(value, steps, depth, names)
        elif type(step) is Index:
            if type(value) is not list:
                if value is None:
                    raise PathNotFound(f"The path {_canonical(steps[:depth])} is null")
                raise NotAnArray(
                    f"Filter: [{step.positions[0]}] can only be applied to arrays. "
                    f"Current context is: {dumps(value)}"
                )
            try:
                value = value[step.positions[0]]
            except IndexError:
                raise PathNotFound("No results for path: " + _canonical(steps)) from None
        elif type(step) is Function:
            value = _apply_function(step.name, value)
    return value


def _member(value: Any, steps: Sequence[Step], depth: int, names: tuple[str, ...]) -> Any:
    """Return an object of several members; raise PathNotFound for a missing one."""
    if type(value) is not dict:
        kind = "null" if value is None else _JAVA_NAMES.get(type(value), "net.minidev.json.JSONArray")
        raise PathNotFound(
            f"Expected to find an object with property {_brackets(names)} in path "
            f"{_canonical(steps[:depth])} but found '{kind}'. "
            "This is not a json object according to the JsonProvider: "
            "'com.jayway.jsonpath.spi.json.JsonSmartJsonProvider'."
        )
    if len(names) > 1:
        return {name: value[name] for name in names if name in value}
    reason = "No results for path: " if depth == len(steps) - 1 else "Missing property in path "
    raise PathNotFound(reason + _canonical(steps[: depth + 1]))


def _brackets(names: Sequence[Any]) -> str:
    return "[" + ",".join(f"'{name}'" if isinstance(name, str) else str(name) for name in names) + "]"


def _canonical(steps: Sequence[Step]) -> str:
    """Return the path in bracket notation, as the JSONPath library writes it."""
    parts = ["$"]
    for step in steps:
        match step:
            case Property(names):
                parts.append(_brackets(names))
            case Index(positions):
                parts.append(_brackets(positions))
            case Function(name):
                parts.append(f".{name}()")
    return "".join(parts)


def find(document: Any, steps: Sequence[Step]) -> list[Any]:
    """Return the nodes of an indefinite path.

    Raises PathNotFound when the part before the first indefinite step has no value.
    """
    first = next(depth for depth, step in enumerate(steps) if not is_single(step) or type(step) is Function)
    # A step follows, so that the messages are those of a path that continues.
    start = follow(document, [*steps[:first], _END])
    _check_container(start, steps[first])
    nodes, descending = [start], False
    for depth in range(first, len(steps)):
        step = steps[depth]
        if type(step) is Descend:
            descending = True
            continue
        if type(step) is Function:
            return [_apply_function(step.name, node) for node in nodes]
        if descending:
            nodes = [node for start in nodes for node in _descendants(start)]
            if type(step) is Filter:
                nodes = [node for node in nodes if _holds(step.condition, node, document)]
                continue
            descending = False
        leaf = depth == len(steps) - 1
        nodes = [selected for node in nodes for selected in _select(node, step, document, leaf)]
    return nodes


_END = Slice(None, None)


def _check_container(value: Any, step: Step) -> None:
    """Check the node that the first indefinite step applies to."""
    if type(step) is Filter and not isinstance(value, (dict, list)):
        raise PathNotFound(
            f"Filter: [?] can not be applied to primitives. Current context is: {dumps(value)}"
        )
    if type(step) in (Slice, Index) and not isinstance(value, list):
        raise PathNotFound(f"Filter: can only be applied to arrays. Current context is: {dumps(value)}")


def _descendants(node: Any) -> list[Any]:
    """Return the node and every object and array under it, outermost first."""
    if not isinstance(node, (dict, list)):
        return []
    nodes = [node]
    for child in node.values() if isinstance(node, dict) else node:
        nodes += _descendants(child)
    return nodes


def _select(node: Any, step: Step, document: Any, leaf: bool) -> list[Any]:
    match step:
        case Property(names) if isinstance(node, dict):
            if len(names) > 1 and leaf:
                return [{name: node[name] for name in names if name in node}]
            return [node[name] for name in names if name in node]
        case Wildcard():
            if isinstance(node, dict):
                return list(node.values())
            return list(node) if isinstance(node, list) else []
        case Index(positions) if isinstance(node, list):
            return [node[index] for index in positions if -len(node) <= index < len(node)]
        case Slice(start, stop) if isinstance(node, list):
            return _slice(node, start, stop)
        case Filter(condition):
            items = node if isinstance(node, list) else [node]
            return [item for item in items if _holds(condition, item, document)]
    return []


def _slice(array: list[Any], start: int | None, stop: int | None) -> list[Any]:
    """Return the items from `start` to `stop`.

    A bound alone counts from the end when it is negative. With both, the library visits the positions from one
    to the other and counts each negative position from the end, so that `[1:-1]` selects nothing.
    Source: https://github.com/json-path/JsonPath, ArraySliceToken
    """
    if start is None or stop is None:
        return array[start:stop]
    size = len(array)
    return [array[position] for position in range(max(start, -size), min(stop, size))]


def _apply_function(name: str, value: Any) -> Any:
    """Return the result of a function at the end of a path.

    Raises PathNotFound for an aggregate of no numbers.
    """
    if name in ("length", "size"):
        return len(value) if isinstance(value, (list, dict)) else None
    if name == "keys":
        return list(value) if isinstance(value, dict) else None
    if not isinstance(value, list):
        return None
    if name in ("first", "last"):
        return (value[0] if name == "first" else value[-1]) if value else None
    numbers = [item for item in value if is_number(item)]
    if not numbers:
        raise PathNotFound("Aggregation function attempted to calculate value using empty array")
    mean = math.fsum(numbers) / len(numbers)
    aggregates: dict[str, Callable[[], float]] = {
        "min": lambda: min(numbers),
        "max": lambda: max(numbers),
        "sum": lambda: math.fsum(numbers),
        "avg": lambda: mean,
        "stddev": lambda: math.sqrt(math.fsum((n - mean) ** 2 for n in numbers) / len(numbers)),
    }
    return float(aggregates[name]())


def _holds(condition: Condition, item: Any, document: Any) -> bool:
    if type(condition) is Comparison:
        compare = _COMPARE[condition.operator]
        return compare(_value(condition.left, item, document), _value(condition.right, item, document))
    match condition:
        case Exists(operand):
            return _value(operand, item, document) is not _MISSING
        case Not(operand):
            return not _holds(operand, item, document)
        case All(conditions):
            return all(_holds(part, item, document) for part in conditions)
        case AnyOf(conditions):
            return any(_holds(part, item, document) for part in conditions)
    raise TypeError(f"not a condition: {condition}")


def _value(operand: Operand, item: Any, document: Any) -> Any:
    if type(operand) is Constant:
        return operand.value
    assert type(operand) is PathOperand
    root = item if operand.from_item else document
    try:
        return follow(root, operand.steps) if operand.definite else find(root, operand.steps)
    except PathNotFound:
        return _MISSING


def _text(value: Any) -> str:
    """Return a scalar as the text that Java makes of it, empty for other values."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value) if is_number(value) else ""


def _loosely_equal(a: Any, b: Any) -> bool:
    if a is _MISSING or b is _MISSING:
        return False
    if is_number(a) and isinstance(b, str):
        try:
            return Decimal(repr(a)) == Decimal(b)
        except InvalidOperation:
            return False
    if isinstance(a, str) and is_number(b):
        return a == _text(b)
    return equal(a, b)


def _strictly_equal(a: Any, b: Any) -> bool:
    same_type = isinstance(a, str) is isinstance(b, str)
    return same_type and _loosely_equal(a, b)


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(a: Any, b: Any) -> bool:
        comparable = (is_number(a) and is_number(b)) or (isinstance(a, str) and isinstance(b, str))
        return comparable and test(a, b)

    return compare


def _is_in(a: Any, b: Any) -> bool:
    return isinstance(b, list) and any(_loosely_equal(item, a) for item in b)


def _matches(a: Any, b: Any) -> bool:
    if isinstance(a, regex.Pattern):
        a, b = b, a
    if not isinstance(b, regex.Pattern) or isinstance(a, regex.Pattern):
        return False
    texts = map(_text, a) if isinstance(a, list) else [_text(a)]
    try:
        return any(b.fullmatch(text, timeout=MAX_SEARCH_SECONDS) is not None for text in texts)
    except TimeoutError:
        raise RuntimeFailure(f"A match with the regular expression /{b.pattern}/ took too long") from None


def _contains(a: Any, b: Any) -> bool:
    return b in a if isinstance(a, str) and isinstance(b, str) else _is_in(b, a)


def _has_size(a: Any, b: Any) -> bool:
    return is_number(b) and isinstance(a, (list, dict, str)) and len(a) == int(b)


def _is_empty(a: Any, b: Any) -> bool:
    return isinstance(a, (list, dict, str)) and (len(a) == 0) is b


def _lists(test: Callable[[list[Any], list[Any]], bool]) -> Callable[[Any, Any], bool]:
    return lambda a, b: isinstance(a, list) and isinstance(b, list) and test(a, b)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": _loosely_equal,
    "!=": lambda a, b: not _loosely_equal(a, b),
    "===": _strictly_equal,
    "!==": lambda a, b: not _strictly_equal(a, b),
    "<": _ordered(lambda a, b: a < b),
    "<=": _ordered(lambda a, b: a <= b),
    ">": _ordered(lambda a, b: a > b),
    ">=": _ordered(lambda a, b: a >= b),
    "=~": _matches,
    "in": _is_in,
    "nin": lambda a, b: not _is_in(a, b),
    "subsetof": _lists(lambda a, b: all(_is_in(item, b) for item in a)),
    "anyof": _lists(lambda a, b: any(_is_in(item, b) for item in a)),
    "noneof": _lists(lambda a, b: not any(_is_in(item, b) for item in a)),
    "contains": _contains,
    "size": _has_size,
    "sizeof": _has_size,
    "empty": _is_empty,
}
