"""Gradual deployments of state machine aliases: shift executions to a new version, back if an alarm is raised."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

type Routes = list[dict[str, Any]]

_ALARM_POLL_SECONDS = 1.0


def shift_traffic(
    current: Routes,
    preference: dict[str, Any],
    route: Callable[[Routes], None],
    alarm_state: Callable[[str], str | None],
    *,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Shift an alias to the version of a DeploymentPreference.

    ALL_AT_ONCE shifts at once, CANARY a percentage first, LINEAR in equal steps; Interval is in minutes. If one of
    the alarms is in state ALARM during the deployment, restore the current routes and raise ValueError.
    """
    version = preference["StateMachineVersionArn"]
    previous = max(current, key=lambda entry: int(entry["weight"]))["stateMachineVersionArn"]
    alarms = [str(alarm) for alarm in preference.get("Alarms") or ()]
    interval = 60.0 * int(preference.get("Interval", 0))
    steps = list(_weights(preference)) if version != previous else [100]
    for position, weight in enumerate(steps):
        route(_split(version, previous, weight))
        seconds = interval if position < len(steps) - 1 else 0.0
        if raised := _wait_for_alarm(alarms, seconds, alarm_state, wait):
            route(current)
            raise ValueError(f"The deployment was rolled back because alarm {raised} is in state ALARM.")


def _weights(preference: dict[str, Any]) -> Iterator[int]:
    percentage = int(preference.get("Percentage", 100))
    match preference["Type"]:
        case "ALL_AT_ONCE":
            yield 100
        case "CANARY":
            yield percentage
            yield 100
        case "LINEAR":
            yield from (*range(percentage, 100, percentage), 100)
        case other:
            raise ValueError(f"Type must be ALL_AT_ONCE, CANARY or LINEAR; got {other}.")


def _split(version: str, previous: str, weight: int) -> Routes:
    routes = [{"stateMachineVersionArn": version, "weight": weight}]
    if weight < 100:
        routes.append({"stateMachineVersionArn": previous, "weight": 100 - weight})
    return routes


def _wait_for_alarm(
    alarms: list[str],
    seconds: float,
    alarm_state: Callable[[str], str | None],
    wait: Callable[[float], None],
) -> str | None:
    """Wait and return the first alarm that is raised meanwhile; None if there is none."""
    while True:
        for alarm in alarms:
            if alarm_state(alarm) == "ALARM":
                return alarm
        if seconds <= 0:
            return None
        pause = min(seconds, _ALARM_POLL_SECONDS if alarms else seconds)
        wait(pause)
        seconds -= pause
