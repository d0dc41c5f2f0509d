"""Record an HTTP task's request and response for inspection.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html (TRACE, revealSecrets)
"""

import json
from typing import Any

from ..services import HttpRequest, HttpResponse

_SECRET_HEADERS = frozenset({"authorization", "x-api-key", "cookie"})
_MASK = "******"


class HttpTracer:
    """Wrap the services of a task and record its HTTP request and response in `trace`."""

    def __init__(self, services: Any, reveal_secrets: bool):
        self._services = services
        self._reveal_secrets = reveal_secrets
        self.trace: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._services, name)

    async def http(self, request: HttpRequest, **authority: Any) -> HttpResponse:
        """Send the request; record it and its response in the shape of InspectionData."""
        headers = {
            name: value if self._reveal_secrets or name.lower() not in _SECRET_HEADERS else _MASK
            for name, value in request.headers.items()
        }
        self.trace["request"] = {
            "protocol": request.url.partition(":")[0],
            "method": request.method,
            "url": request.url,
            "headers": json.dumps(headers),
            "body": request.body.decode("utf-8", "replace"),
        }
        response: HttpResponse = await self._services.http(request, **authority)
        self.trace["response"] = {
            "protocol": request.url.partition(":")[0],
            "statusCode": str(response.status),
            "statusMessage": response.reason,
            "headers": json.dumps(dict(response.headers)),
            "body": response.body.decode("utf-8", "replace"),
        }
        return response
