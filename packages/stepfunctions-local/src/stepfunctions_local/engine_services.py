"""The services that tasks call: the external ones, and this engine's own API as `stepfunctions`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from .clock import Clock
from .descriptions import execution_description
from .services import HttpRequest, HttpResponse, ServiceClient

# Performs an operation of this engine's API: its name, parameters, and the caller's trace header and account.
type ApiCall = Callable[[str, dict[str, Any], str | None, str | None], Awaitable[dict[str, Any]]]


class EngineServices:
    """Routes each call to the engine's own API or to the external services.

    `own_api` performs calls of Step Functions; without it they are external calls like all others.
    `wait_for_execution` returns the row of an execution once it has ended.
    """

    def __init__(
        self,
        external: ServiceClient,
        clock: Clock,
        wait_for_execution: Callable[[str], Awaitable[dict[str, Any]]],
        own_api: ApiCall | None = None,
    ):
        self._external = external
        self._clock = clock
        self._wait_for_execution = wait_for_execution
        self._own_api = own_api

    async def call(
        self,
        service: str,
        operation: str,
        params: Mapping[str, Any],
        *,
        trace_header: str | None = None,
        **authority: str | None,
    ) -> dict[str, Any]:
        if service == "stepfunctions" and self._own_api is not None:
            role_arn = authority.get("task_role_arn") or authority.get("role_arn")
            account = role_arn.split(":")[4] if role_arn else None
            return await self._own_api(operation, dict(params), trace_header, account)
        return await self._external.call(service, operation, params, trace_header=trace_header, **authority)

    async def invoke_lambda(
        self,
        function: str,
        payload: bytes,
        *,
        role_arn: str | None = None,
        trace_header: str | None = None,
        **params: Any,
    ) -> dict[str, Any]:
        return await self._external.invoke_lambda(
            function, payload, role_arn=role_arn, trace_header=trace_header, **params
        )

    async def http(self, request: HttpRequest, **authority: str | None) -> HttpResponse:
        return await self._external.http(request, **authority)

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep_until(self._clock.now() + seconds)

    async def execution_ended(self, execution_arn: str) -> dict[str, Any]:
        return execution_description(await self._wait_for_execution(execution_arn))
