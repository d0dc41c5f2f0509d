"""Data points of CloudWatch metrics: when old ones are dropped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ministack.services import cloudwatch

from local_aws.journal import Journal
from local_aws.ministack.metrics import drop_old_points, install_metrics

_NEW = ("000000000000", "us-east-1", ("Shop", "Orders", ()))
_OLD = ("000000000000", "eu-west-1", ("Shop", "Returns", ()))
_OTHER = ("000000000000", "us-east-1", ("Shop", "Refunds", ()))


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    for name in ("_metric_bucket", "_evict_old_metrics", "_evaluate_all_alarms"):
        monkeypatch.setattr(cloudwatch, name, getattr(cloudwatch, name))
    monkeypatch.setattr(cloudwatch._metrics, "_data", {})
    journal = Journal(tmp_path / "journal")
    install_metrics(journal)
    yield journal
    journal.close()


def _point(age: float) -> dict[str, float]:
    return {"Timestamp": time.time() - age, "Value": 1.0}


def test_old_points_are_dropped_in_every_region_and_from_the_journal(journal: Journal) -> None:
    metrics, too_old = cloudwatch._metrics._data, cloudwatch.TWO_WEEKS_SECONDS + 60
    recent = _point(60)
    metrics[_NEW] = [_point(too_old), recent]
    metrics[_OLD] = [_point(too_old)]
    drop_old_points()
    assert metrics == {_NEW: [recent]}
    assert [entry.value for entry in journal.load("cloudwatch/points")] == [recent]


def _put(name: str) -> None:
    body = f"Action=PutMetricData&Namespace=Shop&MetricData.member.1.MetricName={name}&MetricData.member.1.Value=1"
    request = cloudwatch.handle_request("POST", "/", {}, body.encode(), {})
    assert asyncio.run(request)[0] == 200


@pytest.mark.usefixtures("journal")
def test_alarms_of_metrics_without_points_are_not_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    alarms = {
        name: {
            "AlarmName": name, "Namespace": "Shop", "MetricName": name, "Threshold": 0, "StateValue": "OK",
            "ComparisonOperator": "GreaterThanThreshold", "Statistic": "Sum",
        }
        for name in ("Orders", "Returns")
    }  # fmt: skip
    evaluated = []
    evaluate = cloudwatch._evaluate_alarm
    monkeypatch.setattr(cloudwatch._alarms, "_data", {})
    monkeypatch.setattr(
        cloudwatch, "_evaluate_alarm", lambda alarm: evaluated.append(alarm["AlarmName"]) or evaluate(alarm)
    )
    for name, alarm in alarms.items():
        cloudwatch._alarms[name] = alarm
    _put("Orders")
    assert evaluated == ["Orders"]
    assert [alarm["StateValue"] for alarm in alarms.values()] == ["ALARM", "OK"]


@pytest.mark.usefixtures("journal")
def test_a_request_does_not_read_the_points_of_other_metrics() -> None:
    class Unreadable(list[object]):
        def __iter__(self) -> Iterator[object]:
            raise AssertionError("a request for other metrics read these points")

    dict.__setitem__(cloudwatch._metrics._data, _OTHER, Unreadable())
    _put("Orders")
