"""Documents whose workflow waits with a task token that a later event completes."""

from collections.abc import Mapping
from typing import Any, Protocol, Self

from tillflow.errors import PendingWork


class Waiting(Protocol):
    """A document that stores the token of a wait; waiting_since: text that sorts by time."""

    @property
    def waiting_since(self) -> str: ...

    def model_copy(self, *, update: Mapping[str, Any]) -> Self: ...


def store_wait[D: Waiting](
    document: D, subject: str, *, next_step: str, awaited: str, wait: Mapping[str, Any]
) -> D:
    """Return the document with a wait: its `waiting_since` and its token. PendingWork if another step is the next.

    A token of an earlier wait than the stored one is ignored: the workflow no longer waits with it.
    """
    if next_step != awaited:
        raise PendingWork(subject, next_step)
    if wait["waiting_since"] < document.waiting_since:
        return document
    return document.model_copy(update=wait)
