"""Take the figures of an engine that runs."""

import statistics
import threading
import time

from benchmarks.comparison.definitions import LOOP, MAP, THREE_PASS, WAIT, WAITED_SECONDS, Json
from benchmarks.comparison.server import MAX_SECONDS, Server, Unreached

CLIENTS = 8


class Measurements:
    """The measurements of each figure, and the reasons for missing ones."""

    def __init__(self) -> None:
        self.slices: dict[str, list[float]] = {}
        self.unreached: dict[str, str] = {}

    def add(self, **figures: float) -> None:
        for name, figure in figures.items():
            self.slices.setdefault(name, []).append(figure)

    def figures(self) -> Json:
        reached = {name: statistics.median(slices) for name, slices in self.slices.items()}
        return reached | ({"unreached": self.unreached} if self.unreached else {})


def latency(server: Server, measurements: Measurements, name: str, definition: Json, rounds: int) -> None:
    client = server.connect()
    machine = client.create(f"{name}-latency", definition)
    for number in range(rounds + 2):
        began = time.perf_counter()
        client.finish(client.start(machine))
        if number >= 2:
            measurements.add(**{f"{name}_ms": (time.perf_counter() - began) * 1000})


def throughput(server: Server, measurements: Measurements, name: str, definition: Json, total: int) -> None:
    """Measure executions per second with several clients, by the clock and by the server's processor time.

    Each client starts its share and then polls each execution. Most have ended by then, so the duration of one
    execution and early polls do not count.
    """
    machine = server.connect().create(f"{name}-throughput", definition)
    faults: list[Exception] = []

    def work() -> None:
        try:
            client = server.connect()
            for arn in [client.start(machine) for _ in range(total // CLIENTS)]:
                client.finish(arn, pause=0.05)
        except (Unreached, OSError) as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    began, used = time.perf_counter(), server.processor_seconds()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise Unreached(str(faults[0]))
    took, used = time.perf_counter() - began, server.processor_seconds() - used
    measurements.add(**{f"{name}_per_s": total / took, f"{name}_per_s_core": total / used})


def map_of_many(server: Server, measurements: Measurements) -> None:
    client = server.connect()
    machine = client.create("map", MAP)
    began, used = time.perf_counter(), server.processor_seconds()
    client.finish(client.start(machine, {"items": list(range(1000))}), pause=0.005)
    measurements.add(map_s=time.perf_counter() - began, map_s_core=server.processor_seconds() - used)


def waiting(server: Server, measurements: Measurements, count: int) -> None:
    client = server.connect()
    machine = client.create("wait", WAIT)
    used = server.processor_seconds()
    for _ in range(count):
        client.start(machine)
    due = time.perf_counter() + WAITED_SECONDS
    time.sleep(WAITED_SECONDS)
    while client.running(machine):
        if time.perf_counter() > due + MAX_SECONDS:
            raise Unreached("timeout")
        time.sleep(0.001)
    measurements.add(
        waiting_ms=(time.perf_counter() - due) * 1000, waiting_s_core=server.processor_seconds() - used
    )


def history(server: Server, measurements: Measurements, turns: int, figure: str) -> None:
    client = server.connect()
    machine = client.create("loop", LOOP)
    used = server.processor_seconds()
    client.finish(client.start(machine, {"n": turns}), pause=0.05)
    measurements.add(**{figure: (server.processor_seconds() - used) * 1e6 / (turns * 2)})


def memory(server: Server, measurements: Measurements, more: int, executions: str) -> None:
    machine = server.connect().create("executions", THREE_PASS)

    def work() -> None:
        client = server.connect()
        for arn in [client.start(machine) for _ in range(more // CLIENTS)][-1:]:
            client.finish(arn)

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    measurements.add(**{f"memory_{executions}_mb": server.megabytes()})
