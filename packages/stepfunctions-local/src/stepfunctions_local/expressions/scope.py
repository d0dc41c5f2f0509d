"""What an expression can see while a state runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final


class _Unset:
    """Marks a part of the scope the state's phase does not have, where None would be JSON null."""

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET: Final = _Unset()


@dataclass(slots=True)
class Scope:
    """The values a state's expressions read.

    `input` is `$` (the effective input) and `$states.input`; `given_context` is `$$` and `$states.context`, or makes
    it for the expression that asks for it (few do);
    `variables` are what Assign stored (`$name`); `result` and `error_output` are `$states.result` and
    `$states.errorOutput`, UNSET outside the fields that have them.
    Source: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
    """

    input: Any
    given_context: dict[str, Any] | Callable[[], dict[str, Any]] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    result: Any = UNSET
    error_output: Any = UNSET
    state_name: str = ""

    @property
    def context(self) -> dict[str, Any]:
        given = self.given_context
        return given() if callable(given) else given

    def bindings(self) -> dict[str, Any]:
        """What JSONata sees: the variables by name, and `$states`."""
        states: dict[str, Any] = {"input": self.input, "context": self.context}
        if self.result is not UNSET:
            states["result"] = self.result
        if self.error_output is not UNSET:
            states["errorOutput"] = self.error_output
        return {**self.variables, "states": states}
