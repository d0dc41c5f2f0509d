"""Gradual deployments of state machine aliases."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.ministack.cloudformation.traffic_shift import shift_traffic

OLD, NEW = "machine:1", "machine:2"
CURRENT = [{"stateMachineVersionArn": OLD, "weight": 100}]


def deploy(preference: dict[str, Any], alarm_after: float | None = None) -> list[Any]:
    """Return the weights of the new version and the waits between them, in minutes."""
    log: list[Any] = []
    elapsed = 0.0

    def route(routes: list[dict[str, Any]]) -> None:
        log.append(sum(entry["weight"] for entry in routes if entry["stateMachineVersionArn"] == NEW))
        assert sum(entry["weight"] for entry in routes) == 100

    def wait(seconds: float) -> None:
        nonlocal elapsed
        elapsed += seconds
        log.append(f"{elapsed / 60:g} min")

    def alarm(name: str) -> str:
        return "ALARM" if alarm_after is not None and elapsed >= alarm_after else "OK"

    try:
        shift_traffic(CURRENT, {"StateMachineVersionArn": NEW} | preference, route, alarm, wait=wait)
    except ValueError as error:
        log.append(str(error))
    return log


def test_all_at_once_shifts_at_once() -> None:
    assert deploy({"Type": "ALL_AT_ONCE"}) == [100]


def test_canary_shifts_a_percentage_first() -> None:
    assert deploy({"Type": "CANARY", "Percentage": "10", "Interval": "5"}) == [10, "5 min", 100]


def test_linear_shifts_in_equal_steps() -> None:
    preference = {"Type": "LINEAR", "Percentage": 40, "Interval": 1}
    assert deploy(preference) == [40, "1 min", 80, "2 min", 100]


def test_alarm_restores_the_previous_version() -> None:
    preference = {"Type": "CANARY", "Percentage": 10, "Interval": 5, "Alarms": ["errors"]}
    log = deploy(preference, alarm_after=2)
    assert log[0] == 10
    assert log[-2:] == [0, "The deployment was rolled back because alarm errors is in state ALARM."]


def test_unknown_type_is_an_error() -> None:
    with pytest.raises(ValueError, match="Type must be"):
        shift_traffic(
            CURRENT, {"StateMachineVersionArn": NEW, "Type": "SLOW"}, lambda _: None, lambda _: None
        )
