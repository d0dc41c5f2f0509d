"""Cursors of paged lists: opaque to the caller, bound to the list that they are of."""

import base64
import hashlib
import json
from binascii import Error

from tillflow.errors import InvalidRequest

_LONGEST = 2048


def encode_cursor(position: str | None, of: str) -> str | None:
    """Return the cursor of a position; None for the end. of: what identifies the list, such as route and filters."""
    if position is None:
        return None
    text = json.dumps([_digest(of), position])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, of: str) -> str:
    """Return the position of a cursor, "" for the beginning. InvalidRequest unless it is a cursor of this list."""
    if not cursor:
        return ""
    try:
        if len(cursor) > _LONGEST:
            raise ValueError
        digest, position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if digest != _digest(of) or not isinstance(position, str):
            raise ValueError
    except (ValueError, TypeError, Error, RecursionError):
        raise InvalidRequest("cursor", cursor, "the next_cursor of the page before") from None
    return position


def _digest(of: str) -> str:
    return hashlib.sha256(of.encode()).hexdigest()[:16]
