"""The services tasks call: the port the integrations and the engine see. `aws_services` has what is behind it."""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class ServiceError(Exception):
    """A service's error answer. `code` and `message` are its own, `details` what else it told.

    One that came without a request id gets one: AWS never leaves it out.
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


class CallFailed(Exception):
    """A call that got no answer: refused before sending, no connection, or no response in time."""

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
    """A request of an HTTP task. `signed_for` is the service it is signed for (`execute-api`), or None."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    signed_for: str | None = None


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What an HTTP request was answered."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes


class ServiceClient(Protocol):
    """The services there are besides this engine. `AwsServices` is the real one."""

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
        """Call `operation` (`PutItem`) of a botocore service (`dynamodb`) with the role's authority, or with
        that of the task's own role, which the role assumes.

        Params and answer are botocore's, the answer with `ResponseMetadata` when it came over HTTP.
        Streams in the answer are read to bytes. Raises ServiceError, CallFailed, RoleNotAssumable.
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
        """lambda:Invoke: its answer with `Payload` as bytes. Raises as `call`."""
        ...

    async def http(
        self, request: HttpRequest, *, role_arn: str | None = None, task_role_arn: str | None = None
    ) -> HttpResponse:
        """Send an HTTP request, signed with the role's authority when it says for which service.

        Raises CallFailed, RoleNotAssumable; an answer of any status is an answer.
        """
        ...


class TaskServices(ServiceClient, Protocol):
    """What integrations need of the world: what is outside, and this engine itself as `stepfunctions`."""

    async def sleep(self, seconds: float) -> None:
        """Wait on the engine's clock."""
        ...

    async def execution_ended(self, execution_arn: str) -> dict[str, Any]:
        """DescribeExecution's answer once that execution of this engine has ended."""
        ...


class LazyServiceClient:
    """Services loaded, on a thread, when they are first needed: botocore takes longer to load than all the rest."""

    def __init__(self, load: Callable[[], ServiceClient]):
        self._load = load
        self._loading: asyncio.Future[ServiceClient] | None = None

    async def loaded(self) -> ServiceClient:
        if self._loading is None:
            self._loading = asyncio.get_running_loop().run_in_executor(None, self._load)
        return await asyncio.shield(self._loading)

    async def call(
        self, service: str, operation: str, params: Mapping[str, Any], **authority: Any
    ) -> dict[str, Any]:
        """As Outside.call."""
        return await (await self.loaded()).call(service, operation, params, **authority)

    async def invoke_lambda(self, function: str, payload: bytes, **params: Any) -> dict[str, Any]:
        """As Outside.invoke_lambda."""
        return await (await self.loaded()).invoke_lambda(function, payload, **params)

    async def http(self, request: HttpRequest, **authority: Any) -> HttpResponse:
        """As Outside.http."""
        return await (await self.loaded()).http(request, **authority)
