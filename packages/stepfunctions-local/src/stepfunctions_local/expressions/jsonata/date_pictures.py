"""Date and time pictures, `[Y0001]-[M01]-[D01]`, taken apart.

Source: https://docs.jsonata.org/date-time, after XPath's fn:format-dateTime.
"""

from dataclasses import dataclass

from .errors import JsonataError
from .integers import IntegerPicture, parse_picture

_DEFAULTS = {
    "Y": "1", "M": "1", "D": "1", "d": "1", "F": "n", "W": "1", "w": "1", "X": "1", "x": "1", "H": "1", "h": "1",
    "P": "n", "m": "01", "s": "01", "f": "1", "Z": "01:01", "z": "01:01", "C": "n", "E": "n",
}  # fmt: skip


@dataclass(slots=True)
class Part:
    """A marker: its component's letter and how it is shown.

    `names` is lower, upper, title or "" for numbers; `most` the longest a name may be; `width` how many digits
    of a year are shown (-1: all).
    """

    component: str
    modifier: str = ""
    names: str = ""
    most: int | None = None
    integer: IntegerPicture | None = None
    width: int = -1


def parse_date_picture(picture: str) -> list[str | Part]:
    """The picture's literals and markers; JsonataError D3132, D3135 where it has none."""
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
    return parts


def _width(text: str) -> int | None:
    return None if text in ("", "*") else int(text)


def _marker(text: str) -> Part:
    body, comma, width = text.rpartition(",")
    if not comma:
        body, width = text, ""
    least, _, most = width.partition("-")
    part = Part(body[:1], most=_width(most) if comma else None)
    shown = body[1:]
    if len(shown) > 1 and shown[-1] in "atco":
        shown, part.modifier = shown[:-1], shown[-1]
    if not shown:
        default = _DEFAULTS.get(part.component)
        if default is None:
            raise JsonataError("D3132", value=part.component)
        shown = default
    if shown[0] in "nN":
        part.names = "lower" if shown[0] == "n" else "title" if shown[1:2] == "n" else "upper"
    elif part.component in "YMDdFWwXxHhmsf":
        _number(part, shown, _width(least) if comma else None)
    if part.component in ("Z", "z"):
        part.integer = parse_picture(shown)
    return part


def _number(part: Part, shown: str, least: int | None) -> None:
    part.integer = parse_picture(shown + (";" + part.modifier if part.modifier else ""))
    if least is not None:
        part.integer.mandatory = max(part.integer.mandatory, least)
    if part.component in "YMD":
        if part.most is not None:
            part.width = part.integer.mandatory = part.most
        elif part.integer.mandatory + part.integer.optional >= 2:
            part.width = part.integer.mandatory + part.integer.optional


ISO_PICTURE = parse_date_picture("[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]")
