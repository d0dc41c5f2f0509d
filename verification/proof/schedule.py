"""The fault schedule of a case: which faults occur when, and executions started between deliveries."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from stepfunctions_local.api.dispatch import dispatch
from stepfunctions_local.engine import Engine
from stepfunctions_local.errors import ApiError, StateError
from stepfunctions_local.interpreter.invoker import TaskCall

from verification.harness.dynamodb import Tables
from verification.harness.faults import FOREVER, Fault, FaultSchedule, Kind
from verification.harness.fixture import execution_name

A_DAY = 90_000
"""Seconds after which a late effect has happened: it happens a day after the call."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """The first delivery of a task: the point just before it or just after."""

    workflow: str
    state: str
    after: bool = False


class ProcessKilled(BaseException):
    """The process of a function ends between two requests; no handler catches this."""


@dataclass(kw_only=True)
class CaseSchedule(FaultSchedule):
    """Faults that end at `end_faults`, and one execution started at a trigger of another.

    `invoke` runs a function by its ARN, `concurrent_process` another business process on the same goods, both
    synchronously. `requests` counts a function's DynamoDB requests by `workflow.state`.
    """

    tables: Tables
    invoke: Callable[[str, Any], Any]
    concurrent_process: Callable[[], None]
    requests: dict[str, int] = field(default_factory=dict)
    _trigger: Trigger | None = None
    _start: dict[str, str] = field(default_factory=dict)
    _engine: Engine | None = None
    applied: set[Fault] = field(default_factory=set)

    def start_at(self, trigger: Trigger, machine: str, request: dict[str, Any], engine: Engine) -> None:
        """Start `machine` with the request at the trigger, and let it run for a second."""
        self._trigger, self._engine = trigger, engine
        self._start = {
            "stateMachineArn": machine,
            "name": execution_name(request),
            "input": json.dumps(request),
        }

    def end_faults(self) -> None:
        """End the faults that have occurred; those still to come stay."""
        self.faults = tuple(fault for fault in self.faults if fault not in self.applied)

    async def __call__(self, call: TaskCall) -> Any:
        trigger = self._trigger
        if trigger is None or (trigger.workflow, trigger.state) != (call.machine_name, call.state_name):
            return await super().__call__(call)
        self._trigger = None
        if not trigger.after:
            await self._start_other(call)
            return await super().__call__(call)
        try:
            return await super().__call__(call)
        finally:
            await self._start_other(call)

    async def _start_other(self, call: TaskCall) -> None:
        assert self._engine is not None
        with suppress(ApiError):  # already started before a crash
            await dispatch(self._engine, "StartExecution", self._start)
        await call.services.sleep(1)

    async def _apply(self, fault: Fault, call: TaskCall) -> Any:
        if not fault.request:
            self.applied.add(fault)
            return await super()._apply(fault, call)
        if "FunctionName" not in call.request.arguments:
            return await call.proceed()  # not a function
        requests, concurrent = 0, None

        def before_request(operation: str, params: dict[str, Any]) -> None:
            nonlocal requests, concurrent
            requests += 1
            if fault.kind == "throttled" and fault.request < requests and fault.times > 1:
                raise throttling_error(operation, requests)
            if requests == fault.request:
                self.applied.add(fault)
                if fault.kind == "throttled":
                    raise throttling_error(operation, requests)
                self.tables.before.remove(before_request)
                concurrent = self._interpose(fault, call)

        self.tables.before.append(before_request)
        try:
            response = await call.proceed()
            if concurrent is not None:
                place = f"{call.machine_name}.{call.state_name}"
                self.responses.append((place, {**response, "Payload": concurrent}, response))
            return response
        except ProcessKilled:
            raise StateError(
                "Runtime.ExitError", "Error: Runtime exited with error: signal: killed"
            ) from None
        finally:
            self.requests[f"{call.machine_name}.{call.state_name}"] = requests
            if before_request in self.tables.before:
                self.tables.before.remove(before_request)

    def _interpose(self, fault: Fault, call: TaskCall) -> Any:
        """Apply a fault between two requests; return the response of a concurrent delivery, None without one."""
        match fault.kind:
            case "process_killed":
                raise ProcessKilled
            case "concurrent_delivery":
                arguments = call.request.arguments
                with suppress(StateError):  # a refusal that the outer delivery gets too
                    return self.invoke(arguments["FunctionName"], arguments["Payload"])
            case "late":
                self._run_unanswered()
            case "concurrent_process":
                self.concurrent_process()
        return None

    def _run_unanswered(self) -> None:
        """Run the first call that got no response, unless it is refused by now."""
        for arguments in (call.request.arguments for call in self.unanswered[:1]):
            if "FunctionName" in arguments:
                with suppress(StateError):
                    self.invoke(arguments["FunctionName"], arguments["Payload"])


# The faults of a task: once, and until the retries are exhausted where that differs.
KINDS: tuple[tuple[Kind, int], ...] = (
    ("fail_before", 1),
    ("fail_after", 1),
    ("time_out_before", 1),
    ("time_out_before", FOREVER),
    ("time_out_after", 1),
    ("time_out_after", FOREVER),
    ("time_out_then_effect", 1),
    ("time_out_then_effect", FOREVER),
    ("throttle", FOREVER),
    ("deliver_twice", 1),
    ("garbage", 1),
)


def task_faults(place: str, first: int = 0) -> list[Fault]:
    """Return every fault of a task (`workflow.state`), from its delivery number `first` on."""
    workflow, _, state = place.partition(".")
    return [Fault(state, kind, times, first, workflow) for kind, times in KINDS]


LATE: tuple[Kind, int] = ("late", 1)
# The faults within a function, before each of its DynamoDB requests.
WITHIN: tuple[tuple[Kind, int], ...] = (
    ("process_killed", 1),
    ("process_killed", FOREVER),
    ("concurrent_delivery", 1),
    ("concurrent_process", 1),
    ("throttled", 1),
    ("throttled", FOREVER),
)
# The codes of throttled requests. DynamoDB refuses reads and writes with the first three, S3 with the last.
DYNAMODB_OPERATIONS = frozenset(
    {"GetItem", "BatchGetItem", "Query", "Scan", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"}
    | {"TransactGetItems", "TransactWriteItems"}
)
THROTTLING_CODES = ("ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded")
S3_THROTTLING_CODE = "SlowDown"


def throttling_error(operation: str, number: int) -> ClientError:
    """Return the error of a client whose request is throttled; `number` selects one of DynamoDB's codes."""
    if operation in DYNAMODB_OPERATIONS:
        code, status = THROTTLING_CODES[number % len(THROTTLING_CODES)], 400
    else:
        code, status = S3_THROTTLING_CODE, 503
    return ClientError(
        {
            "Error": {"Code": code, "Message": "Rate exceeded"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        },
        operation,
    )


def request_faults(place: str, requests: int, kinds: tuple[tuple[Kind, int], ...] = WITHIN) -> list[Fault]:
    """Return every fault within a function that makes this many requests."""
    workflow, _, state = place.partition(".")
    return [
        Fault(state, kind, times, 0, workflow, number)
        for number in range(1, requests + 1)
        for kind, times in kinds
    ]


def format_faults(faults: tuple[Fault, ...]) -> str:
    """Format faults for a command line: `OrderCheckout.PostJournal:time_out_after:*@1,…`.

    `*`: until the retries are exhausted; `@1`: from the second delivery on; `#2`: before the second request.
    """
    return ",".join(
        f"{fault.workflow}.{fault.state}:{fault.kind}"
        + (":*" if fault.times == FOREVER else "")
        + (f"@{fault.first}" if fault.first else "")
        + (f"#{fault.request}" if fault.request else "")
        for fault in faults
    )


def parse_faults(text: str) -> tuple[Fault, ...]:
    """Parse what `format_faults` returns."""
    return tuple(_parse_fault(one) for one in text.split(",") if one)


def _parse_fault(text: str) -> Fault:
    text, _, request = text.partition("#")
    text, _, first = text.partition("@")
    place, _, how = text.partition(":")
    workflow, _, state = place.partition(".")
    kind, _, permanent = how.partition(":")
    assert kind in dict((*KINDS, *WITHIN, LATE)), f"unknown fault kind {kind!r}"
    return Fault(state, kind, FOREVER if permanent else 1, int(first or 0), workflow, int(request or 0))
