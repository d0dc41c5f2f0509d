"""Base64 and URL encoding functions.

Source: https://docs.jsonata.org/string-functions
"""

import base64
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from .. import java_base64
from .errors import JsonataError
from .runtime import Native
from .utf16 import to_units
from .values import UNDEFINED


def base64encode(text: Any) -> Any:
    """Encode the low bytes of the text's UTF-16 units."""
    if text is UNDEFINED:
        return UNDEFINED
    data = text.encode() if text.isascii() else bytes(ord(unit) & 0xFF for unit in to_units(text))
    return base64.b64encode(data).decode()


def base64decode(text: Any) -> Any:
    """Decode Base64 to characters of one byte.

    Raises ValueError for a text that is not Base64.
    """
    if text is UNDEFINED:
        return UNDEFINED
    return java_base64.decode(text).decode("latin-1")


_COMPONENT = "-_.!~*'()"
_URL = _COMPONENT + ";/?:@&=+$,#"


def _encoder(name: str, safe: str) -> Callable[[Any], Any]:
    def encode(text: Any) -> Any:
        if text is UNDEFINED:
            return UNDEFINED
        try:
            return quote(text, safe=safe)
        except UnicodeEncodeError:
            raise JsonataError("D3140", value=text, functionName=name) from None

    return encode


def _decoder(name: str, reserved: str) -> Callable[[Any], Any]:
    """Return a function that decodes a URL, except the escapes of the reserved characters."""

    def decode(text: Any) -> Any:
        if text is UNDEFINED:
            return UNDEFINED
        try:
            if re.search(r"%(?![0-9A-Fa-f]{2})", text):
                raise ValueError(text)
            if reserved:
                codes = "|".join(f"{ord(char):02X}" for char in reserved)
                text = re.sub(f"%({codes})", r"%25\1", text, flags=re.I)
            return unquote_to_bytes(text).decode()
        except ValueError:
            raise JsonataError("D3140", value=text, functionName=name) from None

    return decode


FUNCTIONS = [
    Native("base64encode", base64encode, "<s-:s>"),
    Native("base64decode", base64decode, "<s-:s>"),
    Native("encodeUrlComponent", _encoder("encodeUrlComponent", _COMPONENT), "<s-:s>"),
    Native("encodeUrl", _encoder("encodeUrl", _URL), "<s-:s>"),
    Native("decodeUrlComponent", _decoder("decodeUrlComponent", ""), "<s-:s>"),
    Native("decodeUrl", _decoder("decodeUrl", ";/?:@&=+$,#"), "<s-:s>"),
]
