"""The array, object and higher-order functions.

Source: https://docs.jsonata.org/array-functions, https://docs.jsonata.org/object-functions,
https://docs.jsonata.org/higher-order-functions
"""

import random
from typing import Any

from .errors import JsonataError
from .operators import truth
from .paths import append, lookup, merge_sort
from .runtime import Caller, Lambda, Native
from .transform import copy
from .values import UNDEFINED, Callee, Sequence, deep_equal, is_number


def mapped(call: Caller, items: Any, function: Any) -> Any:
    if items is UNDEFINED:
        return UNDEFINED
    found = Sequence()
    for at, item in enumerate(items):
        result = call.each(function, item, at, items)
        if result is not UNDEFINED:
            found.append(result)
    return found


def filtered(call: Caller, items: Any, function: Any) -> Any:
    if items is UNDEFINED:
        return UNDEFINED
    return Sequence(item for at, item in enumerate(items) if truth(call.each(function, item, at, items)))


def single(call: Caller, items: Any, function: Any = UNDEFINED) -> Any:
    """The only item that fits; JsonataError D3138 for more than one, D3139 for none."""
    if items is UNDEFINED:
        return UNDEFINED
    found: list[Any] = []
    for at, item in enumerate(items):
        if function is UNDEFINED or truth(call.each(function, item, at, items)):
            if found:
                raise JsonataError("D3138", index=at)
            found.append(item)
    if not found:
        raise JsonataError("D3139")
    return found[0]


def reduced(call: Caller, items: Any, function: Any, start: Any = UNDEFINED) -> Any:
    """The function folded over the items from the left."""
    if items is UNDEFINED:
        return UNDEFINED
    arity = function.arity
    if arity < 2:
        raise JsonataError("D3050", index=1)
    first = 1 if start is UNDEFINED and items else 0
    result = items[0] if first else start
    for at in range(first, len(items)):
        arguments = [result, items[at], at, items][: max(2, min(arity, 4))]
        result = call(function, arguments)
    return result


def zipped(*arrays: Any) -> Any:
    length = min((len(array) if isinstance(array, list) else 0 for array in arrays), default=0)
    return [[array[at] for array in arrays] for at in range(length)]


def sifted(call: Caller, value: Any, function: Any) -> Any:
    """The fields of an object that fit, nothing when none does."""
    if type(value) is not dict:
        return UNDEFINED
    found = {key: item for key, item in value.items() if truth(call.each(function, item, key, value))}
    return found or UNDEFINED


def each(call: Caller, value: Any, function: Any) -> Any:
    found = Sequence()
    if type(value) is dict:
        for key, item in value.items():
            result = call.each(function, item, key, value)
            if result is not UNDEFINED:
                found.append(result)
    return found


def keys(value: Any) -> Any:
    """The names of an object's fields, or of all of an array's objects'."""
    if isinstance(value, list):
        return Sequence(dict.fromkeys(key for item in value for key in keys(item)))
    return Sequence(value) if type(value) is dict else Sequence()


def exists(value: Any = UNDEFINED) -> bool:
    return value is not UNDEFINED


def spread(value: Any) -> Any:
    """An object for each field."""
    if isinstance(value, list):
        found: Any = Sequence()
        for item in value:
            found = append(found, spread(item))
        return found
    if type(value) is dict:
        return Sequence({key: item} for key, item in value.items())
    return value


def merge(objects: Any) -> Any:
    if objects is UNDEFINED:
        return UNDEFINED
    merged: dict[str, Any] = {}
    for item in objects:
        merged.update(item)
    return merged


def reverse(items: Any) -> Any:
    return items if items is UNDEFINED or len(items) <= 1 else items[::-1]


def failure(message: Any = UNDEFINED) -> Any:
    raise JsonataError("D3137", message=message or "$error() function evaluated")


def assertion(condition: Any, message: Any = UNDEFINED) -> Any:
    if condition is UNDEFINED or not condition:
        raise JsonataError("D3141", message=message or "$assert() statement failed")
    return UNDEFINED


def type_of(value: Any) -> Any:
    if value is UNDEFINED:
        return UNDEFINED
    if value is None:
        return "null"
    if is_number(value):
        return "number"
    if type(value) is str:
        return "string"
    if type(value) is bool:
        return "boolean"
    return "array" if isinstance(value, list) else "function" if isinstance(value, Callee) else "object"


def sort(call: Caller, items: Any, comparator: Any = UNDEFINED) -> Any:
    """A sorted copy; without a function only numbers or strings; with one, it says which pairs to swap."""
    if items is UNDEFINED or len(items) <= 1:
        return items
    if comparator is UNDEFINED:
        if not (all(map(is_number, items)) or all(type(item) is str for item in items)):
            raise JsonataError("D3070", index=1)
        return sorted(items)
    return merge_sort(items, lambda a, b: _truthy(call(comparator, [a, b])))


def _truthy(value: Any) -> bool:
    return bool(value) or isinstance(value, (list, dict, Callee))


def shuffle(items: Any) -> Any:
    if items is UNDEFINED or len(items) <= 1:
        return items
    mixed = list(items)
    random.shuffle(mixed)
    return mixed


def distinct(items: Any) -> Any:
    """Without the later of equal items."""
    if not isinstance(items, list) or len(items) <= 1:
        return items
    kept: list[Any] = Sequence() if type(items) is Sequence else []
    seen: set[Any] = set()
    for item in items:
        if type(item) is str:
            if item in seen:
                continue
            seen.add(item)
        elif any(deep_equal(item, other) for other in kept):
            continue
        kept.append(item)
    return kept


def clone(value: Any) -> Any:
    return value if value is UNDEFINED or isinstance(value, Lambda) else copy(value)


def find(value: Any, key: Any) -> Any:
    return lookup(value, "undefined" if key is UNDEFINED else key)


FUNCTIONS = [
    Native("map", mapped, "<af>", 2, calls=True),
    Native("zip", zipped, "<a+>", 0),
    Native("filter", filtered, "<af>", 2, calls=True),
    Native("single", single, "<af?>", 2, calls=True),
    Native("reduce", reduced, "<afj?:j>", 3, calls=True),
    Native("sift", sifted, "<o-f?:o>", 2, calls=True),
    Native("keys", keys, "<x-:a<s>>"),
    Native("lookup", find, "<x-s:x>", 2),
    Native("append", append, "<xx:a>", 2),
    Native("exists", exists, "<x:b>"),
    Native("spread", spread, "<x-:a<o>>"),
    Native("merge", merge, "<a<o>:o>"),
    Native("reverse", reverse, "<a:a>"),
    Native("each", each, "<o-f:a>", 2, calls=True),
    Native("error", failure, "<s?:x>"),
    Native("assert", assertion, "<bs?:x>", 2),
    Native("type", type_of, "<x:s>"),
    Native("sort", sort, "<af?:a>", 2, calls=True),
    Native("shuffle", shuffle, "<a:a>"),
    Native("distinct", distinct, "<x:x>"),
    Native("clone", clone, "<(oa)-:o>"),
]
