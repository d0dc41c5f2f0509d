"""An engine for tests: in the calling thread, in virtual time, with fake services.

with VirtualEngine(services) as engine:
    result = engine.run(definition, {"order_id": "ord-1"})
assert result.status == "SUCCEEDED" and result.elapsed == 86400
"""

import asyncio
import inspect
import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

from .api.dispatch import dispatch
from .api.loopback import call_own_api
from .clock import VirtualClock, VirtualLoop
from .engine import Config, Engine
from .errors import StateError
from .history import json_bytes, json_value
from .interpreter.invoker import Invoker
from .observer import Observer
from .services import HttpRequest, HttpResponse, ServiceClient
from .storage.store import Store

ROLE = "arn:aws:iam::000000000000:role/virtual"
_START = 1_767_225_600.0  # 2026-01-01T00:00:00Z


@dataclass(slots=True)
class Result:
    """The result of an execution. `elapsed` is in virtual seconds; `history` has GetExecutionHistory's events."""

    arn: str
    status: str
    output: Any
    error: str | None
    cause: str | None
    elapsed: float
    history: list[dict[str, Any]] = field(repr=False, default_factory=list)

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Return the events of a type, in order."""
        return [event for event in self.history if event["type"] == kind]

    @property
    def states(self) -> list[str]:
        """The names of the states entered, in order."""
        return [
            event["stateEnteredEventDetails"]["name"]
            for event in self.history
            if "stateEnteredEventDetails" in event
        ]


class FakeServices:
    """Services implemented by functions: `lambdas` by function name or ARN, `calls` by "service:Operation".

    A Lambda takes its payload and returns its result; an exception becomes the function's error, named by its class.
    A call takes its parameters and returns the service's response, or raises ServiceError. Both may be coroutine
    functions.
    """

    def __init__(
        self,
        lambdas: Mapping[str, Callable[[Any], Any]] | None = None,
        calls: Mapping[str, Callable[[dict[str, Any]], Any]] | None = None,
    ):
        self.lambdas = dict(lambdas or {})
        self.calls = dict(calls or {})

    async def call(self, service: str, operation: str, params: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        name = f"{service}:{operation}"
        if name not in self.calls:
            raise StateError(
                "States.TaskFailed",
                f"No fake service call for '{name}'. Available: {', '.join(sorted(self.calls)) or 'none'}.",
            )
        response: dict[str, Any] = await _value(self.calls[name](dict(params)))
        return response

    async def invoke_lambda(self, function: str, payload: bytes, **_: Any) -> dict[str, Any]:
        short = function.rpartition(":function:")[2]
        handler = self.lambdas.get(function) or self.lambdas.get(short)
        if handler is None:
            raise StateError("Lambda.ResourceNotFoundException", f"Function not found: {function}")
        response = {"StatusCode": 200, "ExecutedVersion": "$LATEST"}
        try:
            result = await _value(handler(json_value(payload)))
        except Exception as error:
            payload_error = {"errorMessage": str(error), "errorType": type(error).__name__}
            return response | {"FunctionError": "Unhandled", "Payload": json.dumps(payload_error).encode()}
        return response | {"Payload": json_bytes(result)}

    async def http(self, request: HttpRequest, **_: Any) -> HttpResponse:
        """Call the function named "http:METHOD URL" with the JSON body; it returns the response's JSON body."""
        name = f"http:{request.method} {request.url}"
        if name not in self.calls:
            return HttpResponse(404, "Not Found", {}, b"")
        result = await _value(self.calls[name](json.loads(request.body or b"null")))
        return HttpResponse(200, "OK", {"content-type": "application/json"}, json.dumps(result).encode())


async def _value(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


class VirtualEngine:
    """An engine whose time advances to the next timer. Give `store` a path to close and reopen the engine."""

    def __init__(
        self,
        services: ServiceClient | None = None,
        store: str | Path = ":memory:",
        start: float = _START,
        observers: list[Observer] | None = None,
        invoker: Invoker | None = None,
        config: Config | None = None,
        seed: int = 0,
    ):
        self.loop = VirtualLoop()
        self.clock = VirtualClock(self.loop, start)
        self.engine = Engine(
            Store(store),
            services or FakeServices(),
            self.clock,
            config or Config(),
            observers or [],
            own_api=call_own_api,
            random=Random(seed),  # noqa: S311 (jitter that a test can repeat)
        )
        if invoker is not None:
            self.engine.invoker = invoker
        self._names = 0
        self.wait(self._start())

    async def _start(self) -> None:
        self.engine.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the engine and close its store."""
        self.wait(self.engine.close())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    def wait[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Run the event loop until a coroutine ends, and return its result."""
        return self.loop.run_until_complete(work)

    def call(self, operation: str, /, **params: Any) -> dict[str, Any]:
        """Perform an operation of the API: `call("StopExecution", executionArn=arn)`."""
        return self.wait(dispatch(self.engine, operation, params))

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        """Return an operation of the API as a method with boto3's name."""
        return partial(self.call, "".join(word.capitalize() for word in name.split("_")))

    def create(
        self, definition: dict[str, Any] | str, name: str = "", kind: str = "STANDARD", role: str = ROLE
    ) -> str:
        """Create a state machine and return its ARN."""
        self._names += 1
        text = definition if isinstance(definition, str) else json.dumps(definition)
        created = self.call(
            "CreateStateMachine",
            name=name or f"machine-{self._names}",
            definition=text,
            roleArn=role,
            type=kind,
        )
        return str(created["stateMachineArn"])

    def start(self, machine_arn: str, input: Any = None, name: str | None = None) -> str:
        """Start an execution, run it as far as it gets without time passing, and return its ARN."""
        named = {} if name is None else {"name": name}
        text = json.dumps({} if input is None else input)
        started = self.call("StartExecution", stateMachineArn=machine_arn, input=text, **named)
        return str(started["executionArn"])

    def run(
        self,
        definition: dict[str, Any] | str,
        input: Any = None,
        name: str | None = None,
        role_arn: str = ROLE,
    ) -> Result:
        """Create a state machine, run an execution to its end, and return its result."""
        return self.finish(self.start(self.create(definition, role=role_arn), input, name))

    def finish(self, execution_arn: str) -> Result:
        """Advance the time until an execution has ended, and return its result."""
        self.wait(self.engine.wait_for_execution(execution_arn))
        return self.result(execution_arn)

    def result(self, execution_arn: str) -> Result:
        """Return the current state of an execution as a Result."""
        row = self.engine.execution_row(execution_arn)
        assert row is not None
        return Result(
            arn=execution_arn,
            status=row["status"],
            output=json.loads(row["output"]) if "output" in row else None,
            error=row.get("error"),
            cause=row.get("cause"),
            elapsed=round(row.get("stopDate", self.clock.now()) - row["startDate"], 6),
            history=self.engine.store.events(row["id"], limit=25_000),
        )

    def pass_time(self, seconds: float) -> None:
        """Advance the virtual time by `seconds` and run everything that falls due."""
        self.wait(asyncio.sleep(seconds))
