"""The faults of a case, and what else happens at a moment of it."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from stepfunctions_local.api.dispatch import dispatch
from stepfunctions_local.engine import Engine
from stepfunctions_local.errors import ApiError, StateError
from stepfunctions_local.interpreter.invoker import TaskCall

from verification.harness.faults import FOREVER, Fault, Kind, Plan
from verification.proof.dynamodb import Tables

A_DAY = 90_000
"""Seconds by when what is late has come: it comes a day after it was asked for."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The first delivery of a task, just before it or just after."""

    workflow: str
    state: str
    after: bool = False


class Died(BaseException):
    """The function's process is gone, between two of its requests: nothing in it catches this."""


@dataclass(kw_only=True)
class CasePlan(Plan):
    """Faults that end at `heal`, and one execution started at a moment of another.

    `invoke` runs a function by its ARN, `rival` makes another sale of the same goods, both at once.
    `requests` counts what a function asked of the store, by `workflow.state`.
    """

    tables: Tables
    invoke: Callable[[str, Any], Any]
    rival: Callable[[], None]
    requests: dict[str, int] = field(default_factory=dict)
    _moment: Moment | None = None
    _start: dict[str, str] = field(default_factory=dict)
    _engine: Engine | None = None
    befallen: set[Fault] = field(default_factory=set)

    def meanwhile(self, moment: Moment, machine: str, request: dict[str, Any], engine: Engine) -> None:
        """Start `machine` with the request at the moment, and let it go as far as it gets in a second."""
        self._moment, self._engine = moment, engine
        self._start = {
            "stateMachineArn": machine,
            "name": request["order_id"],
            "input": json.dumps(request),
        }

    def heal(self) -> None:
        """What went wrong is over; what was still to go wrong is not."""
        self.faults = tuple(fault for fault in self.faults if fault not in self.befallen)

    async def __call__(self, call: TaskCall) -> Any:
        moment = self._moment
        if moment is None or (moment.workflow, moment.state) != (call.machine_name, call.state_name):
            return await super().__call__(call)
        self._moment = None
        if not moment.after:
            await self._meanwhile(call)
            return await super().__call__(call)
        try:
            return await super().__call__(call)
        finally:
            await self._meanwhile(call)

    async def _meanwhile(self, call: TaskCall) -> None:
        assert self._engine is not None
        with suppress(ApiError):  # after a crash it had been started before
            await dispatch(self._engine, "StartExecution", self._start)
        await call.services.sleep(1)

    async def _befall(self, fault: Fault, call: TaskCall) -> Any:
        if not fault.request:
            self.befallen.add(fault)
            return await super()._befall(fault, call)
        if "FunctionName" not in call.request.arguments:
            return await call.proceed()  # no function, nothing within
        requests, overtaking = 0, None

        def around_commits(operation: str, params: dict[str, Any]) -> None:
            nonlocal requests, overtaking
            requests += 1
            if requests == fault.request:
                self.befallen.add(fault)
                self.tables.before.remove(around_commits)
                overtaking = self._interpose(fault, call)

        self.tables.before.append(around_commits)
        try:
            answer = await call.proceed()
            if overtaking is not None:
                place = f"{call.machine_name}.{call.state_name}"
                self.answers.append((place, {**answer, "Payload": overtaking}, answer))
            return answer
        except Died:
            raise StateError(
                "Runtime.ExitError", "Error: Runtime exited with error: signal: killed"
            ) from None
        finally:
            self.requests[f"{call.machine_name}.{call.state_name}"] = requests
            if around_commits in self.tables.before:
                self.tables.before.remove(around_commits)

    def _interpose(self, fault: Fault, call: TaskCall) -> Any:
        """What happens in the midst of a delivery: the answer to another of the same, if that is it."""
        match fault.kind:
            case "die":
                raise Died
            case "overtaken":
                arguments = call.request.arguments
                with suppress(StateError):  # refused, as this one will be
                    return self.invoke(arguments["FunctionName"], arguments["Payload"])
            case "late":
                self._answer_late()
            case "rival":
                self.rival()
        return None

    def _answer_late(self) -> None:
        """What was asked of a function and had no answer has its effect, unless it is refused by now."""
        for arguments in (call.request.arguments for call in self.unanswered[:1]):
            if "FunctionName" in arguments:
                with suppress(StateError):
                    self.invoke(arguments["FunctionName"], arguments["Payload"])


# Every way a task can go wrong, once and until the retries run out where that makes a difference.
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


def faults_of(place: str, first: int = 0) -> list[Fault]:
    """Every fault of a task, named `workflow.state`, from its delivery number `first` on."""
    workflow, _, state = place.partition(".")
    return [Fault(state, kind, times, first, workflow) for kind, times in KINDS]


LATE: tuple[Kind, int] = ("late", 1)
# What can happen within a function, before each of its requests of the store, with nothing else wrong.
WITHIN: tuple[tuple[Kind, int], ...] = (("die", 1), ("die", FOREVER), ("overtaken", 1), ("rival", 1))


def faults_within(place: str, requests: int, kinds: tuple[tuple[Kind, int], ...] = WITHIN) -> list[Fault]:
    """Every fault within a function that makes so many requests."""
    workflow, _, state = place.partition(".")
    return [
        Fault(state, kind, times, 0, workflow, number)
        for number in range(1, requests + 1)
        for kind, times in kinds
    ]


def written(faults: tuple[Fault, ...]) -> str:
    """Faults as a command line takes them: `OrderCheckout.PostJournal:time_out_after:*@1,…`.

    `*` is for ever, `@1` from the delivery with that number on, `#2` within it, before its second request.
    """
    return ",".join(
        f"{fault.workflow}.{fault.state}:{fault.kind}"
        + (":*" if fault.times == FOREVER else "")
        + (f"@{fault.first}" if fault.first else "")
        + (f"#{fault.request}" if fault.request else "")
        for fault in faults
    )


def read(text: str) -> tuple[Fault, ...]:
    """The faults that `written` wrote."""
    return tuple(_read(one) for one in text.split(",") if one)


def _read(text: str) -> Fault:
    text, _, request = text.partition("#")
    text, _, first = text.partition("@")
    place, _, how = text.partition(":")
    workflow, _, state = place.partition(".")
    kind, _, forever = how.partition(":")
    assert kind in dict((*KINDS, *WITHIN, LATE)), f"{kind} is no kind of fault"
    return Fault(state, kind, FOREVER if forever else 1, int(first or 0), workflow, int(request or 0))  # type: ignore[arg-type]
