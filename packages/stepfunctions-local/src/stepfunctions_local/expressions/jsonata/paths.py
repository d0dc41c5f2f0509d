"""Paths: steps over sequences, predicates, sorting, grouping, and the bindings of `@`, `#` and `%`.

While a path binds names, its items are tuples: dicts with the item under "@" and the values of the names.
Source: https://docs.jsonata.org/path-operators and https://docs.jsonata.org/processing
"""

import math
from collections.abc import Callable
from typing import Any

from .errors import JsonataError
from .operators import is_finite_number, to_boolean, utf16_units
from .parser import Node
from .runtime import Code, Frame, check_items
from .utf16 import to_units
from .values import UNDEFINED, ConsArray, Sequence, is_number

Compile = Callable[[Node, int], Code]


def lookup(value: Any, name: str) -> Any:
    """Return the field of an object, or of all objects of an array as one sequence."""
    if type(value) is dict:
        return value.get(name, UNDEFINED)
    if not isinstance(value, list):
        return UNDEFINED
    results = Sequence()
    for item in value:
        result = lookup(item, name)
        if isinstance(result, list):
            results.extend(result)
        elif result is not UNDEFINED:
            results.append(result)
    return results


def unwrap_sequence(value: Any) -> Any:
    """Return undefined for an empty sequence, the item of a sequence of one, else the sequence."""
    if type(value) is Sequence and not value.tuple_stream:
        if not value:
            return UNDEFINED
        if len(value) == 1 and not value.keep_singleton:
            return value[0]
    return value


def append(first: Any, second: Any) -> Any:
    """Concatenate two values as one array ($append)."""
    if first is UNDEFINED:
        return second
    if second is UNDEFINED:
        return first
    return [
        *(first if isinstance(first, list) else [first]),
        *(second if isinstance(second, list) else [second]),
    ]


class _Step:
    """A compiled step."""

    __slots__ = ("ancestor", "cons", "evaluate", "focus", "index", "sorted", "stages", "tuple")

    def __init__(self, node: Node, compile: Compile, depth: int):
        self.cons = bool(node.cons_array)
        self.tuple = bool(node.tuple)
        self.focus = node.focus
        self.index = node.index
        self.ancestor = node.ancestor.label if node.ancestor is not None else None
        self.sorted = node.type == "sort"
        self.evaluate = sorter(node, compile, depth) if self.sorted else compile(node, depth)
        self.stages: list[tuple[str, Any]] = [
            ("index", stage.value)
            if stage.type == "index"
            else ("filter", predicate(stage.expression, compile, depth))
            for stage in node.stages or ()
        ]

    def run_stages(self, value: Any, frame: Frame) -> Any:
        """Apply the filters and index bindings that follow the step."""
        for kind, stage in self.stages:
            if kind == "filter":
                value = stage(value, frame)
            else:
                for index, item in enumerate(value):
                    item[stage] = index
        return value

    def evaluate_items(self, items: list[Any], frame: Frame, last: bool) -> Any:
        """Return the step's results for each item, flattened."""
        if self.sorted:
            return self.run_stages(self.evaluate(items, frame), frame)
        results = []
        evaluate = self.evaluate
        for item in items:
            value = evaluate(item, frame)
            for _, stage in self.stages:
                value = stage(value, frame)
            if value is not UNDEFINED:
                results.append(value)
        if last and len(results) == 1 and isinstance(results[0], list) and type(results[0]) is not Sequence:
            return results[0]
        flat = Sequence()
        for value in results:
            if isinstance(value, list) and type(value) is not ConsArray:
                flat.extend(value)
                check_items(flat)
            else:
                flat.append(value)
        return flat

    def evaluate_tuples(self, items: list[Any], tuples: Any, frame: Frame) -> Any:
        """Return the step's results as tuples; `tuples` is None at the first step that binds."""
        result = Sequence()
        result.tuple_stream = True
        if self.sorted:
            if tuples is not None:
                result = self.evaluate(tuples, frame)
            else:
                for index, item in enumerate(self.evaluate(items, frame)):
                    result.append({"@": item, self.index: index} if self.index else {"@": item})
            return self.run_stages(result, frame)
        for row in [{"@": item} for item in items] if tuples is None else tuples:
            values = self.evaluate(row["@"], Frame(row, frame, frame.run, frame.depth))
            if values is UNDEFINED:
                continue
            stream = type(values) is Sequence and values.tuple_stream
            for index, value in enumerate(values if isinstance(values, list) else [values]):
                merged = dict(row)
                if stream:
                    merged.update(value)
                else:
                    merged[self.focus or "@"] = value
                    if self.index:
                        merged[self.index] = index
                    if self.ancestor:
                        merged[self.ancestor] = row["@"]
                result.append(merged)
            check_items(result)
        return self.run_stages(result, frame)


def path(node: Node, compile: Compile, depth: int) -> Code:
    """Compile a path."""
    steps = [_Step(step, compile, depth + 1) for step in node.steps]
    from_variable = node.steps[0].type == "variable"
    keep, keep_array, keep_tuples = bool(node.keep_singleton), bool(node.keep_array), bool(node.tuple)
    grouping = group(node.group, compile, depth) if node.group is not None else None
    last = len(steps) - 1

    def evaluate(input: Any, frame: Frame) -> Any:
        items = input if isinstance(input, list) and not from_variable else [input]
        result: Any = UNDEFINED
        tuples: Any = None
        streaming = False
        for index, step in enumerate(steps):
            streaming = streaming or step.tuple
            if index == 0 and step.cons:
                result = _items_of(step.evaluate(items, frame))
            elif streaming:
                tuples = step.evaluate_tuples(items, tuples, frame)
            else:
                result = step.evaluate_items(items, frame, index == last)
            if not streaming and (result is UNDEFINED or not result):
                break
            if step.focus is None:
                items = result
        if streaming:
            result = tuples if keep_tuples else Sequence(row["@"] for row in tuples)
        if keep:
            if type(result) is ConsArray:
                result = Sequence([result])
            if type(result) is Sequence:
                result.keep_singleton = True
        if keep_array and type(result) is Sequence:
            result.keep_singleton = True
        if grouping is not None:
            result = grouping(tuples if streaming else result, frame)
        return unwrap_sequence(result)

    return _plain_path(node, evaluate) or evaluate


def _items_of(value: Any) -> Any:
    """Return the items of a first step's result as the reference implementation reads them.

    An item that an index took from an array constructor is not wrapped again: a text has its characters, and other
    values have no items.
    """
    if value is UNDEFINED or isinstance(value, list):
        return value
    return Sequence(to_units(value)) if type(value) is str else Sequence()


def _plain_path(node: Node, general: Code) -> Code | None:
    """Compile a path of plain names, read from objects without sequences; `general` handles arrays."""
    first, rest = node.steps[0], node.steps[1:]
    plain = all(
        step.type == "name" and not (step.stages or step.tuple or step.keep_array or step.group)
        for step in (rest if first.type == "variable" else node.steps)
    )
    special = first.predicate or first.stages or first.group or first.tuple or first.keep_array
    if not plain or special or node.group is not None or node.keep_singleton or node.tuple:
        return None
    names = [step.value for step in (rest if first.type == "variable" else node.steps)]
    root = first.value if first.type == "variable" else None

    def evaluate(input: Any, frame: Frame) -> Any:
        value = frame.lookup(root) if root else input
        for name in names:
            if type(value) is dict:
                value = value.get(name, UNDEFINED)
            elif isinstance(value, list):
                return general(input, frame)
            else:
                return UNDEFINED
        return general(input, frame) if type(value) is Sequence else value

    return evaluate


def predicate(node: Node, compile: Compile, depth: int) -> Code:
    """Compile a predicate in brackets: an index, or a condition on each item."""
    if node.type == "number":
        position = math.floor(node.value)

        def pick(input: Any, frame: Frame) -> Any:
            items = input if isinstance(input, list) else [input]
            index = position + len(items) if position < 0 else position
            item = items[index] if 0 <= index < len(items) else UNDEFINED
            if isinstance(item, list):
                return item
            result = Sequence() if item is UNDEFINED else Sequence([item])
            result.tuple_stream = type(input) is Sequence and input.tuple_stream
            return result

        return pick
    condition = compile(node, depth + 1)

    def select(input: Any, frame: Frame) -> Any:
        results = Sequence()
        stream = results.tuple_stream = type(input) is Sequence and input.tuple_stream
        items = input if isinstance(input, list) else [input]
        for index, item in enumerate(items):
            if stream:
                value = condition(item["@"], Frame(item, frame, frame.run, frame.depth))
            else:
                value = condition(item, frame)
            if value is True:
                results.append(item)
                continue
            if is_number(value) and is_finite_number(value):
                value = [value]
            if isinstance(value, list) and all(is_number(n) and is_finite_number(n) for n in value):
                for number in value:
                    position = math.floor(number)
                    if (position + len(items) if position < 0 else position) == index:
                        results.append(item)
            elif to_boolean(value):
                results.append(item)
        return results

    return select


def sorter(node: Node, compile: Compile, depth: int) -> Code:
    """Compile a sort step: `^(<price, >name)`."""
    terms = [(descending, compile(expression, depth + 1)) for descending, expression in node.terms]
    position = node.position

    def evaluate(input: Any, frame: Frame) -> Any:
        stream = type(input) is Sequence and input.tuple_stream
        cache: dict[tuple[int, int], Any] = {}

        def key(item: Any, index: int) -> Any:
            cache_key = (id(item), index)
            if cache_key not in cache:
                term = terms[index][1]
                cache[cache_key] = (
                    term(item["@"], Frame(item, frame, frame.run, frame.depth))
                    if stream
                    else term(item, frame)
                )
            return cache[cache_key]

        def comes_after(a: Any, b: Any) -> bool:
            for index, (descending, _) in enumerate(terms):
                order = compare(key(a, index), key(b, index), position)
                if order:
                    return (order < 0) if descending and abs(order) == 1 else order > 0
            return False

        result = merge_sort(input, comes_after)
        if stream:
            result = Sequence(result)
            result.tuple_stream = True
        return result

    return evaluate


def compare(a: Any, b: Any, position: int) -> int:
    """Return the order of two sort keys: -1, 0, 1, or ±2 when one is missing, which sorts last in any direction."""
    if a is UNDEFINED:
        return 0 if b is UNDEFINED else 2
    if b is UNDEFINED:
        return -2
    are_strings = type(a) is str
    if not (are_strings or is_number(a)) or not (type(b) is str or is_number(b)):
        raise JsonataError("T2008", position=position, value=b if are_strings or is_number(a) else a)
    if are_strings is not (type(b) is str):
        raise JsonataError("T2007", position=position, value=a, value2=b)
    if a == b:
        return 0
    if are_strings and not (a.isascii() and b.isascii()):
        return -1 if utf16_units(a) < utf16_units(b) else 1
    return -1 if a < b else 1


def merge_sort(items: list[Any], comes_after: Callable[[Any, Any], Any]) -> list[Any]:
    """Sort stably by a comparator that returns whether its first argument comes after its second."""
    if len(items) <= 1:
        return items
    middle = len(items) // 2
    left, right = merge_sort(items[:middle], comes_after), merge_sort(items[middle:], comes_after)
    merged: list[Any] = []
    i = j = 0
    while i < len(left) and j < len(right):
        if comes_after(left[i], right[j]):
            merged.append(right[j])
            j += 1
        else:
            merged.append(left[i])
            i += 1
    return merged + left[i:] + right[j:]


def group(node: Node, compile: Compile, depth: int) -> Code:
    """Compile an object constructor: group the items by key, evaluate one value for each group."""
    pairs = [(compile(key, depth + 1), compile(value, depth + 1)) for key, value in node.pairs]
    constant = [key.value if key.type == "string" else None for key, _ in node.pairs]
    simple = None not in constant and len(set(constant)) == len(constant)
    fields = list(zip(constant, (value for _, value in pairs), strict=True))
    position = node.position

    def evaluate(input: Any, frame: Frame) -> Any:
        if simple and not isinstance(input, list):
            result = {}
            for name, code in fields:
                value = code(input, frame)
                if value is not UNDEFINED:
                    result[name] = value
            return result
        stream = type(input) is Sequence and input.tuple_stream
        items = input if isinstance(input, list) else [input]
        groups: dict[str, tuple[int, Any]] = {}
        for item in items or [UNDEFINED]:
            inner = Frame(item, frame, frame.run, frame.depth) if stream else frame
            context = item["@"] if stream else item
            for index, (key, _) in enumerate(pairs):
                name = key(context, inner)
                if name is UNDEFINED:
                    continue
                if type(name) is not str:
                    raise JsonataError("T1003", position=position, value=name)
                if name not in groups:
                    groups[name] = (index, item)
                elif groups[name][0] != index:
                    raise JsonataError("D1009", position=position, value=name)
                else:
                    groups[name] = (index, append(groups[name][1], item))
        result = {}
        for name, (index, data) in groups.items():
            if stream:
                row = _merge_tuples(data)
                context = row.pop("@")
                value = pairs[index][1](context, Frame(row, frame, frame.run, frame.depth))
            else:
                value = pairs[index][1](data, frame)
            if value is not UNDEFINED:
                result[name] = value
        return result

    return evaluate


def _merge_tuples(rows: Any) -> dict[str, Any]:
    """Merge tuples into one, concatenating the values of each name."""
    if not isinstance(rows, list):
        return dict(rows)
    merged = dict(rows[0])
    for row in rows[1:]:
        for name, value in row.items():
            merged[name] = append(merged.get(name, UNDEFINED), value)
    return merged
