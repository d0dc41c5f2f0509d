"""Pagination: `nextToken` encodes the key of the last item of a page."""

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Any

from ..errors import ApiError

_DEFAULT = 100
_MARK = "page:"


def page(
    items: Iterable[dict[str, Any]], params: dict[str, Any], key: Callable[[dict[str, Any]], str]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the items of one page, and `{"nextToken": …}` when more follow. Raises ApiError InvalidToken.

    `items` must have the same order in every call.
    """
    limit = params.get("maxResults") or _DEFAULT
    listed = list(items)
    if params.get("nextToken"):
        last = decode(params["nextToken"])
        index = next((i for i, item in enumerate(listed) if key(item) == last), None)
        if index is None:
            raise invalid_token()
        listed = listed[index + 1 :]
    selected = listed[:limit]
    if len(listed) > limit:
        return selected, {"nextToken": encode(key(selected[-1]))}
    return selected, {}


def encode(position: str) -> str:
    """Encode a position in a list as an opaque token."""
    return base64.urlsafe_b64encode((_MARK + position).encode()).decode()


def decode(token: str) -> str:
    """Decode a token. Raises ApiError InvalidToken."""
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeError, ValueError):
        raise invalid_token() from None
    if not text.startswith(_MARK):
        raise invalid_token()
    return text.removeprefix(_MARK)


def invalid_token() -> ApiError:
    """Return AWS's error for an invalid pagination token."""
    return ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
