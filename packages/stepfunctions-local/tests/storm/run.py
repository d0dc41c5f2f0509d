"""The storm: load, kills, and the final checks."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .checks import find_violations
from .clients import Clients, deliveries, machine_name
from .kinds import KINDS
from .process import Process

_UP_SECONDS = (0.02, 1.5)
_STARTING_SECONDS = (0.1, 2.0)
# The share of kills that may hit a process before it accepts connections.
_KILLED_STARTING = 0.2
_END_SECONDS = 300


@dataclass(frozen=True)
class Report:
    kills: int
    seconds: float
    accepted: dict[str, int]
    deliveries: int
    delivered_again: int
    violations: list[str]


def storm(
    folder: Path, kills: int, load: int, seed: int, log: Callable[[str], None] = lambda _: None
) -> Report:
    """Kill the engine `kills` times while `load` executions are open, wait for their end, and check them."""
    rng = random.Random(seed)
    process = Process(folder)
    process.start()
    clients = Clients(process, load)
    started = time.monotonic()
    try:
        clients.begin()
        for number in range(1, kills + 1):
            if rng.random() < _KILLED_STARTING:
                time.sleep(rng.uniform(*_STARTING_SECONDS))
            else:
                process.wait_until_up()
                time.sleep(rng.uniform(*_UP_SECONDS))
            process.kill()
            process.start()
            _raise_client_errors(clients)
            if number % 10 == 0 or number == kills:
                accepted = len(clients.executions)
                log(f"{number} kills, {accepted} executions accepted, {accepted - len(clients.open())} ended")
        deadline = time.monotonic() + _END_SECONDS
        # A slow machine accepts few executions between two kills.
        while not all(_accepted(clients).values()) and time.monotonic() < deadline:
            _raise_client_errors(clients)
            time.sleep(0.1)
        clients.closing.set()
        while clients.open() and time.monotonic() < deadline:
            _raise_client_errors(clients)
            time.sleep(0.1)
        violations = [f"{execution.name} has not ended" for execution in clients.open()]
        violations += find_violations(clients.client(), process, clients.executions)
    finally:
        clients.end()
        process.kill()
    counted = Counter(line["key"] for line in deliveries(process))
    return Report(
        kills=kills,
        seconds=time.monotonic() - started,
        accepted=_accepted(clients),
        deliveries=counted.total(),
        delivered_again=counted.total() - len(counted),
        violations=violations,
    )


def _accepted(clients: Clients) -> dict[str, int]:
    """Return how many executions of each kind were accepted."""
    executions = list(clients.executions.items())
    return {
        kind: sum(
            name.startswith(f"{machine_name(kind)}-") and execution.kind is KINDS[kind]
            for name, execution in executions
        )
        for kind in KINDS
    }


def _raise_client_errors(clients: Clients) -> None:
    if clients.errors:
        raise clients.errors[0]
