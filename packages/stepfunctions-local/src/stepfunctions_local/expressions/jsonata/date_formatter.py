"""Formatting of times by pictures.

Source: https://docs.jsonata.org/date-time
"""

import math
import re
from typing import Any

from .date_components import TimeComponents
from .date_pictures import DAY_NAMES, MONTH_NAMES, Part, parse_date_picture
from .errors import JsonataError
from .integers import format_integer, write_integer
from .js_dates import time_clip
from .values import UNDEFINED

_ISO_PICTURE = parse_date_picture("[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]")


def format_time(millis: float, picture: Any = UNDEFINED, timezone: Any = UNDEFINED) -> str:
    """Format a time in the time zone `±hhmm`, by default as ISO 8601 in UTC."""
    hours, minutes = _parse_offset(timezone)
    components = TimeComponents(time_clip(millis + (60 * hours + minutes) * 60_000))
    if picture is UNDEFINED and timezone is UNDEFINED and components["Y"] >= 0:
        year, month, day, hour, minute, second, fraction = (components[letter] for letter in "YMDHmsf")
        return f"{year % 10_000:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z"
    parts = _ISO_PICTURE if picture is UNDEFINED else parse_date_picture(picture)
    return "".join(
        part if isinstance(part, str) else _format_part(part, components, (hours, minutes)) for part in parts
    )


def _parse_offset(timezone: Any) -> tuple[float, float]:
    """Return the hours and minutes of an offset `±hhmm`, NaN for a text without a number."""
    if timezone is UNDEFINED:
        return 0, 0
    match = re.match(r"\s*[+-]?\d+", timezone)
    if match is None:
        return math.nan, math.nan
    number = int(match.group())
    return number // 100, int(math.fmod(number, 100))


def _format_part(part: Part, components: TimeComponents, offset: tuple[float, float]) -> str:
    if part.component in "Zz":
        return _format_offset(part, *offset)
    value = components[part.component]
    if part.component == "P":
        return str(value).upper() if part.names == "upper" else str(value)
    if part.component not in "YMDdFWwXxHhmsf":
        return str(value)
    if part.names:
        return _format_name(part, value)
    assert part.integer is not None
    if part.component == "Y" and part.width > 0:
        value = math.fmod(value, 10**part.width)
    return write_integer(value, part.integer)


def _format_name(part: Part, value: Any) -> str:
    if part.component not in "MxF":
        if part.component == "f":
            raise TypeError("a fraction of a second has no name")
        raise JsonataError("D3133", value=part.component)
    if math.isnan(value):
        if part.names != "title" or part.max_width is not None:
            raise TypeError("an invalid time has no names")
        return "undefined"
    name = MONTH_NAMES[value - 1] if part.component in "Mx" else DAY_NAMES[value]
    name = name.upper() if part.names == "upper" else name.lower() if part.names == "lower" else name
    return name[: part.max_width] if part.max_width is not None else name


def _format_offset(part: Part, hours: float, minutes: float) -> str:
    offset = hours * 100 + minutes
    picture = part.integer
    assert picture is not None
    if picture.regular or picture.mandatory in (3, 4):
        text = write_integer(offset, picture)
    elif picture.mandatory in (1, 2):
        text = write_integer(hours, picture) + (":" + format_integer(minutes, "00") if minutes else "")
    else:
        raise JsonataError("D3134", value=picture.mandatory)
    text = ("+" if offset >= 0 else "") + text
    if part.component == "z":
        text = "GMT" + text
    return "Z" if offset == 0 and part.modifier == "t" else text
