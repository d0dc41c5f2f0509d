"""String functions that take a pattern: a string or a regular expression.

Positions count UTF-16 units, as in the reference implementation.
Source: https://docs.jsonata.org/string-functions
"""

import math
import re
from collections.abc import Iterator
from typing import Any

from .errors import JsonataError
from .matcher import Matcher
from .runtime import Caller, Native, check_length
from .utf16 import from_units, to_units
from .values import UNDEFINED, Callee, Sequence, is_number


def _matches(call: Caller, matcher: Any, text: str) -> Iterator[dict[str, Any]]:
    """Yield the matches of a regular expression, or of a function with the same protocol.

    Raises TypeError, an internal error on AWS, when the pattern is undefined.
    """
    if matcher is UNDEFINED:
        raise TypeError("the pattern is undefined")
    match = matcher.first(text) if type(matcher) is Matcher else call(matcher, [text])
    while match is not UNDEFINED:
        if type(match) is not dict or not (
            is_number(match.get("start"))
            or is_number(match.get("end"))
            or isinstance(match.get("groups"), list)
            or isinstance(match.get("next"), Callee)
        ):
            raise JsonataError("T1010")
        call.run.tick()
        yield match
        following = match.get("next")
        match = call(following, []) if isinstance(following, Callee) else UNDEFINED


def contains(call: Caller, text: Any, pattern: Any) -> Any:
    """Return whether the text contains the pattern."""
    if text is UNDEFINED:
        return UNDEFINED
    if isinstance(pattern, str):
        return pattern in text
    return next(_matches(call, pattern, text), None) is not None


def match(call: Caller, text: Any, pattern: Any, limit: Any = UNDEFINED) -> Any:
    """Return an object for each match: match, index, groups."""
    if text is UNDEFINED:
        return UNDEFINED
    if limit is not UNDEFINED and limit < 0:
        raise JsonataError("D3040", value=limit, index=3)
    results = Sequence()
    if limit is not UNDEFINED and limit <= 0:
        return results
    for occurrence in _matches(call, pattern, text):
        if limit is not UNDEFINED and len(results) >= limit:
            break
        results.append(
            {
                "match": occurrence.get("match", UNDEFINED),
                "index": occurrence.get("start", UNDEFINED),
                "groups": occurrence.get("groups", UNDEFINED),
            }
        )
    return results


def _expand(template: str, occurrence: dict[str, Any]) -> str:
    """Replace the references `$1`, `$0` and `$$` of a replacement."""
    groups = occurrence["groups"]
    parts: list[str] = []
    at = 0
    while (dollar := template.find("$", at)) >= 0:
        parts.append(template[at:dollar])
        at = dollar + 1
        following = template[at : at + 1]
        if following == "$":
            parts.append("$")
            at += 1
        elif following == "0":
            parts.append(occurrence["match"])
            at += 1
        else:
            digits = len(str(len(groups))) if groups else 1
            number = _leading_number(template[at : at + digits])
            if digits > 1 and number is not None and number > len(groups):
                number = _leading_number(template[at : at + digits - 1])
            if number is None:
                parts.append("$")
                continue
            if 0 < number <= len(groups) and groups[number - 1] is not UNDEFINED:
                parts.append(groups[number - 1])
            at += len(str(number))
    return "".join(parts) + template[at:]


def _leading_number(text: str) -> int | None:
    digits = re.match(r"\d+", text)
    return int(digits.group()) if digits else None


def replace(call: Caller, text: Any, pattern: Any, replacement: Any, limit: Any = UNDEFINED) -> Any:
    """Replace the matches, at most `limit`, by a template or by a function's results."""
    if text is UNDEFINED:
        return UNDEFINED
    if pattern == "" and isinstance(pattern, str):
        raise JsonataError("D3010", value=pattern, index=2)
    if limit is not UNDEFINED and limit < 0:
        raise JsonataError("D3011", value=limit, index=4)
    if limit is not UNDEFINED and limit <= 0:
        return text
    count = -1 if limit is UNDEFINED else math.ceil(limit)
    if isinstance(pattern, str):
        new = "undefined" if replacement is UNDEFINED else replacement if isinstance(replacement, str) else ""
        occurrences = text.count(pattern)
        count = occurrences if count < 0 else min(count, occurrences)
        check_length(count * len(new))
        return text.replace(pattern, new, count)
    units = to_units(text)
    parts: list[str] = []
    at = size = 0
    for number, occurrence in enumerate(_matches(call, pattern, text)):
        if number == count:
            break
        parts.append(units[at : occurrence["start"]])
        if replacement is UNDEFINED:
            raise TypeError("the replacement is undefined")
        new = (
            _expand(replacement, occurrence)
            if isinstance(replacement, str)
            else call(replacement, [occurrence])
        )
        if not isinstance(new, str):
            raise JsonataError("D3012", value=new)
        parts.append(to_units(new))
        size += len(new)
        check_length(size)
        at = occurrence["start"] + len(to_units(occurrence["match"]))
    return from_units("".join(parts) + units[at:])


def split(call: Caller, text: Any, separator: Any, limit: Any = UNDEFINED) -> Any:
    """Return the parts between separators, at most `limit`."""
    if text is UNDEFINED:
        return UNDEFINED
    if limit is not UNDEFINED and limit < 0:
        raise JsonataError("D3020", value=limit, index=3)
    if limit is not UNDEFINED and limit <= 0:
        return []
    if isinstance(separator, str):
        parts = text.split(separator) if separator else list(to_units(text))
        return parts if limit is UNDEFINED else parts[: math.trunc(limit)]
    units = to_units(text)
    parts = []
    at = 0
    for occurrence in _matches(call, separator, text):
        if limit is not UNDEFINED and len(parts) >= limit:
            return parts
        parts.append(from_units(units[at : occurrence["start"]]))
        at = occurrence["end"]
    if limit is UNDEFINED or len(parts) < limit:
        parts.append(from_units(units[at:]))
    return parts


FUNCTIONS = [
    Native("match", match, "<s-f<s:o>n?:a<o>>", 3, calls=True),
    Native("contains", contains, "<s-(sf):b>", 2, calls=True),
    Native("replace", replace, "<s-(sf)(sf)n?:s>", 4, calls=True),
    Native("split", split, "<s-(sf)n?:a<s>>", 3, calls=True),
]
