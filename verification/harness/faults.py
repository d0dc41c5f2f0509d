"""What can go wrong with a task, from outside: a plan the engine asks before each delivery.

A fault stands between the workflow and the world, so neither the definition nor a handler knows of it.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from stepfunctions_local.errors import StateError
from stepfunctions_local.interpreter.invoker import TaskCall, TaskResult

Kind = Literal[
    "fail_before",
    "fail_after",
    "time_out_before",
    "time_out_after",
    "time_out_then_effect",
    "throttle",
    "deliver_twice",
    "garbage",
    "die",
    "overtaken",
    "late",
    "rival",
]

FOREVER = 1_000_000
LONGEST_LAMBDA = 900

# What a service says when it is busy, by the task's kind; a Lambda's crash is the function's own exception.
THROTTLES = {
    "lambda": "Lambda.TooManyRequestsException",
    "aws-sdk:dynamodb": "DynamoDb.ThrottlingException",
    "dynamodb": "DynamoDB.ThrottlingException",
    "events": "EventBridge.ThrottlingException",
    "states": "StepFunctions.ThrottlingException",
    "aws-sdk:sfn": "Sfn.SfnException",
}


class Crash(StateError):
    """An exception no table of errors knows."""

    def __init__(self) -> None:
        super().__init__(
            "UnforeseenCrash", '{"errorMessage": "it fell over", "errorType": "UnforeseenCrash"}'
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong in `state`, in its deliveries numbered from `first` (0) on, `times` of them.

    fail_*: an exception nobody retries, before or after the effect. time_out_*: no answer within the
    state's time; `time_out_then_effect` has its effect long after, when the workflow has moved on.
    throttle: the service is busy. deliver_twice: the effect is asked for twice. garbage: an answer of
    another shape, with the effect. `workflow` is where the state is, "" for any.

    The others happen within a function, just before its request number `request` (from 1) of the store: die,
    its process is gone; overtaken, the same delivery runs whole; late, what timed out before has its effect; rival,
    another sale of the same goods is made. They need a plan that looks into functions.
    """

    state: str
    kind: Kind
    times: int = 1
    first: int = 0
    workflow: str = ""
    request: int = 0

    def __str__(self) -> str:
        return f"{self.state}:{self.kind}" + ("" if self.times == 1 else ":forever")


@dataclass
class Plan:
    """Faults by state; an invoker for the engine. `late` are effects still to come and `unanswered` what was asked,
    `delivered` counts the deliveries of each `workflow.state`, `answers` are those to two deliveries of one task."""

    faults: tuple[Fault, ...] = ()
    delivered: Counter[str] = field(default_factory=Counter)
    late: list[asyncio.Task[Any]] = field(default_factory=list)
    unanswered: list[TaskCall] = field(default_factory=list)
    answers: list[tuple[str, Any, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> "Plan":
        return cls(tuple(faults))

    async def __call__(self, call: TaskCall) -> Any:
        place = f"{call.machine_name}.{call.state_name}"
        number = self.delivered[place]
        self.delivered[place] += 1
        for fault in self.faults:
            here = fault.state == call.state_name and fault.workflow in ("", call.machine_name)
            if here and fault.first <= number < fault.first + fault.times:
                return await self._befall(fault, call)
        return await call.proceed()

    async def _befall(self, fault: Fault, call: TaskCall) -> Any:
        longer_than_the_state = min(call.request.timeout or 60, LONGEST_LAMBDA) + 1
        match fault.kind:
            case "fail_before":
                raise Crash
            case "fail_after":
                await call.proceed()
                raise Crash
            case "time_out_before":
                await call.services.sleep(longer_than_the_state)
            case "time_out_after":
                await call.proceed()
                await call.services.sleep(longer_than_the_state)
            case "time_out_then_effect":
                self.unanswered.append(call)
                self.late.append(asyncio.ensure_future(_later(call)))
                await call.services.sleep(longer_than_the_state)
            case "throttle":
                raise StateError(THROTTLES[call.integration.resource_type], "Rate exceeded")
            case "deliver_twice":
                first = await call.proceed()
                return await self.again(call, first)
            case "garbage":
                answer = await call.proceed()
                if call.integration.pattern.startswith("sync"):
                    # What was submitted is AWS's own word; what came of it is not.
                    await call.integration.complete(call.request, answer, call.services)
                    return TaskResult({"Output": "garbage"})
                return {"Payload": "garbage"}
        if fault.kind.startswith("time_out"):
            # The state waits for a person longer than any function runs: it is the function that timed out.
            raise StateError("Sandbox.Timedout", "Task timed out after 900.00 seconds")
        return await call.proceed()

    async def again(self, call: TaskCall, first: Any) -> Any:
        """Another delivery of what was answered before."""
        try:
            second = await call.proceed()
        except StateError as refusal:
            self.answers.append((f"{call.machine_name}.{call.state_name}", first, refusal))
            raise
        self.answers.append((f"{call.machine_name}.{call.state_name}", first, second))
        return second


async def _later(call: TaskCall) -> None:
    """The effect, a day after: every retry and compensation of the workflow lies before it."""
    await call.services.sleep(86_400)
    await call.proceed()
