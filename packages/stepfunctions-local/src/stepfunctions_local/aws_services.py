"""AWS services through botocore: AWS itself, or an emulator at one endpoint."""

import asyncio
import secrets
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import botocore.session
from botocore import xform_name
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

from .role_credentials import ActingCredentials, ActingProvider, RoleCredentials, Roles, RoleSessions
from .services import CallFailed, HttpRequest, HttpResponse, RoleNotAssumable, ServiceError

_UNKNOWN_CREDENTIALS = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId", "InvalidClientTokenId"}
    | {"InvalidToken", "UnrecognizedClientException"}
)
_KNOWN_STATUSES = frozenset(HTTPStatus)


@dataclass
class AwsServices:
    """botocore in a thread pool, with cached credentials of roles from sts:AssumeRole.

    `endpoint_url` applies to every service; `endpoints` overrides it per botocore service name. Without either, calls
    go to AWS. `access_key` is (id, secret) of the engine's own identity; the default is botocore's credential chain.
    Without `assume_roles` every call uses the engine's own identity. `role_credentials` replaces sts:AssumeRole.
    `send` sends prepared requests in place of HTTP: to an emulator in this process.
    """

    endpoint_url: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    region: str = "us-east-1"
    access_key: tuple[str, str] | None = None
    assume_roles: bool = True
    role_credentials: RoleCredentials | None = None
    threads: int = 256
    read_timeout: float = 900.0
    send: Callable[[AWSPreparedRequest], AWSResponse] | None = None

    def __post_init__(self) -> None:
        self._own = botocore.session.get_session()
        if self.access_key:
            self._own.set_credentials(*self.access_key)
        self._acting = ActingCredentials()
        self._session = botocore.session.get_session()
        self._session.register_component("credential_provider", ActingProvider(self._acting))
        self._clients: dict[str, Any] = {}
        self._roles = RoleSessions(self._assume)
        self._lock = threading.RLock()
        self._trace = threading.local()
        self._web = URLLib3Session(timeout=(5, 60))
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="task")

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
        """Call an operation; see ServiceClient."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._pool, self._call, service, operation, dict(params), (role_arn, task_role_arn), trace_header
        )

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
        """Invoke a function; see ServiceClient."""
        return await self.call(
            "lambda",
            "Invoke",
            {**params, "FunctionName": function, "Payload": payload},
            role_arn=role_arn,
            task_role_arn=task_role_arn,
            trace_header=trace_header,
        )

    async def http(
        self, request: HttpRequest, *, role_arn: str | None = None, task_role_arn: str | None = None
    ) -> HttpResponse:
        """Send an HTTP request; with an `endpoint_url`, requests to amazonaws.com hosts are sent there."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._http, request, (role_arn, task_role_arn))

    def close(self) -> None:
        """Accept no more calls; calls in progress end in their threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _call(
        self, service: str, operation: str, params: dict[str, Any], roles: Roles, trace: str | None
    ) -> dict[str, Any]:
        try:
            return self._send(service, operation, params, roles, trace)
        except ServiceError as error:
            # A restarted service rejects the sessions of its previous run: assume the role again.
            if error.code in _UNKNOWN_CREDENTIALS and self._roles.forget(roles):
                return self._send(service, operation, params, roles, trace)
            raise

    def _send(
        self, service: str, operation: str, params: dict[str, Any], roles: Roles, trace: str | None
    ) -> dict[str, Any]:
        client = self._client(service)
        self._acting.act_as(self._credentials(roles))
        self._trace.header = trace
        method = getattr(client, xform_name(operation))
        try:
            response: dict[str, Any] = method(**params)
            for name, value in response.items():
                if hasattr(value, "read"):
                    response[name] = value.read()
        except ClientError as error:
            raise _service_error(service, operation, error) from None
        except (ConnectTimeoutError, ReadTimeoutError) as error:
            raise CallFailed(str(error), sent=True, timed_out=True) from None
        except BotoCoreError as error:
            raise CallFailed(str(error)) from None
        except (AttributeError, TypeError, ValueError) as error:  # botocore could not serialize the params
            raise CallFailed(f"Invalid parameters for {service}.{operation}: {error}") from error
        return response

    def _http(self, request: HttpRequest, roles: Roles) -> HttpResponse:
        url, headers = request.url, dict(request.headers)
        if request.content_type is not None:
            headers["Content-Type"] = request.content_type
        host = urlsplit(url).netloc
        if self.endpoint_url and host.endswith(".amazonaws.com"):
            url = urlunsplit(urlsplit(self.endpoint_url)[:2] + urlsplit(url)[2:])
            headers["Host"] = host
        prepared = AWSRequest(request.method, url, headers, request.body)
        if request.signed_for:
            credentials = self._credentials(roles)
            SigV4Auth(credentials, request.signed_for, self.region).add_auth(prepared)
        try:
            response = self._web.send(prepared.prepare())
        except ConnectTimeoutError as error:
            raise CallFailed(str(error), timed_out=True) from None
        except ReadTimeoutError as error:
            raise CallFailed(str(error), sent=True, timed_out=True) from None
        except BotoCoreError as error:
            raise CallFailed(str(error)) from None
        status = response.status_code
        reason = HTTPStatus(status).phrase if status in _KNOWN_STATUSES else ""
        return HttpResponse(status, reason, dict(response.headers), response.content)

    def _client(self, service: str) -> Any:
        with self._lock:
            client = self._clients.get(service)
            if client is None:
                client = self._session.create_client(
                    service,
                    region_name=self.region,
                    endpoint_url=self.endpoints.get(service, self.endpoint_url),
                    config=Config(
                        connect_timeout=5,
                        read_timeout=self.read_timeout,
                        retries={"total_max_attempts": 1},
                        max_pool_connections=self.threads,
                        user_agent="stepfunctions-local",
                        inject_host_prefix=self.endpoint_url is None,
                        # The service rejects what is out of range, in its own words.
                        parameter_validation=False,
                        # As Step Functions: S3 objects without checksums of their own.
                        request_checksum_calculation="when_required",
                        response_checksum_validation="when_required",
                        s3={"addressing_style": "path"} if self.endpoint_url else {},
                    ),
                )
                client.meta.events.register("before-sign.*", self._add_trace)
                if (send := self.send) is not None:
                    client.meta.events.register("before-send.*", lambda request, **_: send(request))
                self._clients[service] = client
        return client

    def _add_trace(self, request: Any, **_: Any) -> None:
        header = getattr(self._trace, "header", None)
        if header and "X-Amzn-Trace-Id" not in request.headers:
            request.headers["X-Amzn-Trace-Id"] = header

    def _credentials(self, roles: Roles) -> ReadOnlyCredentials:
        if self.assume_roles and any(roles):
            return self._roles.credentials(roles)
        own = self._own.get_credentials()
        if own is None:
            raise CallFailed("Unable to locate credentials")
        return own.get_frozen_credentials()

    def _assume(self, roles: Roles) -> Mapping[str, Any]:
        role_arn, task_role_arn = roles
        try:
            if task_role_arn:
                return self._task_credentials(task_role_arn, by=role_arn)
            return (self.role_credentials or self._sts_credentials)(role_arn or "")
        except ClientError as error:
            denied = task_role_arn or role_arn or ""
            raise RoleNotAssumable(denied, error.response["Error"].get("Message", "")) from None
        except BotoCoreError as error:
            raise CallFailed(str(error)) from None

    def _task_credentials(self, role_arn: str, by: str | None) -> Mapping[str, Any]:
        self._acting.act_as(self._credentials((by, None)))
        sts = self._client("sts")
        return _assume_role(sts, role_arn)

    def _sts_credentials(self, role_arn: str) -> Mapping[str, Any]:
        with self._lock:
            sts: Any = self._clients.get("sts as the engine")
            if sts is None:
                sts = self._own.create_client(
                    "sts",
                    region_name=self.region,
                    endpoint_url=self.endpoints.get("sts", self.endpoint_url),
                    config=Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2}),
                )
                self._clients["sts as the engine"] = sts
        return _assume_role(sts, role_arn)


def _service_error(service: str, operation: str, error: ClientError) -> ServiceError:
    response = error.response
    metadata = response.get("ResponseMetadata", {})
    code, modelled = response["Error"].get("Code", "Unknown"), response["Error"].get("QueryErrorCode")
    return ServiceError(
        service,
        operation,
        modelled or code,
        response["Error"].get("Message", ""),
        status=metadata.get("HTTPStatusCode", 400),
        request_id=metadata.get("RequestId", ""),
        extended_request_id=metadata.get("HostId") or secrets.token_urlsafe(56),
        details={k: v for k, v in response.items() if k not in ("Error", "ResponseMetadata")},
        query_code=code if modelled else None,
    )


def _assume_role(sts: Any, role_arn: str) -> Mapping[str, Any]:
    credentials: Mapping[str, Any] = sts.assume_role(RoleArn=role_arn, RoleSessionName="StepFunctions")[
        "Credentials"
    ]
    return credentials
