"""The frame a tested state runs on: it has an input, variables and a context object, and leaves no trace."""

from collections.abc import Mapping
from typing import Any

from ..definition import State
from ..expressions.scope import UNSET, Scope


class Bench:
    """Stands in for the interpreter's Frame, for the parts of it that only compute.

    After a state has run, `input` is its output and `variables` are those it leaves.
    """

    def __init__(self, given: Any, context: dict[str, Any], variables: Mapping[str, Any], now: float):
        self.input = given
        self.variables = dict(variables)
        self.entered_at = now
        self.text: str | None = None
        self.retries: dict[int, int] = {}
        self.data: dict[str, Any] = {}
        self.phase = ""
        self.state = ""
        self.last = self.entered = self.entered_after = 0
        self.execution = self
        self._context = context

    def scope(self, state: State, seen: Any, result: Any = UNSET, error_output: Any = UNSET) -> Scope:
        """What the state's expressions read, with `seen` as `$` and `$states.input`."""
        return Scope(seen, self._context, self.variables, result, error_output, state.name)

    def has_room_for(self, size: int) -> bool:
        """The quota on all variables is an execution's."""
        return True

    def assign(self, values: dict[str, Any]) -> None:
        """Set variables."""
        self.variables |= values

    def event(self, *_: Any, **__: Any) -> int:
        """No history is kept."""
        return 0

    def save(self) -> None:
        """Nothing is stored."""

    def forget_context(self) -> None:
        """The context object was given and stays."""

    def drop_children(self) -> None:
        """There are none."""
