"""CloudWatch metrics in the journal, one entry for each data point."""

from __future__ import annotations

import ast
import contextlib
import time
from collections import defaultdict
from typing import Any

from ministack.services import cloudwatch

from ..journal import Journal, ObservedDict, ObservedList
from .documents import State, copied_stores

_POINTS = "cloudwatch/points"
_METADATA = (
    "alarms", "composite_alarms", "composite_triggers", "alarm_history", "dashboards", "resource_tags",
)  # fmt: skip


def metadata() -> State:
    """Return CloudWatch's state without metrics."""
    return copied_stores(cloudwatch, _METADATA)


def install_metrics(journal: Journal) -> None:
    """Restore metrics, and write every data point to the journal."""
    stored: dict[str, list[tuple[int, Any]]] = defaultdict(list)
    for entry in journal.load(_POINTS):
        stored[str(entry.owner)].append((int(str(entry.key)), entry.value))

    def observed(key: Any, points: list[Any]) -> ObservedList:
        series = cloudwatch._metrics._data.get(key)
        if series is not None:
            series.replace(points)
            return series  # type: ignore[no-any-return]
        series = ObservedList(journal, _POINTS, repr(key))
        series.extend(points)
        return series

    bucket = cloudwatch._metric_bucket

    def observed_bucket(key: Any) -> Any:
        bucket(key)
        return cloudwatch._metrics[key]

    cloudwatch._metric_bucket = observed_bucket
    # MiniStack drops old points at each request, which reads every point: `drop_old_points` does at intervals.
    cloudwatch._evict_old_metrics = lambda: None
    cloudwatch._evaluate_all_alarms = _evaluate_measured_alarms
    cloudwatch._metrics._data = ObservedDict(
        (
            (ast.literal_eval(key), ObservedList(journal, _POINTS, key, numbered))
            for key, numbered in stored.items()
        ),
        convert=observed,
        on_delete=lambda key, _: journal.delete_owner(_POINTS, repr(key)),
    )


def _evaluate_measured_alarms() -> None:
    """Evaluate the alarms whose metrics have points: MiniStack reads the names of all metrics for each other one."""
    measured = {(namespace, name) for namespace, name, _ in cloudwatch._metrics}
    for alarm in cloudwatch._alarms.values():
        if (alarm.get("Namespace"), alarm.get("MetricName")) in measured:
            with contextlib.suppress(Exception):  # a request succeeds whatever an alarm makes of it
                cloudwatch._evaluate_alarm(alarm)


def drop_old_points() -> None:
    """Delete the data points of all accounts and regions that are older than MiniStack keeps them."""
    oldest = time.time() - cloudwatch.TWO_WEEKS_SECONDS
    metrics = cloudwatch._metrics._data
    for key, points in list(metrics.items()):
        recent = [point for point in points if point["Timestamp"] >= oldest]
        if not recent:
            del metrics[key]
        elif len(recent) < len(points):
            metrics[key] = recent
