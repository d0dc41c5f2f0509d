"""Pagination: `nextToken` encodes its request, when it was issued, and the last item of the page."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from ..errors import ApiError
from .session import Session

_DEFAULT_LIMIT = 100
_VALID_SECONDS = 24 * 3600
# Arguments that may differ between the pages of a list.
_PAGE_ARGUMENTS = ("nextToken", "maxResults")


class Pages:
    """The pages of one request: a token is valid for 24 hours, and only for the same operation and arguments."""

    def __init__(self, session: Session, operation: str, params: Mapping[str, Any]):
        arguments = {name: value for name, value in params.items() if name not in _PAGE_ARGUMENTS}
        request = orjson.dumps([operation, session.account, arguments], option=orjson.OPT_SORT_KEYS)
        self._request = hashlib.sha256(request).hexdigest()[:16]
        self._now = session.clock.now()
        self._token: str | None = params.get("nextToken")
        self.limit: int = params.get("maxResults") or _DEFAULT_LIMIT

    @property
    def position(self) -> str | None:
        """The position after which the page begins; None for the first page. Raises ApiError InvalidToken."""
        if not self._token:
            return None
        try:
            request, issued, position = orjson.loads(base64.urlsafe_b64decode(self._token.encode()))
        except (binascii.Error, UnicodeError, ValueError, TypeError):
            raise _invalid_token() from None
        expired = not isinstance(issued, int | float) or issued + _VALID_SECONDS < self._now
        if request != self._request or expired or not isinstance(position, str):
            raise _invalid_token()
        return position

    def token(self, position: str) -> dict[str, str]:
        """Return the `nextToken` of the page that begins after a position."""
        text = orjson.dumps([self._request, self._now, position])
        return {"nextToken": base64.urlsafe_b64encode(text).decode()}

    def select(
        self, items: Iterable[dict[str, Any]], key: Callable[[dict[str, Any]], str]
    ) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """Return the items of the page, and `{"nextToken": …}` when more follow. Raises ApiError InvalidToken.

        `items` must have the same order in every call.
        """
        remaining = list(items)
        position = self.position
        if position is not None:
            index = next((i for i, item in enumerate(remaining) if key(item) == position), None)
            if index is None:
                raise _invalid_token()
            remaining = remaining[index + 1 :]
        page = remaining[: self.limit]
        return page, self.token(key(page[-1])) if len(remaining) > self.limit else {}


def _invalid_token() -> ApiError:
    return ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
