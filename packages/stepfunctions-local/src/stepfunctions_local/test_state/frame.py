"""The frame of a state under test: input, variables and context object, without history or storage."""

from collections.abc import Mapping
from typing import Any

from ..definition import State
from ..expressions.scope import UNSET, Scope


class DetachedFrame:
    """Implement the computing part of the interpreter's Frame.

    After a state has run, `input` is its output and `variables` include those it assigned.
    """

    def __init__(self, state_input: Any, context: dict[str, Any], variables: Mapping[str, Any], now: float):
        self.input = state_input
        self.variables = dict(variables)
        self.entered_at = now
        self.text: str | None = None
        self.retries: dict[int, int] = {}
        self.data: dict[str, Any] = {}
        self.phase = ""
        self.state = ""
        self.last = self.entered = 0
        self.execution = self
        self._context = context

    def scope(
        self, state: State, effective_input: Any, result: Any = UNSET, error_output: Any = UNSET
    ) -> Scope:
        """Return the scope of the state's expressions, with `effective_input` as `$` and `$states.input`."""
        return Scope(effective_input, self._context, self.variables, result, error_output, state.name)

    def has_room_for(self, size: int) -> bool:
        """Return True: the quota on variables applies to executions only."""
        return True

    def assign(self, values: dict[str, Any]) -> None:
        """Set variables."""
        self.variables |= values

    def event(self, *_: Any, **__: Any) -> int:
        """Ignore a history event."""
        return 0

    def save(self) -> None:
        """Do nothing: a state under test is not stored."""

    def reset_context(self) -> None:
        """Do nothing: the context object is fixed."""

    def drop_children(self) -> None:
        """Do nothing: a state under test has no child frames."""
