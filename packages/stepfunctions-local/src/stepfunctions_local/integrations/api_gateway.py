"""`apigateway:invoke`: call a REST or HTTP API of API Gateway.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-api-gateway.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..errors import StateError
from ..services import CallFailed, HttpRequest, RoleNotAssumable, TaskServices
from .base import Integration, TaskRequest
from .formatting import json_text
from .http_arguments import Rules, check, has_header, join_headers, query_string
from .http_task import response_parts

_RULES = Rules(
    frozenset({"ApiEndpoint", "Method", "Headers", "Stage", "Path", "QueryParameters", "RequestBody"})
    | frozenset({"AuthType", "AllowNullValues"}),
    frozenset({"authorization", "connection", "content-md5", "expect", "host", "max-forwards"})
    | frozenset({"proxy-authenticate", "server", "te", "transfer-encoding", "trailer", "upgrade", "via"})
    | frozenset({"www-authenticate"}),
)


@dataclass(frozen=True, slots=True)
class InvokeApi(Integration):
    """`apigateway:invoke`: an API Gateway REST or HTTP API."""

    def argument_errors(self, names: set[str]) -> list[str]:
        return _RULES.name_errors(names, self.required)

    def value_errors(self, arguments: Mapping[str, Any]) -> list[str]:
        return _RULES.value_errors(arguments)

    def check_arguments(self, arguments: Any) -> None:
        check(self, arguments)

    async def invoke(self, request: TaskRequest, services: TaskServices) -> dict[str, Any]:
        self.check_arguments(request.arguments)
        arguments = request.arguments
        host = arguments["ApiEndpoint"].removeprefix("https://").rstrip("/")
        path = "/".join(
            part.strip("/") for part in (arguments.get("Stage") or "", arguments.get("Path") or "") if part
        )
        headers = join_headers(arguments.get("Headers"))
        if request.task_token is not None and self.pattern == "task_token":
            headers.setdefault("TaskToken", request.task_token)
        body = arguments.get("RequestBody")
        if body is not None and not has_header(headers, "content-type"):
            headers["Content-Type"] = "application/json"
        sent = HttpRequest(
            arguments["Method"],
            f"https://{host}/{quote(path)}{query_string(arguments.get('QueryParameters'))}",
            headers,
            b"" if body is None else json_text(body).encode(),
            "execute-api" if arguments.get("AuthType") in ("IAM_ROLE", "RESOURCE_POLICY") else None,
        )
        try:
            response = await services.http(sent, **request.authority)
        except (CallFailed, RoleNotAssumable) as failure:
            raise StateError("ApiGateway.SdkClientException", str(failure)) from None
        if response.status >= 400:
            raise StateError(f"ApiGateway.{response.status}", response.body.decode("utf-8", "replace"))
        return response_parts(response, response.body.decode("utf-8", "replace"))
