"""Parsing of times by pictures.

A picture defines a date (year, month, day, or year and day of the year) and a time (24 or 12 hours). Components
before the first one in the text are those of the current time, those after the last one are their minimum; a
gap is an error.
Source: https://docs.jsonata.org/date-time
"""

import math
import re
from collections.abc import Callable
from typing import Any

from .date_components import TimeComponents
from .date_pictures import DAY_NAMES, MONTH_NAMES, Part, parse_date_picture
from .errors import JsonataError
from .integers import integer_parser
from .js_dates import DAY, calendar_date, utc
from .values import UNDEFINED

_PartParser = tuple[str, Callable[[str], Any] | None]


def parse_time(text: str, picture: str, now: float) -> Any:
    """Return the milliseconds of a text, or UNDEFINED when the picture does not match it.

    Raises JsonataError D3136 when the picture lacks components.
    """
    parts = parse_date_picture(picture)
    parsers = [(re.escape(part), None) if isinstance(part, str) else _part_parser(part) for part in parts]
    match = re.fullmatch("".join(f"({pattern})" for pattern, _ in parsers), text, re.IGNORECASE)
    if not match:
        return UNDEFINED
    components: dict[str, Any] = {}
    for index, (part, (_, parse)) in enumerate(zip(parts, parsers, strict=True), 1):
        if not isinstance(part, str) and parse is not None:
            components[part.component] = parse(match.group(index))
    if not components:
        return UNDEFINED
    by_day, half_days = _select_components(components)
    _fill_gaps(components, ("YD" if by_day else "YMD") + ("Phmsf" if half_days else "Hmsf"), now)
    return _to_millis(components, by_day, half_days)


def _part_parser(part: Part) -> _PartParser:
    """Return the regular expression of a part, and the function that parses its text."""
    if part.component in "Zz":
        assert part.integer is not None
        separator = part.integer.grouping[0][1] if part.integer.regular else ""
        pattern = ("GMT" if part.component == "z" else "") + "[-+][0-9]+"
        pattern += re.escape(separator) + "[0-9]+" if separator else ""
        return pattern, lambda text: _parse_offset(text, part, separator)
    if part.integer is not None:
        part.integer.width = part.width
        return integer_parser(part.integer)
    max_width = part.max_width or None
    if part.component in "Mx":
        names = {name[:max_width]: number for number, name in enumerate(MONTH_NAMES, 1)}
    elif part.component == "F":
        names = {name[:max_width]: number for number, name in enumerate(DAY_NAMES) if number}
    elif part.component == "P":
        names = {"am": 0, "AM": 0, "pm": 1, "PM": 1}
    else:
        raise JsonataError("D3133", value=part.component)
    return "[a-zA-Z]+", lambda text: names.get(text, UNDEFINED)


def _parse_offset(text: str, part: Part, separator: str) -> int:
    if part.component == "z":
        text = text[3:]
    if separator:
        hours, _, minutes = text.partition(separator)
    else:
        hours, minutes = (text, "0") if len(text) <= 3 else (text[:3], text[3:])
    return int(hours) * 60 + int(minutes)


def _select_components(components: dict[str, Any]) -> tuple[bool, bool]:
    """Return whether the date is a day of the year, and whether the time has 12 hours."""
    dates = _mask("YXMxWwdD", components)
    by_day = not _fits(0b10100001, dates) and _fits(0b10000010, dates)
    if _fits(0b01010100, dates) or _fits(0b01001000, dates):
        raise JsonataError("D3136")
    times = _mask("PHhmsf", components)
    return by_day, not _fits(0b010111, times) and _fits(0b101111, times)


def _mask(letters: str, components: dict[str, Any]) -> int:
    mask = 0
    for letter in letters:
        value = components.get(letter, UNDEFINED)
        # Zero and NaN are false in JavaScript.
        mask = mask * 2 + (1 if value is not UNDEFINED and value and value == value else 0)
    return mask


def _fits(shape: int, mask: int) -> bool:
    return not (~shape & mask) and bool(shape & mask)


def _fill_gaps(components: dict[str, Any], letters: str, now: float) -> None:
    started = ended = False
    for letter in letters:
        if components.get(letter, UNDEFINED) is not UNDEFINED:
            started = True
            if ended:
                raise JsonataError("D3136")
        elif started:
            components[letter] = 1 if letter in "MDd" else 0
            ended = True
        else:
            components[letter] = TimeComponents(now)[letter]


def _to_millis(components: dict[str, Any], by_day: bool, half_days: bool) -> float:
    year = components["Y"]
    month = components.get("M", 0)
    month, day = (month if month > 0 else 1), components["D"]
    if by_day:
        date = utc(year, 1)
        if math.isnan(date):
            return date
        # As in the reference, the year stays when the day is in the next one.
        _, month, day = calendar_date(int(date) // DAY + int(components["d"]) - 1)
    hour = components["h"] % 12 + (12 if components["P"] == 1 else 0) if half_days else components["H"]
    millis = utc(year, month, day, hour, components["m"], components["s"], components["f"])
    offset = components.get("Z") or components.get("z") or 0
    return millis - offset * 60_000
