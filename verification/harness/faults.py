"""Faults of a task, injected from outside by a schedule that the engine calls before each delivery.

A fault acts between the workflow and the services; no definition or handler contains a hook for it.
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
    "process_killed",
    "concurrent_delivery",
    "late",
    "concurrent_process",
    "throttled",
]

FOREVER = 1_000_000
LONGEST_LAMBDA = 900

# The error of a throttled call, by the resource of the task.
THROTTLES = {
    "lambda": "Lambda.TooManyRequestsException",
    "aws-sdk:dynamodb": "DynamoDb.ThrottlingException",
    "dynamodb": "DynamoDB.ThrottlingException",
    "events": "EventBridge.ThrottlingException",
    "states": "StepFunctions.ThrottlingException",
    "aws-sdk:sfn": "Sfn.SfnException",
}


class UnforeseenError(StateError):
    """An exception that no Retry and no named Catch handles."""

    def __init__(self) -> None:
        super().__init__(
            "UnforeseenError", '{"errorMessage": "not foreseen", "errorType": "UnforeseenError"}'
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of `state`, in its deliveries numbered from `first` (0) on, `times` of them.

    fail_*: an error that is not retried, before or after the effect. time_out_*: no response within the state's
    timeout; with `time_out_then_effect` the effect happens a day later. throttle: the service refuses the call.
    deliver_twice: the function runs twice. garbage: the response has another shape, after the effect. `workflow` is
    the workflow of the state, "" for any.

    The others act within a function, just before its DynamoDB request number `request` (from 1): process_killed, the
    process ends; concurrent_delivery, the same delivery runs completely; late, an earlier delivery that timed out has
    its effect; concurrent_process, another business process uses the same goods; throttled, AWS refuses the request
    (and with more than one `times`, every later request of each delivery). They need a schedule that observes requests.
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
class FaultSchedule:
    """Faults by state; an invoker for the engine.

    `late` are effects still to come, `unanswered` the calls that got no response, `delivered` counts deliveries by
    `workflow.state`, `responses` are the pairs of responses to two deliveries of one task.
    """

    faults: tuple[Fault, ...] = ()
    delivered: Counter[str] = field(default_factory=Counter)
    late: list[asyncio.Task[Any]] = field(default_factory=list)
    unanswered: list[TaskCall] = field(default_factory=list)
    responses: list[tuple[str, Any, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> "FaultSchedule":
        return cls(tuple(faults))

    async def __call__(self, call: TaskCall) -> Any:
        place = f"{call.machine_name}.{call.state_name}"
        number = self.delivered[place]
        self.delivered[place] += 1
        for fault in self.faults:
            here = fault.state == call.state_name and fault.workflow in ("", call.machine_name)
            if here and fault.first <= number < fault.first + fault.times:
                return await self._apply(fault, call)
        return await call.proceed()

    async def _apply(self, fault: Fault, call: TaskCall) -> Any:
        longer_than_the_state = min(call.request.timeout or 60, LONGEST_LAMBDA) + 1
        match fault.kind:
            case "fail_before":
                raise UnforeseenError
            case "fail_after":
                await call.proceed()
                raise UnforeseenError
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
                return await self.deliver_again(call, first)
            case "garbage":
                response = await call.proceed()
                if call.integration.pattern.startswith("sync"):
                    # The response to the submission comes from AWS; only the output can be malformed.
                    await call.integration.complete(call.request, response, call.services)
                    return TaskResult({"Output": "garbage"})
                return {"Payload": "garbage"}
        if fault.kind.startswith("time_out"):
            # The state waits longer than any function may run: the function itself timed out.
            raise StateError("Sandbox.Timedout", "Task timed out after 900.00 seconds")
        return await call.proceed()

    async def deliver_again(self, call: TaskCall, first: Any) -> Any:
        """Deliver a task again that has had a response."""
        try:
            second = await call.proceed()
        except StateError as refusal:
            self.responses.append((f"{call.machine_name}.{call.state_name}", first, refusal))
            raise
        self.responses.append((f"{call.machine_name}.{call.state_name}", first, second))
        return second


async def _later(call: TaskCall) -> None:
    """Run the call a day later, after every retry and compensation of the workflow."""
    await call.services.sleep(86_400)
    await call.proceed()
