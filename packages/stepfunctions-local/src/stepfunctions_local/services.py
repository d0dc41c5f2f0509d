"""The services that tasks call: the interface of the integrations and the engine. `aws_services` implements it."""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class ServiceError(Exception):
    """A service's error response: its `code` and `message`, and further fields in `details`.

    `query_code` is the code that the service has for clients of its former query protocol, or None.
    A response without a request id gets one: AWS always sends it.
    """

    def __init__(
        self,
        service: str,
        operation: str,
        code: str,
        message: str,
        *,
        status: int = 400,
        request_id: str = "",
        extended_request_id: str | None = None,
        details: Mapping[str, Any] | None = None,
        query_code: str | None = None,
    ):
        super().__init__(f"{service}.{operation}: {code}: {message}")
        self.service = service
        self.operation = operation
        self.code = code
        self.message = message
        self.status = status
        self.request_id = request_id or str(uuid.uuid4())
        self.extended_request_id = extended_request_id
        self.details = details or {}
        self.query_code = query_code


class CallFailed(Exception):
    """A call without a response: invalid parameters, no connection, or a timeout."""

    def __init__(self, message: str, *, sent: bool = False, timed_out: bool = False):
        super().__init__(message)
        self.sent = sent
        self.timed_out = timed_out


class RoleNotAssumable(Exception):
    """sts:AssumeRole was refused for `role_arn`; the message is STS's."""

    def __init__(self, role_arn: str, message: str):
        super().__init__(message)
        self.role_arn = role_arn


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request of an HTTP task.

    `signed_for` is the service it is signed for (`execute-api`), or None. `content_type` is a default that is
    sent but not shown with the headers. `without_secrets` is the request without the data of its connection, or None.
    `for_token` marks the request of a connection for its OAuth token, which precedes that of the task.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    signed_for: str | None = None
    content_type: str | None = None
    without_secrets: "HttpRequest | None" = None
    for_token: bool = False


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """The response to an HTTP request."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes


class ServiceClient(Protocol):
    """The services besides this engine. `AwsServices` calls the real ones."""

    async def call(
        self,
        service: str,
        operation: str,
        params: Mapping[str, Any],
        *,
        role_arn: str | None = None,
        task_role_arn: str | None = None,
        trace_header: str | None = None,
    ) -> dict[str, Any]:
        """Call `operation` (`PutItem`) of a botocore service (`dynamodb`) with the credentials of the role, or of
        the task's own role, which the role assumes.

        Params and response are botocore's, the response with `ResponseMetadata` when it came over HTTP.
        Streams in the response are read to bytes. Raises ServiceError, CallFailed, RoleNotAssumable.
        """
        ...

    async def invoke_lambda(
        self,
        function: str,
        payload: bytes,
        *,
        role_arn: str | None = None,
        task_role_arn: str | None = None,
        trace_header: str | None = None,
        **params: Any,
    ) -> dict[str, Any]:
        """Call lambda:Invoke and return its response with `Payload` as bytes. Raises as `call`."""
        ...

    async def http(
        self, request: HttpRequest, *, role_arn: str | None = None, task_role_arn: str | None = None
    ) -> HttpResponse:
        """Send an HTTP request, signed with the role's credentials when `signed_for` is set.

        Return the response of any status. Raises CallFailed, RoleNotAssumable.
        """
        raise CallFailed(f"HTTP requests are not supported by {type(self).__name__}: {request.url}")


class TaskServices(ServiceClient, Protocol):
    """The services as integrations see them: with this engine as `stepfunctions`."""

    async def sleep(self, seconds: float) -> None:
        """Wait on the engine's clock."""
        ...

    async def execution_ended(self, execution_arn: str) -> dict[str, Any]:
        """Wait until an execution of this engine has ended and return DescribeExecution's response."""
        ...


class LazyServiceClient:
    """A service client that is loaded on a thread at its first use: importing botocore is slow."""

    def __init__(self, load: Callable[[], ServiceClient]):
        self._load = load
        self._loading: asyncio.Future[ServiceClient] | None = None

    async def loaded(self) -> ServiceClient:
        """Load the client once and return it."""
        if self._loading is None:
            self._loading = asyncio.get_running_loop().run_in_executor(None, self._load)
        return await asyncio.shield(self._loading)

    async def call(
        self, service: str, operation: str, params: Mapping[str, Any], **authority: Any
    ) -> dict[str, Any]:
        """Call an operation; see ServiceClient."""
        return await (await self.loaded()).call(service, operation, params, **authority)

    async def invoke_lambda(self, function: str, payload: bytes, **params: Any) -> dict[str, Any]:
        """Invoke a function; see ServiceClient."""
        return await (await self.loaded()).invoke_lambda(function, payload, **params)

    async def http(self, request: HttpRequest, **authority: Any) -> HttpResponse:
        """Send an HTTP request; see ServiceClient."""
        return await (await self.loaded()).http(request, **authority)
