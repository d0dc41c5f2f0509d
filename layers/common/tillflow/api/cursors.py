"""Cursors of paged lists: opaque to the caller, validated when they come back."""

import base64
import json
from binascii import Error

from tillflow.errors import InvalidRequest

_LONGEST = 2048


def encode_cursor(position: str | None) -> str | None:
    """Return the cursor of a position in a list; None for the end."""
    if position is None:
        return None
    return base64.urlsafe_b64encode(json.dumps({"after": position}).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> str:
    """Return the position of a cursor, "" for the beginning. InvalidRequest for a text that is no cursor."""
    if not cursor:
        return ""
    try:
        if len(cursor) > _LONGEST:
            raise ValueError
        content = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        position = content["after"]
        if not isinstance(position, str):
            raise ValueError
    except (ValueError, KeyError, TypeError, Error):
        raise InvalidRequest("cursor", cursor, "the next_cursor of the page before") from None
    return position
