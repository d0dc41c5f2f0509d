"""OAuth tokens of EventBridge connections: the exchange of client credentials for an access token.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection-auth.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from ..services import HttpRequest, HttpResponse
from .http_arguments import has_header, with_query


@dataclass(frozen=True, slots=True)
class TokenExchange:
    """What a connection says of the request for a token."""

    endpoint: str
    method: str
    client_id: str
    client_secret: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, str]

    def request(self) -> HttpRequest:
        """Return the request: the credentials are a form, or in the query of a GET."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            **self.body,
        }
        if self.method == "GET":
            url = with_query(self.endpoint, {**self.query, **form})
            return HttpRequest(self.method, url, self.headers, for_token=True)
        content_type = "application/x-www-form-urlencoded"
        return HttpRequest(
            self.method,
            with_query(self.endpoint, self.query),
            self.headers,
            urlencode(form).encode(),
            content_type=None if has_header(self.headers, "content-type") else content_type,
            for_token=True,
        )


def authorization_header(response: HttpResponse) -> str | None:
    """Return the Authorization header for a token, or None for a response without one."""
    if response.status >= 300:
        return None
    try:
        token = json.loads(response.body)
        kind = token.get("token_type") or "Bearer"
        return f"{'Bearer' if kind.lower() == 'bearer' else kind} {token['access_token']}"
    except (ValueError, KeyError, AttributeError):
        return None
