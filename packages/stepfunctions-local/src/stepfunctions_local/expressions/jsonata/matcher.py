"""Regular expressions, which are functions in JSONata: they return the first match of a text.

Source: https://docs.jsonata.org/regex
"""

from typing import Any

from .errors import JsonataError
from .regex import search
from .runtime import Native
from .values import UNDEFINED


class Matcher(Native):
    """A compiled pattern as a function."""

    __slots__ = ("pattern",)

    def __init__(self, pattern: Any):
        super().__init__("regex", self.first, arity=2)
        self.pattern = pattern

    def first(self, text: Any, start: Any = UNDEFINED) -> Any:
        """Return the first match at or after `start`: an object with a function that returns the next."""
        if not isinstance(text, str):
            return UNDEFINED
        match = search(self.pattern, text, start if type(start) is int else 0)
        if match is None:
            return UNDEFINED

        def following() -> Any:
            if match.end() >= len(text):
                return UNDEFINED
            next_match = self.first(text, match.end())
            if next_match is not UNDEFINED and next_match["match"] == "":
                raise JsonataError("D1004", value=self.pattern.pattern)
            return next_match

        groups = [UNDEFINED if group is None else group for group in match.groups()]
        return {
            "match": match.group(),
            "start": match.start(),
            "end": match.end(),
            "groups": groups,
            "next": Native("next", following, arity=0),
        }
