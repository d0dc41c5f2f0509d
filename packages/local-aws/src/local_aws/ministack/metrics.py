"""CloudWatch metrics in the journal, one entry for each data point."""

from __future__ import annotations

import ast
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
            return series.replaced_by(points)  # type: ignore[no-any-return]
        series = ObservedList(journal, _POINTS, repr(key))
        series.extend(points)
        return series

    bucket = cloudwatch._metric_bucket

    def observed_bucket(key: Any) -> Any:
        bucket(key)
        return cloudwatch._metrics[key]

    cloudwatch._metric_bucket = observed_bucket
    cloudwatch._metrics._data = ObservedDict(
        (
            (ast.literal_eval(key), ObservedList(journal, _POINTS, key, numbered))
            for key, numbered in stored.items()
        ),
        convert=observed,
        on_delete=lambda key, _: journal.delete_owner(_POINTS, repr(key)),
    )
