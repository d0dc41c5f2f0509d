"""Record an HTTP task's request and response for inspection.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html (TRACE, revealSecrets)
"""

from collections.abc import Mapping
from typing import Any

from ..services import HttpRequest, HttpResponse


class HttpTracer:
    """Wrap the services of a task and record its HTTP request and response in `trace`.

    Unless secrets are revealed, the request is shown without the data that its connection adds.
    """

    def __init__(self, services: Any, reveal_secrets: bool):
        self._services = services
        self._reveal_secrets = reveal_secrets
        self.trace: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._services, name)

    async def http(self, request: HttpRequest, **authority: Any) -> HttpResponse:
        """Send the request; record it and its response in the shape of InspectionData."""
        if request.for_token:
            token: HttpResponse = await self._services.http(request, **authority)
            return token
        shown = request if self._reveal_secrets else request.without_secrets or request
        protocol = request.url.partition(":")[0]
        self.trace["request"] = {
            "protocol": protocol,
            "method": shown.method,
            "url": shown.url,
            "headers": _headers(shown.headers),
            "body": shown.body.decode("utf-8", "replace"),
        }
        response: HttpResponse = await self._services.http(request, **authority)
        self.trace["response"] = {
            "protocol": protocol,
            "statusCode": str(response.status),
            "statusMessage": response.reason,
            "headers": _headers(response.headers),
            "body": response.body.decode("utf-8", "replace"),
        }
        return response


def _headers(headers: Mapping[str, str]) -> str:
    """Return headers as AWS shows them: `[date: Tue, 21 Nov 2023, server: nginx]`."""
    return f"[{', '.join(f'{name}: {value}' for name, value in headers.items())}]"
