"""A regular expression as the function it is in JSONata: text to its first match, which leads to the next.

Source: https://docs.jsonata.org/regex
"""

from typing import Any

from .errors import JsonataError
from .regex import search
from .runtime import Native
from .values import UNDEFINED


class Matcher(Native):
    """A compiled pattern that can be called; the string functions use `find` directly."""

    __slots__ = ("pattern",)

    def __init__(self, pattern: Any):
        super().__init__("regex", self.first, arity=2)
        self.pattern = pattern

    def first(self, text: Any, start: Any = UNDEFINED) -> Any:
        """The first match from `start` on, as an object with a function to find the next."""
        if not isinstance(text, str):
            return UNDEFINED
        found = search(self.pattern, text, start if type(start) is int else 0)
        if found is None:
            return UNDEFINED

        def following() -> Any:
            if found.end() >= len(text):
                return UNDEFINED
            after = self.first(text, found.end())
            if after is not UNDEFINED and after["match"] == "":
                raise JsonataError("D1004", value=self.pattern.pattern)
            return after

        groups = [UNDEFINED if one is None else one for one in found.groups()]
        return {
            "match": found.group(),
            "start": found.start(),
            "end": found.end(),
            "groups": groups,
            "next": Native("next", following, arity=0),
        }
