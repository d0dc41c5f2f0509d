"""Lists in pages: `nextToken` carries the key of the last item answered."""

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
    """The items of one page, and `{"nextToken": …}` when more follow. Items are in the order of a listing
    that keeps its order between calls. Raises ApiError InvalidToken.
    """
    limit = params.get("maxResults") or _DEFAULT
    listed = list(items)
    if params.get("nextToken"):
        last = decode(params["nextToken"])
        at = next((i for i, item in enumerate(listed) if key(item) == last), None)
        if at is None:
            raise invalid_token()
        listed = listed[at + 1 :]
    chosen = listed[:limit]
    if len(listed) > limit:
        return chosen, {"nextToken": encode(key(chosen[-1]))}
    return chosen, {}


def encode(position: str) -> str:
    """An opaque token for a position in a list."""
    return base64.urlsafe_b64encode((_MARK + position).encode()).decode()


def decode(token: str) -> str:
    """The position a token stands for. Raises ApiError InvalidToken."""
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeError, ValueError):
        raise invalid_token() from None
    if not text.startswith(_MARK):
        raise invalid_token()
    return text.removeprefix(_MARK)


def invalid_token() -> ApiError:
    """AWS's refusal of a pagination token."""
    return ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
