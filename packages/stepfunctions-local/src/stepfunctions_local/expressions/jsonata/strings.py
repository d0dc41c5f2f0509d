"""String functions without patterns.

Positions count characters, except in `pattern_functions`, as in the reference implementation.
Source: https://docs.jsonata.org/string-functions
"""

import math
import re
from typing import Any

from .runtime import Native, check_length
from .to_string import string
from .values import UNDEFINED


def substring(text: Any, start: Any, length: Any = UNDEFINED) -> Any:
    """Return the characters from `start` (negative: from the end), at most `length` of them."""
    if text is UNDEFINED:
        return UNDEFINED
    size = len(text)
    if start is UNDEFINED:
        return text if length is UNDEFINED else ""
    if size + start < 0:
        start = 0
    if length is UNDEFINED:
        return text[_slice_index(start, size) :]
    if length <= 0:
        return ""
    end = start + length if start >= 0 else size + start + length
    return text[_slice_index(start, size) : _slice_index(end, size)]


def _slice_index(position: float, size: int) -> int:
    """Convert a position as JavaScript's `slice` does: truncate, count negative ones from the end."""
    if math.isinf(position):
        return size if position > 0 else 0
    index = math.trunc(position)
    return max(0, size + index) if index < 0 else min(index, size)


def substring_before(text: Any, separator: Any) -> Any:
    """Return the text before the separator, or the whole text when it does not occur."""
    if text is UNDEFINED:
        return UNDEFINED
    separator = "undefined" if separator is UNDEFINED else separator
    return text.partition(separator)[0] if separator else ""


def substring_after(text: Any, separator: Any) -> Any:
    """Return the text after the separator, or the whole text when it does not occur."""
    if text is UNDEFINED:
        return UNDEFINED
    separator = "undefined" if separator is UNDEFINED else separator
    if not separator:
        return text
    before, match, after = text.partition(separator)
    return after if match else before


def lowercase(text: Any) -> Any:
    """Convert the text to lower case."""
    return UNDEFINED if text is UNDEFINED else text.lower()


def uppercase(text: Any) -> Any:
    """Convert the text to upper case."""
    return UNDEFINED if text is UNDEFINED else text.upper()


def length(text: Any) -> Any:
    """Return the number of characters."""
    return UNDEFINED if text is UNDEFINED else len(text)


def trim(text: Any) -> Any:
    """Remove whitespace at both ends and replace each sequence of whitespace by one space."""
    if text is UNDEFINED:
        return UNDEFINED
    return re.sub(r"[ \t\n\r]+", " ", text).removeprefix(" ").removesuffix(" ")


def pad(text: Any, width: Any, fill: Any = UNDEFINED) -> Any:
    """Pad the text to `width` characters, on the left when `width` is negative."""
    if text is UNDEFINED or width is UNDEFINED:
        return text
    fill = fill or " "
    missing = math.trunc(abs(width) - len(text))
    if missing <= 0:
        return text
    check_length(missing)
    padding = (fill * missing)[:missing]
    return text + padding if width > 0 else padding + text


def join(texts: Any, separator: Any = UNDEFINED) -> Any:
    """Concatenate texts with a separator."""
    if texts is UNDEFINED:
        return UNDEFINED
    separator = "" if separator is UNDEFINED else separator
    check_length(sum(map(len, texts)) + len(separator) * (len(texts) - 1))
    return separator.join(texts)


FUNCTIONS = [
    Native("string", string, "<x-b?:s>", 1),
    Native("substring", substring, "<s-nn?:s>", 3),
    Native("substringBefore", substring_before, "<s-s:s>", 2),
    Native("substringAfter", substring_after, "<s-s:s>", 2),
    Native("lowercase", lowercase, "<s-:s>"),
    Native("uppercase", uppercase, "<s-:s>"),
    Native("length", length, "<s-:n>"),
    Native("trim", trim, "<s-:s>"),
    Native("pad", pad, "<s-ns?:s>", 3),
    Native("join", join, "<a<s>s?:s>", 2),
]
