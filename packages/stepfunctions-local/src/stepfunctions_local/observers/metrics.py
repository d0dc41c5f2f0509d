"""The AWS/States metrics of executions, and of the tasks they give to activities, functions and services.

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
# What happens within so many seconds goes out as one datum a metric.
_PERIOD = 1.0
# PutMetricData takes a thousand a call.
_BATCH = 500

_ENDED = {"SUCCEEDED": "Succeeded", "FAILED": "Failed", "TIMED_OUT": "TimedOut", "ABORTED": "Aborted"}
_TASK_EVENT = re.compile(
    r"(Activity|LambdaFunction|Task)(Scheduled|Started|Submitted|Succeeded|TimedOut|\w*Failed)"
)

type Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Family:
    """How the metrics of a kind of task are called, and the dimension they have."""

    one: str
    many: str
    dimension: str


_FAMILIES = {
    "Activity": _Family("Activity", "Activities", "ActivityArn"),
    "LambdaFunction": _Family("LambdaFunction", "LambdaFunctions", "LambdaFunctionArn"),
    "Task": _Family("ServiceIntegration", "ServiceIntegrations", "ServiceIntegrationResourceArn"),
}


@dataclass(slots=True)
class _Work:
    """A task that is not closed yet. `limit` is its TimeoutSeconds."""

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
    """An observer that writes to the CloudWatch of the engine's services, which must let it use AWS's namespace."""

    def __init__(self, engine: "Engine"):
        self._engine = engine
        self._waiting: dict[tuple[str, Dimensions], _Statistic] = {}
        self._delivering = False
        self._failing = False
        # Of each execution, its open tasks by the id of the event the next one about them follows from.
        self._open: dict[str, dict[int, _Work]] = {}

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
        family, what = _FAMILIES[match[1]], match[2]
        tasks = self._open.setdefault(row["executionArn"], {})
        if what == "Scheduled":
            details = next(value for name, value in event.items() if name.endswith("EventDetails"))
            work = _Work(_target(match[1], details), event["timestamp"], details.get("timeoutInSeconds"))
            self._add(f"{family.many}Scheduled", 1, ((family.dimension, work.target),))
        else:
            # One scheduled before the engine was started anew is not followed.
            followed = tasks.pop(event["previousEventId"], None)
            if followed is None:
                return
            work = followed
            self._went_on(family, what, work, event["timestamp"])
        if what in ("Scheduled", "Started", "Submitted"):
            tasks[event["id"]] = work

    def _went_on(self, family: _Family, what: str, work: _Work, now: float) -> None:
        dimensions = ((family.dimension, work.target),)
        if what == "Submitted":
            return
        if what == "Started":
            work.started = now
            self._add(f"{family.many}Started", 1, dimensions)
            self._time(f"{family.one}ScheduleTime", now - work.scheduled, dimensions)
            return
        self._add(f"{family.many}{_outcome(family, what, work, now)}", 1, dimensions)
        self._time(f"{family.one}Time", now - work.scheduled, dimensions)
        if work.started is not None:
            self._time(f"{family.one}RunTime", now - work.started, dimensions)

    def _time(self, name: str, seconds: float, dimensions: Dimensions) -> None:
        self._add(name, seconds * 1000, dimensions, "Milliseconds")

    def _add(self, name: str, value: float, dimensions: Dimensions, unit: str = "Count") -> None:
        statistic = self._waiting.get((name, dimensions))
        if statistic is None:
            self._waiting[name, dimensions] = _Statistic(unit, 1, value, value, value)
        else:
            statistic.add(value)
        if not self._delivering:
            self._delivering = True
            self._engine.run_in_background(self._deliver())

    async def _deliver(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(_PERIOD)
                data = [_datum(*key, statistic) for key, statistic in self._waiting.items()]
                self._waiting = {}
                for first in range(0, len(data), _BATCH):
                    await self._put(data[first : first + _BATCH])
        finally:
            self._delivering = False

    async def _put(self, data: list[dict[str, Any]]) -> None:
        asked = {"Namespace": NAMESPACE, "MetricData": data}
        try:
            await self._engine.external.call("cloudwatch", "PutMetricData", asked)
            self._failing = False
        except (ServiceError, CallFailed, RoleNotAssumable) as error:
            if not self._failing:
                _log.warning("Metrics are lost until CloudWatch takes them: %s", error)
            self._failing = True


def _of_execution(row: Mapping[str, Any]) -> Iterator[Dimensions]:
    """The account's metrics, the machine's, and those of the version and the alias it was started by."""
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


def _outcome(family: _Family, what: str, work: _Work, now: float) -> str:
    """What the metric of a closed task is called after. Time-outs of activities tell a missed heartbeat apart."""
    if what.endswith("Failed"):
        return "Failed"
    missed = what == "TimedOut" and (work.limit is None or now < work.scheduled + work.limit)
    return "HeartbeatTimedOut" if missed and family.one == "Activity" else what


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
