"""Containers that write their changes to a journal."""

from __future__ import annotations

import itertools
import operator
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, SupportsIndex

from .journal import Journal, Key


class ObservedDict(dict[Any, Any]):
    """A dictionary that calls `on_set` and `on_delete` with key and value; `convert` replaces a value that is set.

    A number that is set to itself is not a change.
    """

    def __init__(
        self,
        values: Iterable[tuple[Any, Any]] = (),
        *,
        on_set: Callable[[Any, Any], None] | None = None,
        on_delete: Callable[[Any, Any], None] | None = None,
        convert: Callable[[Any, Any], Any] | None = None,
    ) -> None:
        super().__init__(values)
        self._on_set = on_set
        self._on_delete = on_delete
        self._convert = convert

    def __setitem__(self, key: Any, value: Any) -> None:
        if self._convert is not None:
            value = self._convert(key, value)
        if isinstance(value, int) and self.get(key) == value:
            # Positions are set in each pass over a stream, whether or not it has new records.
            return
        super().__setitem__(key, value)
        if self._on_set is not None:
            self._on_set(key, value)

    def __delitem__(self, key: Any) -> None:
        value = super().pop(key)
        if self._on_delete is not None:
            self._on_delete(key, value)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: Any, *default: Any) -> Any:
        if key not in self:
            return super().pop(key, *default)
        value = self[key]
        del self[key]
        return value

    def update(self, *others: Any, **values: Any) -> None:
        for key, value in dict(*others, **values).items():
            self[key] = value

    def clear(self) -> None:
        for key in list(self):
            del self[key]

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)


class ObservedList(list[Any]):
    """A list whose elements are entries of one owner, with increasing numbers as keys.

    An element that changes in place is written by `touch`. Each change holds `lock`: threads that compute new elements
    of the present ones hold it from reading to `replace`, so that elements which others append are not lost.
    """

    def __init__(
        self,
        journal: Journal,
        store: str,
        owner: Key,
        numbered: Iterable[tuple[int, Any]] = (),
        *,
        wrap: Callable[[ObservedList, int, Any], Any] | None = None,
        lock: AbstractContextManager[Any] | None = None,
    ) -> None:
        super().__init__()
        self._journal, self._store, self._owner, self._wrap = journal, store, owner, wrap
        self._lock = threading.RLock() if lock is None else lock
        self._numbers: list[int] = []
        for number, value in numbered:
            self._numbers.append(number)
            super().append(self._wrapped(number, value))
        self._next = itertools.count(self._numbers[-1] + 1 if self._numbers else 0)

    def _wrapped(self, number: int, value: Any) -> Any:
        return value if self._wrap is None else self._wrap(self, number, value)

    def touch(self, number: int, value: Any) -> None:
        """Write an element that has changed in place."""
        self._journal.put(self._store, self._owner, number, value)

    def append(self, value: Any) -> None:
        with self._lock:
            number = next(self._next)
            value = self._wrapped(number, value)
            self._numbers.append(number)
            super().append(value)
            self._journal.put(self._store, self._owner, number, value)

    def extend(self, values: Iterable[Any]) -> None:
        for value in values:
            self.append(value)

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        with self._lock:
            numbers = self._numbers[index] if isinstance(index, slice) else [self._numbers[index]]
            del self._numbers[index]
            super().__delitem__(index)
            for number in numbers:
                self._journal.delete(self._store, self._owner, number)

    def remove(self, value: Any) -> None:
        with self._lock:
            del self[self.index(value)]

    def pop(self, index: SupportsIndex = -1) -> Any:
        with self._lock:
            value = self[index]
            del self[index]
            return value

    def clear(self) -> None:
        del self[:]

    def replace(self, values: Iterable[Any]) -> None:
        """Replace the elements by others, in order, and write the difference to the journal.

        Present elements keep their numbers, which they must have in increasing order.
        """
        values = list(values)
        with self._lock:
            if len(values) == len(self) and all(map(operator.is_, values, self)):
                return
            numbers = {id(value): number for value, number in zip(self, self._numbers, strict=True)}
            kept = [numbers.pop(id(value)) for value in values if id(value) in numbers]
            if len(kept) == len(values) and kept == sorted(kept):
                for number in numbers.values():
                    self._journal.delete(self._store, self._owner, number)
                self._numbers = kept
                super().__setitem__(slice(None), values)
            else:
                self._journal.delete_owner(self._store, self._owner)
                self._numbers = []
                super().clear()
                self.extend(values)

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)


class RecordWithList(dict[str, Any]):
    """A dictionary with one field that is an observed list: a list that is set replaces its elements."""

    __slots__ = ("_field",)

    def __init__(self, values: dict[str, Any], field: str, observed: ObservedList) -> None:
        super().__init__(values)
        self._field = field
        super().__setitem__(field, observed)

    def __setitem__(self, name: str, value: Any) -> None:
        if name == self._field:
            self[name].replace(value)
        else:
            super().__setitem__(name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)
