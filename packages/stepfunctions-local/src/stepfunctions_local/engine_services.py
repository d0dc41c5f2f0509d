"""The services tasks see: those outside, and the engine itself as `stepfunctions`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from .descriptions import described
from .services import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from .engine import Engine

# Given the engine, the operation, its parameters and the caller's trace header.
type OwnApi = Callable[["Engine", str, dict[str, Any], str | None], Awaitable[dict[str, Any]]]


class EngineServices:
    """Sends each call where it belongs."""

    def __init__(self, engine: "Engine"):
        self._engine = engine

    async def call(
        self,
        service: str,
        operation: str,
        params: Mapping[str, Any],
        *,
        trace_header: str | None = None,
        **authority: str | None,
    ) -> dict:
        own_api = self._engine.own_api
        if service == "stepfunctions" and own_api is not None:
            return await own_api(self._engine, operation, dict(params), trace_header)
        return await self._engine.outside.call(
            service, operation, params, trace_header=trace_header, **authority
        )

    async def invoke_lambda(
        self,
        function: str,
        payload: bytes,
        *,
        role_arn: str | None = None,
        trace_header: str | None = None,
        **params: Any,
    ) -> dict:
        return await self._engine.outside.invoke_lambda(
            function, payload, role_arn=role_arn, trace_header=trace_header, **params
        )

    async def http(self, request: HttpRequest, **authority: str | None) -> HttpResponse:
        return await self._engine.outside.http(request, **authority)

    async def sleep(self, seconds: float) -> None:
        clock = self._engine.clock
        await clock.sleep_until(clock.now() + seconds)

    async def execution_ended(self, execution_arn: str) -> dict:
        return described(await self._engine.ended(execution_arn))
