"""Paths: steps over sequences, predicates, sorting, grouping, and the bindings of `@`, `#` and `%`.

While a path binds names, its items are tuples: dicts with the item under "@" and the names beside it.
Source: https://docs.jsonata.org/path-operators and https://docs.jsonata.org/processing
"""

import math
from collections.abc import Callable
from typing import Any

from .errors import JsonataError
from .operators import numeric, truth, units
from .parser import Node
from .runtime import Code, Frame
from .values import UNDEFINED, ConsArray, Sequence, is_number

Compile = Callable[[Node, int], Code]


def lookup(value: Any, name: str) -> Any:
    """The field of an object, or those of an array's objects as one sequence."""
    if type(value) is dict:
        return value.get(name, UNDEFINED)
    if not isinstance(value, list):
        return UNDEFINED
    found = Sequence()
    for item in value:
        result = lookup(item, name)
        if isinstance(result, list):
            found.extend(result)
        elif result is not UNDEFINED:
            found.append(result)
    return found


def settle(value: Any) -> Any:
    """A sequence as what it stands for: nothing, its only element, or itself."""
    if type(value) is Sequence and not value.tuple_stream:
        if not value:
            return UNDEFINED
        if len(value) == 1 and not value.keep_singleton:
            return value[0]
    return value


def append(first: Any, second: Any) -> Any:
    """Two values as one array ($append)."""
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

    def run_stages(self, found: Any, frame: Frame) -> Any:
        """The filters and index bindings after the step."""
        for kind, stage in self.stages:
            if kind == "filter":
                found = stage(found, frame)
            else:
                for at, item in enumerate(found):
                    item[stage] = at
        return found

    def over(self, items: list[Any], frame: Frame, last: bool) -> Any:
        """The step's results for each item, flattened."""
        if self.sorted:
            return self.run_stages(self.evaluate(items, frame), frame)
        results = []
        evaluate = self.evaluate
        for item in items:
            found = evaluate(item, frame)
            for _, stage in self.stages:
                found = stage(found, frame)
            if found is not UNDEFINED:
                results.append(found)
        if last and len(results) == 1 and isinstance(results[0], list) and type(results[0]) is not Sequence:
            return results[0]
        flat = Sequence()
        for found in results:
            if isinstance(found, list) and type(found) is not ConsArray:
                flat.extend(found)
            else:
                flat.append(found)
        return flat

    def over_tuples(self, items: list[Any], tuples: Any, frame: Frame) -> Any:
        """The step's results as tuples; `tuples` is None at the first step that binds."""
        result = Sequence()
        result.tuple_stream = True
        if self.sorted:
            if tuples is not None:
                result = self.evaluate(tuples, frame)
            else:
                for at, item in enumerate(self.evaluate(items, frame)):
                    result.append({"@": item, self.index: at} if self.index else {"@": item})
            return self.run_stages(result, frame)
        for row in [{"@": item} for item in items] if tuples is None else tuples:
            found = self.evaluate(row["@"], Frame(row, frame, frame.run, frame.depth))
            if found is UNDEFINED:
                continue
            stream = type(found) is Sequence and found.tuple_stream
            for at, value in enumerate(found if isinstance(found, list) else [found]):
                merged = dict(row)
                if stream:
                    merged.update(value)
                else:
                    merged[self.focus or "@"] = value
                    if self.index:
                        merged[self.index] = at
                    if self.ancestor:
                        merged[self.ancestor] = row["@"]
                result.append(merged)
        return self.run_stages(result, frame)


def path(node: Node, compile: Compile, depth: int) -> Code:
    """Compile a path."""
    steps = [_Step(step, compile, depth + 1) for step in node.steps]
    from_variable = node.steps[0].type == "variable"
    keep, whole_tuple = bool(node.keep_singleton), bool(node.tuple)
    grouping = group(node.group, compile, depth) if node.group is not None else None
    last = len(steps) - 1

    def evaluate(input: Any, frame: Frame) -> Any:
        items = input if isinstance(input, list) and not from_variable else [input]
        found: Any = UNDEFINED
        tuples: Any = None
        streaming = False
        for at, step in enumerate(steps):
            streaming = streaming or step.tuple
            if at == 0 and step.cons:
                found = step.evaluate(items, frame)
            elif streaming:
                tuples = step.over_tuples(items, tuples, frame)
            else:
                found = step.over(items, frame, at == last)
            if not streaming and (found is UNDEFINED or not found):
                break
            if step.focus is None:
                items = found
        if streaming:
            found = tuples if whole_tuple else Sequence(row["@"] for row in tuples)
        if keep:
            if type(found) is ConsArray:
                found = Sequence([found])
            if type(found) is Sequence:
                found.keep_singleton = True
        if grouping is not None:
            found = grouping(tuples if streaming else found, frame)
        return settle(found)

    return _direct(node, evaluate) or evaluate


def _direct(node: Node, general: Code) -> Code | None:
    """A path of plain names through objects, followed without sequences; arrays on the way take the general way."""
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
    """Compile what stands in brackets after a value: an index, or a condition on each item."""
    if node.type == "number":
        position = math.floor(node.value)

        def pick(input: Any, frame: Frame) -> Any:
            items = input if isinstance(input, list) else [input]
            at = position + len(items) if position < 0 else position
            item = items[at] if 0 <= at < len(items) else UNDEFINED
            if isinstance(item, list):
                return item
            found = Sequence() if item is UNDEFINED else Sequence([item])
            found.tuple_stream = type(input) is Sequence and input.tuple_stream
            return found

        return pick
    condition = compile(node, depth + 1)

    def choose(input: Any, frame: Frame) -> Any:
        results = Sequence()
        stream = results.tuple_stream = type(input) is Sequence and input.tuple_stream
        items = input if isinstance(input, list) else [input]
        for at, item in enumerate(items):
            if stream:
                found = condition(item["@"], Frame(item, frame, frame.run, frame.depth))
            else:
                found = condition(item, frame)
            if found is True:
                results.append(item)
                continue
            if is_number(found) and numeric(found):
                found = [found]
            if isinstance(found, list) and all(is_number(one) and numeric(one) for one in found):
                for one in found:
                    place = math.floor(one)
                    if (place + len(items) if place < 0 else place) == at:
                        results.append(item)
            elif truth(found):
                results.append(item)
        return results

    return choose


def sorter(node: Node, compile: Compile, depth: int) -> Code:
    """Compile a sort step: `^(<price, >name)`."""
    terms = [(descending, compile(expression, depth + 1)) for descending, expression in node.terms]
    position = node.position

    def evaluate(input: Any, frame: Frame) -> Any:
        stream = type(input) is Sequence and input.tuple_stream
        known: dict[tuple[int, int], Any] = {}

        def value(item: Any, at: int) -> Any:
            key = (id(item), at)
            if key not in known:
                term = terms[at][1]
                known[key] = (
                    term(item["@"], Frame(item, frame, frame.run, frame.depth))
                    if stream
                    else term(item, frame)
                )
            return known[key]

        def after(a: Any, b: Any) -> bool:
            for at, (descending, _) in enumerate(terms):
                order = compare(value(a, at), value(b, at), position)
                if order:
                    return (order < 0) if descending and abs(order) == 1 else order > 0
            return False

        found = merge_sort(input, after)
        if stream:
            found = Sequence(found)
            found.tuple_stream = True
        return found

    return evaluate


def compare(a: Any, b: Any, position: int) -> int:
    """The order of two sort keys: -1, 0, 1; ±2 where one is missing, which comes last in any direction."""
    if a is UNDEFINED:
        return 0 if b is UNDEFINED else 2
    if b is UNDEFINED:
        return -2
    text = type(a) is str
    if not (text or is_number(a)) or not (type(b) is str or is_number(b)):
        raise JsonataError("T2008", position=position, value=b if text or is_number(a) else a)
    if text is not (type(b) is str):
        raise JsonataError("T2007", position=position, value=a, value2=b)
    if a == b:
        return 0
    if text and not (a.isascii() and b.isascii()):
        return -1 if units(a) < units(b) else 1
    return -1 if a < b else 1


def merge_sort(items: list[Any], after: Callable[[Any, Any], Any]) -> list[Any]:
    """A stable sort for a comparator that says whether its first argument comes after its second."""
    if len(items) <= 1:
        return items
    middle = len(items) // 2
    left, right = merge_sort(items[:middle], after), merge_sort(items[middle:], after)
    merged: list[Any] = []
    i = j = 0
    while i < len(left) and j < len(right):
        if after(left[i], right[j]):
            merged.append(right[j])
            j += 1
        else:
            merged.append(left[i])
            i += 1
    return merged + left[i:] + right[j:]


def group(node: Node, compile: Compile, depth: int) -> Code:
    """Compile an object constructor: each item's key collects the items, each group gives one value."""
    pairs = [(compile(key, depth + 1), compile(value, depth + 1)) for key, value in node.pairs]
    constant = [key.value if key.type == "string" else None for key, _ in node.pairs]
    simple = None not in constant and len(set(constant)) == len(constant)
    fields = list(zip(constant, (value for _, value in pairs), strict=True))
    position = node.position

    def evaluate(input: Any, frame: Frame) -> Any:
        if simple and not isinstance(input, list):
            built = {}
            for name, value in fields:
                found = value(input, frame)
                if found is not UNDEFINED:
                    built[name] = found
            return built
        stream = type(input) is Sequence and input.tuple_stream
        items = input if isinstance(input, list) else [input]
        groups: dict[str, tuple[int, Any]] = {}
        for item in items or [UNDEFINED]:
            inner = Frame(item, frame, frame.run, frame.depth) if stream else frame
            context = item["@"] if stream else item
            for at, (key, _) in enumerate(pairs):
                name = key(context, inner)
                if name is UNDEFINED:
                    continue
                if type(name) is not str:
                    raise JsonataError("T1003", position=position, value=name)
                if name not in groups:
                    groups[name] = (at, item)
                elif groups[name][0] != at:
                    raise JsonataError("D1009", position=position, value=name)
                else:
                    groups[name] = (at, append(groups[name][1], item))
        built = {}
        for name, (at, data) in groups.items():
            if stream:
                row = _reduce(data)
                context = row.pop("@")
                found = pairs[at][1](context, Frame(row, frame, frame.run, frame.depth))
            else:
                found = pairs[at][1](data, frame)
            if found is not UNDEFINED:
                built[name] = found
        return built

    return evaluate


def _reduce(rows: Any) -> dict[str, Any]:
    """Several tuples as one, each name's values appended."""
    if not isinstance(rows, list):
        return dict(rows)
    merged = dict(rows[0])
    for row in rows[1:]:
        for name, value in row.items():
            merged[name] = append(merged.get(name, UNDEFINED), value)
    return merged
