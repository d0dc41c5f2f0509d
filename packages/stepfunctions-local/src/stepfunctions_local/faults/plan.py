"""Fault plans: which delivery of which task fails, and how.

plan = FaultPlan(Fault("Capture", "after_effect"), Fault("Reserve", "throttle", times=2))
with VirtualEngine(services, invoker=plan) as engine: …
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal, get_args

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

_KINDS: tuple[str, ...] = get_args(Kind.__value__)
_DAY_SECONDS = 86_400.0

# The throttling errors of services that do not use ThrottlingException.
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
    """A fault of `state`, in `times` of its deliveries starting with number `first` (from 0).

    before_effect, after_effect: the task fails with `error` before or after the call. time_out_before_effect,
    time_out_after_effect: no response within the state's timeout, without or with the call. late_effect: no response,
    and the call is made a day later. throttle: the service throttles the call. deliver_twice: the call is made twice.
    garbage: the call is made and the response is `result`. Raises ValueError for values that would inject nothing.
    """

    state: str
    kind: Kind
    times: int = 1
    first: int = 0
    error: str = "InjectedFault"
    cause: str = "injected by a fault plan"
    result: Any = "garbage"

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise ValueError(f"kind must be one of {', '.join(_KINDS)}; got {self.kind!r}")
        if self.times < 1:
            raise ValueError(f"times must be at least 1; got {self.times}")
        if self.first < 0:
            raise ValueError(f"first must be at least 0; got {self.first}")


class FaultPlan:
    """An invoker that injects faults. `deliveries` counts them by state; `late` are the delayed calls."""

    def __init__(self, *faults: Fault):
        self.faults = faults
        self.deliveries: Counter[str] = Counter()
        self.late: list[asyncio.Task[None]] = []

    async def __call__(self, call: TaskCall) -> Any:
        number = self.deliveries[call.state_name]
        self.deliveries[call.state_name] += 1
        for fault in self.faults:
            if fault.state == call.state_name and fault.first <= number < fault.first + fault.times:
                return await self._inject(fault, call)
        return await call.proceed()

    def unused(self) -> list[Fault]:
        """Return the faults that no delivery had: their state was not called as often, or there is no such task."""
        return [fault for fault in self.faults if self.deliveries[fault.state] <= fault.first]

    async def _inject(self, fault: Fault, call: TaskCall) -> Any:
        match fault.kind:
            case "before_effect":
                raise StateError(fault.error, fault.cause)
            case "after_effect":
                await call.proceed()
                raise StateError(fault.error, fault.cause)
            case "time_out_before_effect":
                await _no_response(call)
            case "time_out_after_effect":
                await call.proceed()
                await _no_response(call)
            case "late_effect":
                self.late.append(asyncio.ensure_future(_call_later(call)))
                await _no_response(call)
            case "throttle":
                prefix = _prefix(call.integration)
                raise StateError(f"{prefix}.{_THROTTLES.get(prefix, 'ThrottlingException')}", "Rate exceeded")
            case "deliver_twice":
                await call.proceed()
            case "garbage":
                await call.proceed()
                return fault.result
        return await call.proceed()


def _prefix(integration: Integration) -> str:
    """Return the prefix of the integration's error names."""
    if isinstance(integration, OptimisedIntegration):
        return integration.service.error_names.prefix
    if isinstance(integration, SdkIntegration):
        return client_name(integration.service)
    return _PREFIXES.get(integration.resource_type, integration.resource_type)


async def _no_response(call: TaskCall) -> None:
    """Sleep past the state's timeout; without a timeout raise States.Timeout."""
    if call.request.timeout is None:
        raise StateError("States.Timeout")
    await call.services.sleep(call.request.timeout + 1)


async def _call_later(call: TaskCall) -> None:
    await call.services.sleep(_DAY_SECONDS)
    await call.proceed()
