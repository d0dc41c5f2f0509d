"""The parser of date and time pictures, such as `[Y0001]-[M01]-[D01]`.

Source: https://docs.jsonata.org/date-time, after XPath's fn:format-dateTime.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from .errors import JsonataError
from .integers import IntegerPicture, parse_picture

DAY_NAMES = ("", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DEFAULTS = {
    "Y": "1", "M": "1", "D": "1", "d": "1", "F": "n", "W": "1", "w": "1", "X": "1", "x": "1", "H": "1", "h": "1",
    "P": "n", "m": "01", "s": "01", "f": "1", "Z": "01:01", "z": "01:01", "C": "n", "E": "n",
}  # fmt: skip


@dataclass(slots=True)
class Part:
    """A marker: its component's letter and format.

    `names` is lower, upper, title or "" for numbers; `max_width` the maximum length of a name; `width` the number
    of digits of a year (-1: all).
    """

    component: str
    modifier: str = ""
    names: str = ""
    max_width: int | None = None
    integer: IntegerPicture | None = None
    width: int = -1


@lru_cache(maxsize=256)
def parse_date_picture(picture: str) -> tuple[str | Part, ...]:
    """Return the picture's literals and markers (cached).

    Raises JsonataError D3132 for an unknown component, D3135 for a missing bracket.
    """
    parts: list[str | Part] = []

    def literal(text: str) -> None:
        if text:
            parts.append(text.replace("]]", "]"))

    start = at = 0
    while at < len(picture):
        if picture[at] == "[":
            literal(picture[start:at])
            if picture[at + 1 : at + 2] == "[":
                parts.append("[")
                at += 2
                start = at
                continue
            end = picture.find("]", at)
            if end < 0:
                raise JsonataError("D3135")
            parts.append(_marker("".join(picture[at + 1 : end].split())))
            at = end
            start = at + 1
        at += 1
    literal(picture[start:])
    return tuple(parts)


def _width(text: str) -> int | None:
    number = re.match(r"[0-9]+", text)  # as parseInt: what follows a number is ignored
    return int(number[0]) if number else None


def _marker(text: str) -> Part:
    body, comma, width = text.rpartition(",")
    if not comma:
        body, width = text, ""
    min_width, _, max_width = width.partition("-")
    part = Part(body[:1], max_width=_width(max_width) if comma else None)
    presentation = body[1:]
    if len(presentation) > 1 and presentation[-1] in "atco":
        presentation, part.modifier = presentation[:-1], presentation[-1]
    if not presentation:
        default = _DEFAULTS.get(part.component)
        if default is None:
            raise JsonataError("D3132", value=part.component)
        presentation = default
    if presentation[0] in "nN":
        part.names = "lower" if presentation[0] == "n" else "title" if presentation[1:2] == "n" else "upper"
    elif part.component in "YMDdFWwXxHhmsf":
        _number(part, presentation, _width(min_width) if comma else None)
    if part.component in ("Z", "z"):
        part.integer = parse_picture(presentation)
    return part


def _number(part: Part, presentation: str, min_width: int | None) -> None:
    part.integer = parse_picture(presentation + (";" + part.modifier if part.modifier else ""))
    if min_width is not None:
        part.integer.mandatory = max(part.integer.mandatory, min_width)
    if part.component in "YMD":
        if part.max_width is not None:
            part.width = part.integer.mandatory = part.max_width
        elif part.integer.mandatory + part.integer.optional >= 2:
            part.width = part.integer.mandatory + part.integer.optional
