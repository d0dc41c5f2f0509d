"""Regular expressions, which are functions in JSONata: they return the first match of a text.

Source: https://docs.jsonata.org/regex
"""

from typing import Any

from .errors import JsonataError
from .regex import search
from .runtime import Native
from .utf16 import from_units, to_units
from .values import UNDEFINED


class Matcher(Native):
    """A compiled pattern as a function."""

    __slots__ = ("pattern",)

    def __init__(self, pattern: Any):
        super().__init__("regex", self.first, arity=2)
        self.pattern = pattern

    def first(self, text: Any, start: Any = UNDEFINED) -> Any:
        """Return the first match at or after `start`: an object with a function that returns the next.

        Positions are in UTF-16 units.
        """
        if not isinstance(text, str):
            return UNDEFINED
        return self._search(to_units(text), start if type(start) is int else 0)

    def _search(self, units: str, start: int) -> Any:
        match = search(self.pattern, units, start)
        if match is None:
            return UNDEFINED

        def following() -> Any:
            if match.end() >= len(units):
                return UNDEFINED
            next_match = self._search(units, match.end())
            if next_match is not UNDEFINED and next_match["match"] == "":
                raise JsonataError("D1004", value=self.pattern.pattern)
            return next_match

        groups = [UNDEFINED if group is None else from_units(group) for group in match.groups()]
        return {
            "match": from_units(match.group()),
            "start": match.start(),
            "end": match.end(),
            "groups": groups,
            "next": Native("next", following, arity=0),
        }
