"""Decoding of Base64 as java.util.Base64, which AWS uses.

Source: https://docs.oracle.com/javase/8/docs/api/java/util/Base64.html
"""

import base64
import re

_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def decode(text: str) -> bytes:
    """Decode Base64; padding is optional.

    Raises ValueError for other characters, wrong padding or an incomplete last unit.
    """
    if not _BASE64.fullmatch(text) or ("=" in text and len(text) % 4):
        raise ValueError(f"not Base64: {text}")
    return base64.b64decode(text + "=" * (-len(text) % 4))
