"""An HTTP task's request and response, kept for inspection.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html (TRACE, revealSecrets)
"""

import json
from typing import Any

from ..services import HttpAnswer, HttpRequest

_SECRET = frozenset({"authorization", "x-api-key", "cookie"})
_MASK = "******"


class Witness:
    """Stands before the services a task calls, and writes down what goes over HTTP."""

    def __init__(self, services: Any, reveal: bool):
        self._services = services
        self._reveal = reveal
        self.traced: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._services, name)

    async def http(self, request: HttpRequest, **authority: Any) -> HttpAnswer:
        """Send the request on, and keep both sides in the shape of InspectionData."""
        headers = {
            name: value if self._reveal or name.lower() not in _SECRET else _MASK
            for name, value in request.headers.items()
        }
        self.traced["request"] = {
            "protocol": request.url.partition(":")[0],
            "method": request.method,
            "url": request.url,
            "headers": json.dumps(headers),
            "body": request.body.decode("utf-8", "replace"),
        }
        answer: HttpAnswer = await self._services.http(request, **authority)
        self.traced["response"] = {
            "protocol": request.url.partition(":")[0],
            "statusCode": str(answer.status),
            "statusMessage": answer.reason,
            "headers": json.dumps(dict(answer.headers)),
            "body": answer.body.decode("utf-8", "replace"),
        }
        return answer
