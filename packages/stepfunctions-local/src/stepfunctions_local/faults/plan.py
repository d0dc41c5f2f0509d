"""A plan of what goes wrong: which task, in which of its deliveries, before or after its effect.

plan = FaultPlan(Fault("Capture", "after_effect"), Fault("Reserve", "throttle", times=2))
with VirtualEngine(services, invoker=plan) as engine: …
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import StateError
from ..integrations import Integration
from ..integrations.optimised import OptimisedIntegration
from ..integrations.sdk import SdkIntegration
from ..integrations.service_errors import client_name
from ..interpreter.invoker import TaskCall

type Kind = Literal[
    "before_effect",
    "after_effect",
    "time_out_before_effect",
    "time_out_after_effect",
    "late_effect",
    "throttle",
    "deliver_twice",
    "garbage",
]

FOREVER = 1_000_000_000
_A_DAY = 86_400.0

# How a service says that it is busy, where that is not ThrottlingException.
_THROTTLES = {
    "Lambda": "TooManyRequestsException",
    "SQS": "RequestThrottledException",
    "Sqs": "RequestThrottledException",
    "SNS": "ThrottledException",
    "Sns": "ThrottledException",
}
_PREFIXES = {"lambda": "Lambda", "states": "StepFunctions", "apigateway": "ApiGateway"}


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with `state`, in `times` of its deliveries from the `first` (0) on.

    before_effect, after_effect: it fails with `error` before or after the call was made. time_out_*: no answer within
    the state's time, the call not made or made. late_effect: no answer, and the call is made a day later.
    throttle: the service is busy. deliver_twice: the call is made twice. garbage: the call is made, the answer is
    `answer`.
    """

    state: str
    kind: Kind
    times: int = 1
    first: int = 0
    error: str = "InjectedFault"
    cause: str = "a fault plan said so"
    answer: Any = "garbage"


class FaultPlan:
    """Faults as an engine's invoker. `deliveries` counts each state's; `late` are calls still to be made."""

    def __init__(self, *faults: Fault):
        self.faults = faults
        self.deliveries: Counter[str] = Counter()
        self.late: list[asyncio.Task[None]] = []

    async def __call__(self, call: TaskCall) -> Any:
        number = self.deliveries[call.state_name]
        self.deliveries[call.state_name] += 1
        for fault in self.faults:
            if fault.state == call.state_name and fault.first <= number < fault.first + fault.times:
                return await self._befall(fault, call)
        return await call.proceed()

    async def _befall(self, fault: Fault, call: TaskCall) -> Any:
        match fault.kind:
            case "before_effect":
                raise StateError(fault.error, fault.cause)
            case "after_effect":
                await call.proceed()
                raise StateError(fault.error, fault.cause)
            case "time_out_before_effect":
                await _silence(call)
            case "time_out_after_effect":
                await call.proceed()
                await _silence(call)
            case "late_effect":
                self.late.append(asyncio.ensure_future(_later(call)))
                await _silence(call)
            case "throttle":
                prefix = _prefix(call.integration)
                raise StateError(f"{prefix}.{_THROTTLES.get(prefix, 'ThrottlingException')}", "Rate exceeded")
            case "deliver_twice":
                await call.proceed()
            case "garbage":
                await call.proceed()
                return fault.answer
        return await call.proceed()


def _prefix(integration: Integration) -> str:
    """What the names of the integration's errors begin with."""
    if isinstance(integration, OptimisedIntegration):
        return integration.service.dialect.prefix
    if isinstance(integration, SdkIntegration):
        return client_name(integration.service)
    return _PREFIXES.get(integration.resource_type, integration.resource_type)


async def _silence(call: TaskCall) -> None:
    """Say nothing for longer than the state waits; where it waits for ever, report the time-out oneself."""
    if call.request.timeout is None:
        raise StateError("States.Timeout")
    await call.services.sleep(call.request.timeout + 1)


async def _later(call: TaskCall) -> None:
    await call.services.sleep(_A_DAY)
    await call.proceed()
