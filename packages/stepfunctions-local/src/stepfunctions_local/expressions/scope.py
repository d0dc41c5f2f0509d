"""The values that a state's expressions can read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final


class _Unset:
    """The type of UNSET: a value that does not exist in the state's phase, where None is JSON null."""

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET: Final = _Unset()


@dataclass(slots=True)
class Scope:
    """The values that a state's expressions read.

    `input` is `$` (the effective input) and `$states.input`; `context_source` is `$$` and `$states.context`, or a
    function that builds it on demand; `variables` are those set by Assign (`$name`); `result` and `error_output`
    are `$states.result` and `$states.errorOutput`, UNSET outside the fields that have them.
    Source: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
    """

    input: Any
    context_source: dict[str, Any] | Callable[[], dict[str, Any]] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    result: Any = UNSET
    error_output: Any = UNSET
    state_name: str = ""

    @property
    def context(self) -> dict[str, Any]:
        """The context object."""
        source = self.context_source
        return source() if callable(source) else source

    def bindings(self) -> dict[str, Any]:
        """Return JSONata's bindings: the variables by name, and `states`."""
        states: dict[str, Any] = {"input": self.input, "context": self.context}
        if self.result is not UNSET:
            states["result"] = self.result
        if self.error_output is not UNSET:
            states["errorOutput"] = self.error_output
        return {**self.variables, "states": states}
