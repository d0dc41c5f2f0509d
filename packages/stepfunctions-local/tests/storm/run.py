"""The storm itself: load, kills, and the reckoning."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .checks import faults
from .clients import Clients, deliveries, machine_name
from .kinds import KINDS
from .process import Process

_UP_SECONDS = (0.02, 1.5)
_STARTING_SECONDS = (0.1, 2.0)
# So many of the kills hit a process that may not have come up yet.
_KILLED_STARTING = 0.2
_END_SECONDS = 120


@dataclass(frozen=True)
class Report:
    kills: int
    seconds: float
    accepted: dict[str, int]
    deliveries: int
    delivered_again: int
    faults: list[str]


def storm(
    folder: Path, kills: int, load: int, seed: int, tell: Callable[[str], None] = lambda _: None
) -> Report:
    """Kill the engine so many times while `load` executions are open, let all end, and check everything."""
    dice = random.Random(seed)
    process = Process(folder)
    process.start()
    clients = Clients(process, load)
    began = time.monotonic()
    try:
        clients.begin()
        for number in range(1, kills + 1):
            if dice.random() < _KILLED_STARTING:
                time.sleep(dice.uniform(*_STARTING_SECONDS))
            else:
                process.wait_until_up()
                time.sleep(dice.uniform(*_UP_SECONDS))
            process.kill()
            process.start()
            _pass_on(clients)
            if number % 10 == 0 or number == kills:
                accepted = len(clients.executions)
                tell(
                    f"{number} kills, {accepted} executions accepted, {accepted - len(clients.open())} ended"
                )
        clients.closing.set()
        deadline = time.monotonic() + _END_SECONDS
        while clients.open() and time.monotonic() < deadline:
            _pass_on(clients)
            time.sleep(0.1)
        found = [f"{execution.name} has not ended" for execution in clients.open()]
        found += faults(clients.client(), process, clients.executions)
    finally:
        clients.end()
        process.kill()
    counted = Counter(line["key"] for line in deliveries(process))
    return Report(
        kills=kills,
        seconds=time.monotonic() - began,
        accepted={
            kind: sum(
                name.startswith(f"{machine_name(kind)}-") and e.kind is KINDS[kind]
                for name, e in clients.executions.items()
            )
            for kind in KINDS
        },
        deliveries=counted.total(),
        delivered_again=counted.total() - len(counted),
        faults=found,
    )


def _pass_on(clients: Clients) -> None:
    if clients.faults:
        raise clients.faults[0]
