"""Array, object and higher-order functions.

Source: https://docs.jsonata.org/array-functions, https://docs.jsonata.org/object-functions,
https://docs.jsonata.org/higher-order-functions
"""

import random
from typing import Any

from .errors import JsonataError
from .operators import is_finite_number, to_boolean, utf16_units
from .paths import append, lookup, merge_sort
from .runtime import Caller, Lambda, Native
from .transform import copy
from .values import UNDEFINED, Callee, Identities, Sequence, is_number


def map_items(call: Caller, items: Any, function: Any) -> Any:
    """Return the function's results for each item, without undefined ones."""
    if items is UNDEFINED:
        return UNDEFINED
    results = Sequence()
    for index, item in enumerate(items):
        result = call.each(function, item, index, items)
        if result is not UNDEFINED:
            results.append(result)
    return results


def filter_items(call: Caller, items: Any, function: Any) -> Any:
    """Return the items for which the function is true."""
    if items is UNDEFINED:
        return UNDEFINED
    return Sequence(
        item for index, item in enumerate(items) if to_boolean(call.each(function, item, index, items))
    )


def single(call: Caller, items: Any, function: Any = UNDEFINED) -> Any:
    """Return the only item for which the function is true.

    Raises JsonataError D3138 when there are more, D3139 when there is none.
    """
    if items is UNDEFINED:
        return UNDEFINED
    matches: list[Any] = []
    for index, item in enumerate(items):
        if function is UNDEFINED or to_boolean(call.each(function, item, index, items)):
            if matches:
                raise JsonataError("D3138", index=index)
            matches.append(item)
    if not matches:
        raise JsonataError("D3139")
    return matches[0]


def fold_left(call: Caller, items: Any, function: Any, start: Any = UNDEFINED) -> Any:
    """Combine the items with the function, from the left."""
    if items is UNDEFINED:
        return UNDEFINED
    arity = function.arity
    if arity < 2:
        raise JsonataError("D3050", index=1)
    first = 1 if start is UNDEFINED and items else 0
    result = items[0] if first else start
    for index in range(first, len(items)):
        arguments = [result, items[index], index, items][: max(2, min(arity, 4))]
        result = call(function, arguments)
    return result


def zip_arrays(*arrays: Any) -> Any:
    """Return an array of the arrays' first items, second items, and so on, up to the shortest array."""
    length = min((len(array) if isinstance(array, list) else 0 for array in arrays), default=0)
    return [[array[index] for array in arrays] for index in range(length)]


def sift(call: Caller, value: Any, function: Any) -> Any:
    """Return the fields of an object for which the function is true, or undefined when there are none."""
    if type(value) is not dict:
        return UNDEFINED
    fields = {key: item for key, item in value.items() if to_boolean(call.each(function, item, key, value))}
    return fields or UNDEFINED


def each(call: Caller, value: Any, function: Any) -> Any:
    """Return the function's results for each field of an object, without undefined ones."""
    results = Sequence()
    if type(value) is dict:
        for key, item in value.items():
            result = call.each(function, item, key, value)
            if result is not UNDEFINED:
                results.append(result)
    return results


def keys(value: Any) -> Any:
    """Return the field names of an object, or of all objects of an array."""
    if isinstance(value, list):
        return Sequence(dict.fromkeys(key for item in value for key in keys(item)))
    return Sequence(value) if type(value) is dict else Sequence()


def exists(value: Any = UNDEFINED) -> bool:
    """Return whether the argument has a value."""
    return value is not UNDEFINED


def spread(value: Any) -> Any:
    """Return an object for each field of an object, or of all objects of an array."""
    if isinstance(value, list):
        objects: Any = Sequence()
        for item in value:
            objects = append(objects, spread(item))
        return objects
    if type(value) is dict:
        return Sequence({key: item} for key, item in value.items())
    return value


def merge(objects: Any) -> Any:
    """Return one object with the fields of all."""
    if objects is UNDEFINED:
        return UNDEFINED
    merged: dict[str, Any] = {}
    for item in objects:
        merged.update(item)
    return merged


def reverse(items: Any) -> Any:
    """Return the items in reverse order."""
    return items if items is UNDEFINED or len(items) <= 1 else items[::-1]


def raise_error(message: Any = UNDEFINED) -> Any:
    """Raise JsonataError D3137 with the message."""
    raise JsonataError("D3137", message=message or "$error() function evaluated")


def check(condition: Any, message: Any = UNDEFINED) -> Any:
    """Raise JsonataError D3141 with the message when the condition is false."""
    if condition is UNDEFINED or not condition:
        raise JsonataError("D3141", message=message or "$assert() statement failed")
    return UNDEFINED


def type_of(value: Any) -> Any:
    """Return the name of the value's type; NaN is an object, as in the reference implementation.

    Raises JsonataError D1001 for an infinite number.
    """
    if value is UNDEFINED:
        return UNDEFINED
    if value is None:
        return "null"
    if is_number(value):
        return "number" if is_finite_number(value) else "object"
    if type(value) is str:
        return "string"
    if type(value) is bool:
        return "boolean"
    return "array" if isinstance(value, list) else "function" if isinstance(value, Callee) else "object"


def sort(call: Caller, items: Any, comparator: Any = UNDEFINED) -> Any:
    """Return a sorted copy of the items.

    The comparator returns whether its first argument comes after its second. Without one, the items must be
    all numbers or all strings, or JsonataError D3070 is raised.
    """
    if items is UNDEFINED or len(items) <= 1:
        return items
    if comparator is UNDEFINED:
        if all(type(item) is str for item in items):
            return sorted(items, key=utf16_units)
        if not all(map(is_finite_number, items)):
            raise JsonataError("D3070", index=1)
        return sorted(items)
    return merge_sort(items, lambda a, b: _is_truthy(call(comparator, [a, b])))


def _is_truthy(value: Any) -> bool:
    """Return whether JavaScript considers the value true, unlike `to_boolean`."""
    return bool(value) or isinstance(value, (list, dict, Callee))


def shuffle(items: Any) -> Any:
    """Return the items in random order."""
    if items is UNDEFINED or len(items) <= 1:
        return items
    shuffled = list(items)
    random.shuffle(shuffled)
    return shuffled


def distinct(items: Any) -> Any:
    """Return the items without duplicates."""
    if not isinstance(items, list) or len(items) <= 1:
        return items
    identities, unique = Identities(), dict[Any, Any]()
    for item in items:
        unique.setdefault(identities.of(item), item)
    return Sequence(unique.values()) if type(items) is Sequence else list(unique.values())


def clone(value: Any) -> Any:
    """Return a copy of the value."""
    return value if value is UNDEFINED or isinstance(value, Lambda) else copy(value)


def find(value: Any, key: Any) -> Any:
    """Return the field of an object, or of all objects of an array."""
    return lookup(value, "undefined" if key is UNDEFINED else key)


FUNCTIONS = [
    Native("map", map_items, "<af>", 2, calls=True),
    Native("zip", zip_arrays, "<a+>", 0),
    Native("filter", filter_items, "<af>", 2, calls=True),
    Native("single", single, "<af?>", 2, calls=True),
    Native("reduce", fold_left, "<afj?:j>", 3, calls=True),
    Native("sift", sift, "<o-f?:o>", 2, calls=True),
    Native("keys", keys, "<x-:a<s>>"),
    Native("lookup", find, "<x-s:x>", 2),
    Native("append", append, "<xx:a>", 2),
    Native("exists", exists, "<x:b>"),
    Native("spread", spread, "<x-:a<o>>"),
    Native("merge", merge, "<a<o>:o>"),
    Native("reverse", reverse, "<a:a>"),
    Native("each", each, "<o-f:a>", 2, calls=True),
    Native("error", raise_error, "<s?:x>"),
    Native("assert", check, "<bs?:x>", 2),
    Native("type", type_of, "<x:s>"),
    Native("sort", sort, "<af?:a>", 2, calls=True),
    Native("shuffle", shuffle, "<a:a>"),
    Native("distinct", distinct, "<x:x>"),
    Native("clone", clone, "<(oa)-:o>"),
]
