"""The AWS/States metrics of executions and of their activity, Lambda and service tasks.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
"""

import asyncio
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..descriptions import billing_details
from ..services import CallFailed, RoleNotAssumable, ServiceError

if TYPE_CHECKING:
    from ..engine import Engine

_log = logging.getLogger(__name__)

NAMESPACE = "AWS/States"
# Values of this many seconds are sent as one datum per metric.
_PERIOD = 1.0
# PutMetricData accepts 1,000 data per call.
_BATCH = 500

_ENDED = {"SUCCEEDED": "Succeeded", "FAILED": "Failed", "TIMED_OUT": "TimedOut", "ABORTED": "Aborted"}
_TASK_EVENT = re.compile(
    r"(Activity|LambdaFunction|Task)(Scheduled|Started|Submitted|Succeeded|TimedOut|\w*Failed)"
)

type Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Family:
    """The metric names of a kind of task, and their dimension."""

    one: str
    many: str
    dimension: str


_FAMILIES = {
    "Activity": _Family("Activity", "Activities", "ActivityArn"),
    "LambdaFunction": _Family("LambdaFunction", "LambdaFunctions", "LambdaFunctionArn"),
    "Task": _Family("ServiceIntegration", "ServiceIntegrations", "ServiceIntegrationResourceArn"),
}


@dataclass(slots=True)
class _OpenTask:
    """A task that has not ended. `limit` is its TimeoutSeconds."""

    target: str
    scheduled: float
    limit: float | None
    started: float | None = None


@dataclass(slots=True)
class _Statistic:
    """A metric's values since the last delivery."""

    unit: str
    count: int
    total: float
    least: float
    most: float

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.least, self.most = min(self.least, value), max(self.most, value)


class MetricDelivery:
    """An observer that writes metrics to the engine's services, which must accept AWS's own namespace."""

    def __init__(self, engine: "Engine"):
        self._engine = engine
        self._pending: dict[tuple[str, Dimensions], _Statistic] = {}
        self._delivering = False
        self._failing = False
        # The open tasks of each execution, by the id of their last event.
        self._open: dict[str, dict[int, _OpenTask]] = {}

    def status_changed(self, row: Mapping[str, Any]) -> None:
        redriven = row.get("redriveCount", 0) > 0
        status = row["status"]
        if status != "RUNNING":
            self._open.pop(row["executionArn"], None)
        for dimensions in _of_execution(row):
            if status == "RUNNING":
                self._add("ExecutionsRedriven" if redriven else "ExecutionsStarted", 1, dimensions)
            elif status in _ENDED:
                self._add(f"Executions{_ENDED[status]}", 1, dimensions)
                if redriven:
                    self._add(f"RedrivenExecutions{_ENDED[status]}", 1, dimensions)
                self._time("ExecutionTime", row["stopDate"] - row["startDate"], dimensions)
        if status in _ENDED and row["type"] == "EXPRESS":
            self._bill(row)

    def _bill(self, row: Mapping[str, Any]) -> None:
        billed = billing_details(row)
        for dimensions in ((), (("StateMachineArn", row["stateMachineArn"]),)):
            duration, memory = billed["billedDurationInMilliseconds"], billed["billedMemoryUsedInMB"]
            self._add("ExpressExecutionBilledDuration", duration, dimensions, "Milliseconds")
            self._add("ExpressExecutionBilledMemory", memory, dimensions, "Megabytes")

    def follows(self, row: Mapping[str, Any]) -> bool:
        return True

    def event(self, row: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        match = _TASK_EVENT.fullmatch(event["type"])
        if match is None:
            return
        family, outcome = _FAMILIES[match[1]], match[2]
        tasks = self._open.setdefault(row["executionArn"], {})
        if outcome == "Scheduled":
            details = next(value for name, value in event.items() if name.endswith("EventDetails"))
            task = _OpenTask(_target(match[1], details), event["timestamp"], details.get("timeoutInSeconds"))
            self._add(f"{family.many}Scheduled", 1, ((family.dimension, task.target),))
        else:
            # A task that was scheduled before a restart of the engine is not tracked.
            open_task = tasks.pop(event["previousEventId"], None)
            if open_task is None:
                return
            task = open_task
            self._task_event(family, outcome, task, event["timestamp"])
        if outcome in ("Scheduled", "Started", "Submitted"):
            tasks[event["id"]] = task

    def _task_event(self, family: _Family, outcome: str, task: _OpenTask, now: float) -> None:
        dimensions = ((family.dimension, task.target),)
        if outcome == "Submitted":
            return
        if outcome == "Started":
            task.started = now
            self._add(f"{family.many}Started", 1, dimensions)
            self._time(f"{family.one}ScheduleTime", now - task.scheduled, dimensions)
            return
        self._add(f"{family.many}{_outcome(family, outcome, task, now)}", 1, dimensions)
        self._time(f"{family.one}Time", now - task.scheduled, dimensions)
        if task.started is not None:
            self._time(f"{family.one}RunTime", now - task.started, dimensions)

    def _time(self, name: str, seconds: float, dimensions: Dimensions) -> None:
        self._add(name, seconds * 1000, dimensions, "Milliseconds")

    def _add(self, name: str, value: float, dimensions: Dimensions, unit: str = "Count") -> None:
        statistic = self._pending.get((name, dimensions))
        if statistic is None:
            self._pending[name, dimensions] = _Statistic(unit, 1, value, value, value)
        else:
            statistic.add(value)
        if not self._delivering:
            self._delivering = True
            self._engine.run_in_background(self._deliver())

    async def _deliver(self) -> None:
        try:
            while self._pending:
                await asyncio.sleep(_PERIOD)
                data = [_datum(*key, statistic) for key, statistic in self._pending.items()]
                self._pending = {}
                for first in range(0, len(data), _BATCH):
                    await self._put(data[first : first + _BATCH])
        finally:
            self._delivering = False

    async def _put(self, data: list[dict[str, Any]]) -> None:
        params = {"Namespace": NAMESPACE, "MetricData": data}
        try:
            await self._engine.external.call("cloudwatch", "PutMetricData", params)
            self._failing = False
        except (ServiceError, CallFailed, RoleNotAssumable) as error:
            if not self._failing:
                _log.warning("Metrics are dropped while CloudWatch fails: %s", error)
            self._failing = True


def _of_execution(row: Mapping[str, Any]) -> Iterator[Dimensions]:
    """Yield the dimensions of the account, the machine, and the version and alias of an execution."""
    machine = ("StateMachineArn", row["stateMachineArn"])
    yield ()
    yield (machine,)
    for name, field in (("Version", "stateMachineVersionArn"), ("Alias", "stateMachineAliasArn")):
        if row.get(field):
            yield (machine, (name, row[field].rpartition(":")[2]))


def _target(kind: str, details: Mapping[str, Any]) -> str:
    if kind == "Task":
        return f"arn:aws:states:::{details['resourceType']}:{details['resource']}"
    return str(details["resource"])


def _outcome(family: _Family, outcome: str, task: _OpenTask, now: float) -> str:
    """Return the metric's suffix of an ended task. Activities distinguish missed heartbeats from timeouts."""
    if outcome.endswith("Failed"):
        return "Failed"
    missed = outcome == "TimedOut" and (task.limit is None or now < task.scheduled + task.limit)
    return "HeartbeatTimedOut" if missed and family.one == "Activity" else outcome


def _datum(name: str, dimensions: Dimensions, statistic: _Statistic) -> dict[str, Any]:
    return {
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions],
        "Unit": statistic.unit,
        "StatisticValues": {
            "SampleCount": statistic.count,
            "Sum": statistic.total,
            "Minimum": statistic.least,
            "Maximum": statistic.most,
        },
    }
