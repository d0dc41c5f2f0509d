"""The string functions.

Source: https://docs.jsonata.org/string-functions
"""

import base64 as codec
import math
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from .errors import MEMORY, JsonataError, LimitExceeded
from .matcher import Matcher
from .runtime import MAX_BYTES, Caller, Native
from .to_string import string
from .values import UNDEFINED, Callee, Sequence, is_number


def substring(text: Any, start: Any, length: Any = UNDEFINED) -> Any:
    """Characters from `start` (negative: from the end), at most `length` of them."""
    if text is UNDEFINED:
        return UNDEFINED
    size = len(text)
    if start is UNDEFINED:
        return text if length is UNDEFINED else ""
    if size + start < 0:
        start = 0
    if length is UNDEFINED:
        return text[_cut(start, size) :]
    if length <= 0:
        return ""
    end = start + length if start >= 0 else size + start + length
    return text[_cut(start, size) : _cut(end, size)]


def _cut(position: Any, size: int) -> int:
    """A slice's end as JavaScript takes it: towards zero, from the end when negative."""
    whole: int = math.trunc(position)
    return max(0, size + whole) if whole < 0 else min(whole, size)


def substring_before(text: Any, mark: Any) -> Any:
    """What comes before the mark; all of the text when it is not there."""
    if text is UNDEFINED:
        return UNDEFINED
    mark = "undefined" if mark is UNDEFINED else mark
    return text.partition(mark)[0] if mark else ""


def substring_after(text: Any, mark: Any) -> Any:
    """What comes after the mark; all of the text when it is not there."""
    if text is UNDEFINED:
        return UNDEFINED
    mark = "undefined" if mark is UNDEFINED else mark
    before, found, after = text.partition(mark) if mark else ("", "", text)
    return after if found or not mark else before


def lowercase(text: Any) -> Any:
    return UNDEFINED if text is UNDEFINED else text.lower()


def uppercase(text: Any) -> Any:
    return UNDEFINED if text is UNDEFINED else text.upper()


def length(text: Any) -> Any:
    return UNDEFINED if text is UNDEFINED else len(text)


def trim(text: Any) -> Any:
    """Without blanks at the ends, those inside made one space."""
    return (
        UNDEFINED
        if text is UNDEFINED
        else re.sub(r"[ \t\n\r]+", " ", text).removeprefix(" ").removesuffix(" ")
    )


def pad(text: Any, width: Any, char: Any = UNDEFINED) -> Any:
    """Padded to `width` characters, at the left when negative."""
    if text is UNDEFINED or width is UNDEFINED:
        return text
    char = char or " "
    missing = math.trunc(abs(width) - len(text))
    if missing <= 0:
        return text
    if missing > MAX_BYTES:
        raise LimitExceeded(MEMORY)
    padding = (char * missing)[:missing]
    return text + padding if width > 0 else padding + text


def _matches(call: Caller, matcher: Any, text: str) -> Iterator[dict[str, Any]]:
    """The matches of a regular expression, or of a function that behaves as one."""
    found = matcher.first(text) if type(matcher) is Matcher else call(matcher, [text])
    while found is not UNDEFINED:
        if type(found) is not dict or not (
            is_number(found.get("start"))
            or is_number(found.get("end"))
            or isinstance(found.get("groups"), list)
            or isinstance(found.get("next"), Callee)
        ):
            raise JsonataError("T1010")
        yield found
        following = found.get("next")
        found = call(following, []) if isinstance(following, Callee) else UNDEFINED


def contains(call: Caller, text: Any, token: Any) -> Any:
    if text is UNDEFINED:
        return UNDEFINED
    if isinstance(token, str):
        return token in text
    return next(_matches(call, token, text), None) is not None


def match(call: Caller, text: Any, pattern: Any, limit: Any = UNDEFINED) -> Any:
    """An object for each match: match, index, groups."""
    if text is UNDEFINED:
        return UNDEFINED
    if limit is not UNDEFINED and limit < 0:
        raise JsonataError("D3040", value=limit, index=3)
    found = Sequence()
    if limit is not UNDEFINED and limit <= 0:
        return found
    for one in _matches(call, pattern, text):
        found.append(
            {
                "match": one.get("match", UNDEFINED),
                "index": one.get("start", UNDEFINED),
                "groups": one.get("groups", UNDEFINED),
            }
        )
        if limit is not UNDEFINED and len(found) >= limit:
            break
    return found


def _filled(template: str, found: dict[str, Any]) -> str:
    """A replacement's `$1`, `$0` and `$$` filled in."""
    groups = found["groups"]
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
            parts.append(found["match"])
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
    found = re.match(r"\d+", text)
    return int(found.group()) if found else None


def replace(call: Caller, text: Any, pattern: Any, replacement: Any, limit: Any = UNDEFINED) -> Any:
    """The text with what matches replaced, by a template or by a function's answer, at most `limit` times."""
    if text is UNDEFINED:
        return UNDEFINED
    if pattern == "" and isinstance(pattern, str):
        raise JsonataError("D3010", value=pattern, index=2)
    if limit is not UNDEFINED and limit < 0:
        raise JsonataError("D3011", value=limit, index=4)
    if limit is not UNDEFINED and limit <= 0:
        return text
    most = -1 if limit is UNDEFINED else math.ceil(limit)
    if isinstance(pattern, str):
        return text.replace(pattern, replacement if isinstance(replacement, str) else "", most)
    parts: list[str] = []
    at = 0
    for count, found in enumerate(_matches(call, pattern, text), 1):
        parts.append(text[at : found["start"]])
        new = _filled(replacement, found) if isinstance(replacement, str) else call(replacement, [found])
        if not isinstance(new, str):
            raise JsonataError("D3012", value=new)
        parts.append(new)
        at = found["start"] + len(found["match"])
        if count == most:
            break
    return "".join(parts) + text[at:]


def split(call: Caller, text: Any, separator: Any, limit: Any = UNDEFINED) -> Any:
    """The parts between separators, at most `limit` of them."""
    if text is UNDEFINED:
        return UNDEFINED
    if limit is not UNDEFINED and limit < 0:
        raise JsonataError("D3020", value=limit, index=3)
    if limit is not UNDEFINED and limit <= 0:
        return []
    if isinstance(separator, str):
        parts = text.split(separator) if separator else list(text)
        return parts if limit is UNDEFINED else parts[: math.trunc(limit)]
    parts = []
    at = 0
    for found in _matches(call, separator, text):
        if limit is not UNDEFINED and len(parts) >= limit:
            return parts
        parts.append(text[at : found["start"]])
        at = found["end"]
    if limit is UNDEFINED or len(parts) < limit:
        parts.append(text[at:])
    return parts


def join(texts: Any, separator: Any = UNDEFINED) -> Any:
    if texts is UNDEFINED:
        return UNDEFINED
    return ("" if separator is UNDEFINED else separator).join(texts)


def base64encode(text: Any) -> Any:
    """Base64 of the characters' low bytes."""
    if text is UNDEFINED:
        return UNDEFINED
    data = text.encode("latin-1") if text.isascii() else bytes(ord(char) & 0xFF for char in text)
    return codec.b64encode(data).decode()


def base64decode(text: Any) -> Any:
    """The bytes of Base64 as characters; what is no Base64 is passed over."""
    if text is UNDEFINED:
        return UNDEFINED
    kept = re.sub(r"[^A-Za-z0-9+/]", "", text.replace("-", "+").replace("_", "/").split("=")[0])
    kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
    return codec.b64decode(kept + "=" * (-len(kept) % 4)).decode("latin-1")


_COMPONENT = "-_.!~*'()"
_WHOLE = _COMPONENT + ";/?:@&=+$,#"


def _encoder(name: str, safe: str) -> Any:
    def encode(text: Any) -> Any:
        if text is UNDEFINED:
            return UNDEFINED
        try:
            return quote(text, safe=safe)
        except UnicodeEncodeError:
            raise JsonataError("D3140", value=text, functionName=name) from None

    return encode


def _decoder(name: str, kept: str) -> Any:
    def decode(text: Any) -> Any:
        if text is UNDEFINED:
            return UNDEFINED
        try:
            if re.search(r"%(?![0-9A-Fa-f]{2})", text):
                raise ValueError(text)
            if kept:
                codes = "|".join(f"{ord(char):02X}" for char in kept)
                text = re.sub(f"%({codes})", r"%25\1", text, flags=re.I)
            return unquote_to_bytes(text).decode()
        except ValueError:
            raise JsonataError("D3140", value=text, functionName=name) from None

    return decode


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
    Native("match", match, "<s-f<s:o>n?:a<o>>", 3, calls=True),
    Native("contains", contains, "<s-(sf):b>", 2, calls=True),
    Native("replace", replace, "<s-(sf)(sf)n?:s>", 4, calls=True),
    Native("split", split, "<s-(sf)n?:a<s>>", 3, calls=True),
    Native("join", join, "<a<s>s?:s>", 2),
    Native("base64encode", base64encode, "<s-:s>"),
    Native("base64decode", base64decode, "<s-:s>"),
    Native("encodeUrlComponent", _encoder("encodeUrlComponent", _COMPONENT), "<s-:s>"),
    Native("encodeUrl", _encoder("encodeUrl", _WHOLE), "<s-:s>"),
    Native("decodeUrlComponent", _decoder("decodeUrlComponent", ""), "<s-:s>"),
    Native("decodeUrl", _decoder("decodeUrl", ";/?:@&=+$,#"), "<s-:s>"),
]
