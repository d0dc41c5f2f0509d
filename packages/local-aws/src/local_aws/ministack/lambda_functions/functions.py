"""Lambda: every invocation, from any trigger, runs in the Lambda runner."""

from __future__ import annotations

import asyncio
import contextvars
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from ministack.services import apigateway, eventbridge, lambda_svc

from ...async_invocations import AsyncInvocations, Pending, Result, Settings
from ...journal import Journal
from ...lambda_runner import Function, Outcome, Request, Throttled
from ..scope import default_scope
from .alias_weights import chosen_version, install_alias_weights, main_version
from .function_checks import install_function_checks, update_event_invoke_config
from .function_records import function_of
from .lambda_checks import check_invocation, check_names

type Response = tuple[int, dict[str, str], bytes]
type Invoke = Callable[[Function, Request], Outcome]
type Send = Callable[[str, str, str, bytes, dict[str, tuple[str, str]]], None]


@dataclass(frozen=True, slots=True)
class _Call:
    """An invocation whose payload is passed on as it is: `event` is what MiniStack parsed of it."""

    event: Any
    payload: bytes
    headers: dict[str, str]
    request_id: str | None = None
    invoked_arn: str | None = None


# Requests that may have a name to check.
_NAMES = re.compile(rb'"(Environment|Runtime)"')

# No invocation waits for a thread: a handler that invokes another one would wait for itself.
_threads = ThreadPoolExecutor(max_workers=10_000, thread_name_prefix="invoke")

_body: contextvars.ContextVar[bytes] = contextvars.ContextVar("request_body", default=b"")
_call: contextvars.ContextVar[_Call | None] = contextvars.ContextVar("invocation", default=None)


def install_lambda(invoke: Invoke) -> None:
    """Replace MiniStack's dispatch of invocations by the runner, and check requests as AWS does.

    `_execute_function_dispatch` is below every trigger and MiniStack's concurrency accounting, and above its
    executors and its log writer.
    """
    handle_invoke, handle_request = lambda_svc._invoke, lambda_svc.handle_request

    def execute(
        record: dict[str, Any], config: dict[str, Any], event: Any, request_id: str, started: float
    ) -> dict[str, Any]:
        call = _call.get()
        if call is None or call.event is not event:
            call = _Call(event, json.dumps(event).encode(), {})
        request = Request(
            call.request_id or request_id,
            call.payload or b"{}",
            invoked_arn=call.invoked_arn or config["FunctionArn"],
            trace_header=call.headers.get("x-amzn-trace-id"),
            client_context=call.headers.get("x-amz-client-context"),
        )
        try:
            outcome = invoke(function_of(record, config), request)
        except Throttled:
            throttled: dict[str, Any] = lambda_svc._throttle_response(
                "ConcurrentInvocationLimitExceeded", "Rate Exceeded."
            )
            return throttled
        is_direct = call is _call.get()
        body = outcome.payload if is_direct else json.loads(outcome.payload or b"null")
        response: dict[str, Any] = {"body": body, "log": outcome.log}
        return response | (
            {"error": True, "function_error": outcome.function_error} if outcome.function_error else {}
        )

    async def invoke_with_payload(
        name: str,
        event: Any,
        headers: dict[str, str],
        path_qualifier: str | None = None,
        query: dict[str, Any] | None = None,
    ) -> Any:
        qualifier = path_qualifier or lambda_svc._qp_first(query or {}, "Qualifier")
        version = chosen_version(lambda_svc._functions.get(name), qualifier)
        alias_arn = f"{lambda_svc._func_arn(name)}:{qualifier}" if version else None
        _call.set(_Call(event, _body.get(), headers, invoked_arn=alias_arn))
        return await handle_invoke(name, event, headers, version or path_qualifier, query)

    async def checked_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Response:
        if method == "POST" and path.endswith("/invocations"):
            if (problem := check_invocation(headers, body)) is not None:
                return problem
            _body.set(body)
        elif _NAMES.search(body) and (problem := check_names(json.loads(body))) is not None:
            return problem
        if method == "POST" and path.endswith("/event-invoke-config"):
            return update_event_invoke_config(path.split("/")[-2], query, json.loads(body or b"{}"))
        with main_version() if method == "GET" else nullcontext():
            response: Response = await handle_request(method, path, headers, body, query)
        return response

    lambda_svc._execute_function_dispatch = execute
    lambda_svc.run_reentrant = apigateway.run_reentrant = _run_on_thread
    lambda_svc._invoke = invoke_with_payload
    lambda_svc.handle_request = checked_request
    install_function_checks()
    install_alias_weights()


async def _run_on_thread(work: Callable[..., Any], *args: Any, **_: str) -> Any:
    """Run an invocation on a thread of its own, like MiniStack's function, but use threads again."""
    context = contextvars.copy_context()
    running = asyncio.get_running_loop().run_in_executor(_threads, context.run, work, *args)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        # The invocation cannot be cancelled: its caller must not continue while it runs.
        await asyncio.wait([running])
        raise


def install_async_invocations(journal: Journal, send: Send) -> AsyncInvocations:
    """Replace MiniStack's asynchronous invocations by durable ones; `resume` starts them.

    `send` delivers (function, role, target, body, attributes).
    """

    def run(pending: Pending) -> Result:
        event = json.loads(pending.payload or b"{}")
        with default_scope():
            record, config, _ = lambda_svc._get_func_record_for_ref(pending.function)
            if record is None:
                return Result(b"null")
            _call.set(_Call(event, pending.payload, {}, pending.request_id))
            qualified = lambda_svc._execution_record_for_config(
                record, config | {"FunctionArn": pending.function}
            )
            response = lambda_svc._execute_function_with_config_scope(qualified, event)
        body = response.get("body")
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Result(payload, failed=bool(response.get("error")), throttled=bool(response.get("throttle")))

    def settings(function: str) -> Settings | None:
        with default_scope():
            record, config, _ = lambda_svc._get_func_record_for_ref(function)
        return None if record is None else _async_settings(record, config, function)

    def send_with_role(function: str, target: str, body: bytes, attributes: Any) -> None:
        with default_scope():
            _, config, _ = lambda_svc._get_func_record_for_ref(function)
        if config is not None:
            send(function, config["Role"], target, body, attributes)

    invocations = AsyncInvocations(journal, run, settings, send_with_role)

    def invoke_async(record: dict[str, Any], event: Any) -> None:
        call = _call.get()
        payload = call.payload if call is not None and call.event is event else json.dumps(event).encode()
        invocations.submit((record.get("config") or record)["FunctionArn"], payload)

    def dispatch_event(arn: str, payload: str) -> None:
        invocations.submit(arn, payload.encode())

    lambda_svc.invoke_async_with_retry = invoke_async
    eventbridge._dispatch_to_lambda = dispatch_event
    return invocations


def _async_settings(record: dict[str, Any], config: dict[str, Any], function: str) -> Settings:
    qualifier = (function.split(":")[7:] or ["$LATEST"])[0]
    given = lambda_svc._event_invoke_config(record, None if qualifier == "$LATEST" else qualifier) or {}
    destinations = given.get("DestinationConfig") or {}
    retries, age = given.get("MaximumRetryAttempts"), given.get("MaximumEventAgeInSeconds")
    return Settings(
        max_retries=2 if retries is None else int(retries),
        max_age=21_600.0 if age is None else float(age),
        on_success=(destinations.get("OnSuccess") or {}).get("Destination"),
        on_failure=(destinations.get("OnFailure") or {}).get("Destination"),
        dead_letter_target=(config.get("DeadLetterConfig") or {}).get("TargetArn"),
        has_concurrency=lambda_svc._reserved_concurrency(record, config) != 0,
    )
