"""Moments and their texts: `$now`, `$millis`, `$fromMillis`, `$toMillis`.

Source: https://docs.jsonata.org/date-time-functions and, for pictures, https://docs.jsonata.org/date-time
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from .date_pictures import ISO_PICTURE, Part, parse_date_picture
from .errors import JsonataError
from .integers import format_integer, integer_parser, write_integer
from .runtime import Caller, Native
from .values import UNDEFINED

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS = ["", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def moment(millis: Any) -> datetime:
    """The moment so many milliseconds after 1970."""
    return _EPOCH + timedelta(milliseconds=millis)


def _first_week(year: int, month: int) -> datetime:
    """The Monday a year's or month's first week begins with: the week of its first Thursday."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    first = datetime(year, month, 1, tzinfo=UTC)
    day = first.isoweekday()
    return first + timedelta(days=8 - day if day > 4 else 1 - day)


def _week(day: datetime, month: int, step: int) -> int:
    """The number of a day's week since the first of the year (step 12) or month (step 1)."""
    weeks = (day - _first_week(day.year, month)).days // 7 + 1
    if weeks > (52 if step == 12 else 4) and day >= _first_week(day.year, month + step):
        return 1
    if weeks < 1:
        return (day - _first_week(day.year, month - step)).days // 7 + 1
    return weeks


def fragment(when: datetime, component: str) -> Any:
    """A component of a moment, by its letter in pictures."""
    day = when.replace(hour=0, minute=0, second=0, microsecond=0)
    match component:
        case "Y":
            return when.year
        case "M":
            return when.month
        case "D":
            return when.day
        case "d":
            return when.timetuple().tm_yday
        case "F":
            return when.isoweekday()
        case "W":
            return _week(day, 1, 12)
        case "w":
            return _week(day, when.month, 1)
        case "X":
            return when.year + (
                -1 if when < _first_week(when.year, 1) else when >= _first_week(when.year, 13)
            )
        case "x":
            before = when < _first_week(when.year, when.month)
            after = when >= _first_week(when.year, when.month + 1)
            return (when.month - 1 + (-1 if before else int(after))) % 12 + 1
        case "H":
            return when.hour
        case "h":
            return when.hour % 12 or 12
        case "P":
            return "pm" if when.hour >= 12 else "am"
        case "m":
            return when.minute
        case "s":
            return when.second
        case "f":
            return when.microsecond // 1000
        case "C" | "E":
            return "ISO"
    return UNDEFINED


def _offset(timezone: Any) -> tuple[int, int]:
    """Hours and minutes of an offset written `±hhmm`."""
    if timezone is UNDEFINED:
        return 0, 0
    found = re.match(r"\s*[+-]?\d+", timezone)
    number = int(found.group()) if found else 0
    return number // 100, number % 100 if number >= 0 else -(-number % 100)


def _zone(part: Part, hours: int, minutes: int) -> str:
    offset = hours * 100 + minutes
    format = part.integer
    assert format is not None
    if format.regular:
        text = write_integer(offset, format)
    elif format.mandatory in (1, 2):
        text = write_integer(hours, format) + (":" + format_integer(minutes, "00") if minutes else "")
    elif format.mandatory in (3, 4):
        text = write_integer(offset, format)
    else:
        raise JsonataError("D3134", value=format.mandatory)
    text = ("+" if offset >= 0 else "") + text
    if part.component == "z":
        text = "GMT" + text
    return "Z" if offset == 0 and part.modifier == "t" else text


def _shown(part: Part, when: datetime, offset: tuple[int, int]) -> str:
    if part.component in "Zz":
        return _zone(part, *offset)
    value = fragment(when, part.component)
    if part.component == "P":
        return str(value.upper() if part.names == "upper" else value)
    if part.component not in "YMDdFWwXxHhmsf":
        return str(value)
    if not part.names:
        assert part.integer is not None
        return write_integer(
            value % 10**part.width if part.component == "Y" and part.width > 0 else value, part.integer
        )
    if part.component in "Mx":
        name: str = _MONTHS[value - 1]
    elif part.component == "F":
        name = _DAYS[value]
    else:
        raise JsonataError("D3133", value=part.component)
    name = name.upper() if part.names == "upper" else name.lower() if part.names == "lower" else name
    return name[: part.most] if part.most is not None else name


def from_millis(millis: Any, picture: Any = UNDEFINED, timezone: Any = UNDEFINED) -> Any:
    """The moment as text: ISO 8601 in UTC, or as the picture shows it, in the time zone `±hhmm`."""
    if millis is UNDEFINED:
        return UNDEFINED
    hours, minutes = _offset(timezone)
    when = moment(millis + (60 * hours + minutes) * 60_000)
    parts = ISO_PICTURE if picture is UNDEFINED else parse_date_picture(picture)
    return "".join(part if isinstance(part, str) else _shown(part, when, (hours, minutes)) for part in parts)


_ISO = re.compile(
    r"(\d{4})(?:-([01]\d))?(?:-([0-3]\d))?(?:T([0-2]\d):([0-5]\d):([0-5]\d))?(?:\.(\d+))?(Z|[+-][0-2]\d:?[0-5]\d)?"
)


def to_millis(call: Caller, text: Any, picture: Any = UNDEFINED) -> Any:
    """Milliseconds since 1970 of an ISO 8601 text, or of one the picture describes."""
    if text is UNDEFINED:
        return UNDEFINED
    if picture is not UNDEFINED:
        return _parse(text, picture, moment(call.run.millis))
    found = _ISO.fullmatch(text)
    if not found:
        raise JsonataError("D3110", value=text)
    year, month, day, hour, minute, second = (
        int(part or at) for part, at in zip(found.groups()[:6], (0, 1, 1, 0, 0, 0), strict=True)
    )
    try:
        when = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return float("nan")
    millis = (when - _EPOCH) // timedelta(milliseconds=1) + int((found.group(7) or "0")[:3].ljust(3, "0"))
    zone = (found.group(8) or "Z").replace(":", "")
    if zone != "Z":
        minutes = int(zone[1:3]) * 60 + int(zone[3:5])
        millis += -minutes * 60_000 if zone[0] == "+" else minutes * 60_000
    return millis


def _part_reader(part: Part) -> tuple[str, Any]:
    if part.component in "Zz":
        assert part.integer is not None
        mark = part.integer.grouping[0][1] if part.integer.regular else ""
        pattern = ("GMT" if part.component == "z" else "") + "[-+][0-9]+"
        return pattern + (re.escape(mark) + "[0-9]+" if mark else ""), lambda text: _read_zone(
            text, part, mark
        )
    if part.integer is not None:
        part.integer.width = part.width
        return integer_parser(part.integer)
    cut = part.most or None
    if part.component in "Mx":
        names = {name[:cut]: at + 1 for at, name in enumerate(_MONTHS)}
    elif part.component == "F":
        names = {name[:cut]: at for at, name in enumerate(_DAYS) if at}
    elif part.component == "P":
        names = {"am": 0, "AM": 0, "pm": 1, "PM": 1}
    else:
        raise JsonataError("D3133", value=part.component)
    return "[a-zA-Z]+", lambda text: names.get(text, UNDEFINED)


def _read_zone(text: str, part: Part, mark: str) -> int:
    if part.component == "z":
        text = text[3:]
    if mark:
        hours, _, minutes = text.partition(mark)
    else:
        hours, minutes = (text, "0") if len(text) <= 3 else (text[:3], text[3:])
    return int(hours) * 60 + int(minutes)


def _fits(shape: int, mask: int) -> bool:
    return not (~shape & mask) and bool(shape & mask)


def _mask(letters: str, components: dict[str, Any]) -> int:
    mask = 0
    for letter in letters:
        value = components.get(letter, UNDEFINED)
        mask = mask * 2 + (1 if value is not UNDEFINED and value else 0)
    return mask


def _parse(text: str, picture: str, now: datetime) -> Any:
    parts = parse_date_picture(picture)
    readers = [(re.escape(part), None) if isinstance(part, str) else _part_reader(part) for part in parts]
    found = re.fullmatch("".join(f"({pattern})" for pattern, _ in readers), text, re.I)
    if not found:
        return UNDEFINED
    components: dict[str, Any] = {}
    for at, (part, (_, read)) in enumerate(zip(parts, readers, strict=True)):
        if not isinstance(part, str) and read is not None:
            components[part.component] = read(found.group(at + 1))
    if not components:
        return UNDEFINED
    dates = _mask("YXMxWwdD", components)
    by_day = not _fits(0b10100001, dates) and _fits(0b10000010, dates)
    by_week = _fits(0b01010100, dates) or _fits(0b01001000, dates)
    times = _mask("PHhmsf", components)
    half_days = not _fits(0b010111, times) and _fits(0b101111, times)
    if by_week:
        raise JsonataError("D3136")
    started = ended = False
    for letter in ("YD" if by_day else "YMD") + ("Phmsf" if half_days else "Hmsf"):
        if components.get(letter, UNDEFINED) is not UNDEFINED:
            started = True
            if ended:
                raise JsonataError("D3136")
        elif started:
            components[letter] = 1 if letter in "MDd" else 0
            ended = True
        else:
            components[letter] = fragment(now, letter)
    return _assembled(components, by_day, half_days)


def _assembled(components: dict[str, Any], by_day: bool, half_days: bool) -> Any:
    if half_days:
        components["H"] = components["h"] % 12 + (12 if components["P"] == 1 else 0)
    month, day = components.get("M", 1) or 1, components["D"]
    if by_day:
        month, day = 1, components["d"]
    days = datetime(components["Y"] + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=UTC) + timedelta(
        days=day - 1
    )
    when = days + timedelta(
        hours=components["H"], minutes=components["m"], seconds=components["s"], milliseconds=components["f"]
    )
    zone = components.get("Z") or components.get("z") or 0
    return (when - _EPOCH) // timedelta(milliseconds=1) - zone * 60_000


def now(call: Caller, picture: Any = UNDEFINED, timezone: Any = UNDEFINED) -> Any:
    """The moment of the evaluation as text, the same wherever the expression asks."""
    return from_millis(call.run.millis, picture, timezone)


def millis(call: Caller) -> int:
    """The moment of the evaluation in milliseconds since 1970."""
    return call.run.millis


FUNCTIONS = [
    Native("now", now, "<s?s?:s>", 2, calls=True),
    Native("millis", millis, "<:n>", 0, calls=True),
    Native("fromMillis", from_millis, "<n-s?s?:s>", 3),
    Native("toMillis", to_millis, "<s-s?:n>", 2, calls=True),
]
