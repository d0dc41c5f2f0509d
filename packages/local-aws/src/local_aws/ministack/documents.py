"""Configuration of services as documents in the journal.

A document is one entry of a service's store, such as a role or a rule. After a request that may change a service,
its documents are compared with those in the journal, and changed ones are written. The cost of that depends on the
service's configuration. Data (items, messages, stream records, log events, metrics) has modules of its own.
"""

from __future__ import annotations

import ast
import pickle
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from ministack import app
from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict

from ..journal import Journal

type State = dict[str, Any]

_STORE = "documents/"
_SCOPED = (AccountRegionScopedDict, AccountScopedDict)


class Documents:
    """The documents of all services. `states` has functions for services whose `get_state` includes data."""

    def __init__(self, journal: Journal, states: dict[str, Callable[[], State]]) -> None:
        self._journal = journal
        self._states = states
        self._digests: dict[str, dict[tuple[str, str], int]] = {}

    def load(self, service: str) -> State | None:
        """Return the stored state of a service, in the form of its `get_state`; None if there is none."""
        entries = list(self._journal.load(_STORE + service))
        if not entries:
            return None
        state = self._state(service)
        digests = self._digests[service] = {}
        for entry in entries:
            name, key = str(entry.owner), str(entry.key)
            digests[name, key] = _digest(entry.value)
            container = state.get(name)
            if isinstance(container, _SCOPED):
                container._data[ast.literal_eval(key)] = entry.value
            else:
                state[name] = entry.value
        return state

    def _state(self, service: str) -> State:
        """Return a copy of a service's state.

        MiniStack deploys a nested stack on a thread of its own, which may add to a store while it is copied: the copy
        is then made anew. What the thread changes afterwards is written when the deployment ends.
        """
        while True:
            try:
                state: State = (
                    self._states.get(service) or app._get_module(app._state_map[service]).get_state
                )()
                return state
            except RuntimeError as error:
                if "changed size during iteration" not in str(error):
                    raise

    def save(self, service: str) -> None:
        """Write the documents of a service that have changed."""
        known = self._digests.setdefault(service, {})
        present = set()
        for name, key, value in _documents(self._state(service)):
            present.add((name, key))
            digest = _digest(value)
            if known.get((name, key)) != digest:
                self._journal.put(_STORE + service, name, key, value)
                known[name, key] = digest
        for name, key in known.keys() - present:
            self._journal.delete(_STORE + service, name, key)
            del known[name, key]

    def save_all(self, unchanged: Collection[str] = ()) -> None:
        """Write the changed documents of all services that are in use, except of those that are `unchanged`."""
        with self._journal.group():
            for service in app._build_persistence_save_dict():
                if service != "stepfunctions" and service not in unchanged:
                    self.save(service)


def copied_stores(module: Any, names: Iterable[str]) -> State:
    """Return shallow copies of stores of a module, in the form of `get_state`."""
    copies: State = {}
    for name in names:
        store = getattr(module, f"_{name}")
        copies[name] = type(store)()
        copies[name]._data = dict(store._data)
    return copies


def _documents(state: State) -> Iterator[tuple[str, str, Any]]:
    for name, container in state.items():
        if isinstance(container, _SCOPED):
            for key, value in list(container._data.items()):
                yield name, repr(key), value
        else:
            yield name, "", container


def _digest(value: Any) -> int:
    return hash(pickle.dumps(value, 5))
