"""Compare this engine with moto's and MiniStack's over HTTP, each in its own process.

    python -m benchmarks.engines [--json] [--only embedded] [--quick]

pass       three Pass states: milliseconds from StartExecution to a DescribeExecution that says SUCCEEDED, the median;
           with eight clients at once, executions a second, and a second of the server's processor time (per core:
           the clients, which share the machine, do not count).
saga       ten states, three of them Lambda tasks that return immediately: the same three figures.
map        a Map of 1,000 items with one Pass state each: seconds, and seconds of the server's processor.
waiting    1,000 executions that wait two seconds: milliseconds from the last due time until all have ended; and the
           server's processor time from the first start on.
history    microseconds of the server's processor per state in a loop of 500 turns, and of 5,000.
cold       seconds from the start of the process to its first response, the minimum of three.
memory     resident megabytes after all of the above, after 1,000 more executions, and after 10,000.

Measurements of the engines alternate, so that other load on the machine affects all of them; the figure is the median.
This engine is durable (a file, group commits); the others keep nothing. A figure that is not reached in two minutes is
a dash. The client is a bare socket, so that no SDK's cost is counted. `times` compares this engine with the better of
the others.
"""

import argparse
import contextlib
import json
import sys
from collections.abc import Callable

from benchmarks.comparison.definitions import SAGA, THREE_PASS, Json
from benchmarks.comparison.engines import SERVE
from benchmarks.comparison.figures import (
    Measurements,
    history,
    latency,
    map_of_many,
    memory,
    throughput,
    waiting,
)
from benchmarks.comparison.server import Server, Unreached
from benchmarks.comparison.table import table


def cold(name: str) -> float:
    with Server(name) as server:
        return server.cold


def measure(names: list[str], quick: bool, log: Callable[[str], None]) -> list[Json]:
    """Measure all figures of all engines, alternating between them."""
    measurements = {name: Measurements() for name in names}
    for name in names:
        log(f"cold start of {name}")
        measurements[name].add(cold_s=min(cold(name) for _ in range(1 if quick else 3)))
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(Server(name)) for name in names}

        def each(figure: str, slices: int, take: Callable[[Server, Measurements], None]) -> None:
            log(figure)
            for _ in range(slices):
                for name, server in servers.items():
                    if figure in measurements[name].unreached:
                        continue
                    try:
                        take(server, measurements[name])
                    except (Unreached, OSError) as fault:
                        measurements[name].unreached[figure] = str(fault)[:200]

        slices = 2 if quick else 8
        own = {"embedded": 10}

        def sized(small: int) -> Callable[[Server], int]:
            return lambda server: small * own.get(server.name, 1)

        few, many, sagas = sized(5), sized(400), sized(160)
        each("pass latency", slices, lambda s, t: latency(s, t, "pass", THREE_PASS, few(s)))
        each("saga latency", slices, lambda s, t: latency(s, t, "saga", SAGA, few(s)))
        each("pass throughput", slices, lambda s, t: throughput(s, t, "pass", THREE_PASS, many(s)))
        each("saga throughput", slices, lambda s, t: throughput(s, t, "saga", SAGA, sagas(s)))
        each("map", 1 if quick else 3, map_of_many)
        each("waiting", 1 if quick else 2, lambda s, t: waiting(s, t, 100 if quick else 1000))
        each("history of 500 turns", 1 if quick else 3, lambda s, t: history(s, t, 500, "state_us"))
        each("history of 5,000 turns", 1, lambda s, t: history(s, t, 5000, "state_late_us"))
        each("memory at first", 1, lambda s, t: memory(s, t, 8, "first"))
        each("memory", 1, lambda s, t: memory(s, t, 1000, "1000"))
        if not quick:
            each("memory of 10,000", 1, lambda s, t: memory(s, t, 9000, "10000"))
    return [{"engine": name, **measurements[name].figures()} for name in names]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="Print JSON.")
    parser.add_argument("--quick", action="store_true", help="Fewer rounds.")
    parser.add_argument("--only", action="append", choices=list(SERVE), help="Engine to measure.")
    arguments = parser.parse_args()

    def log(step: str) -> None:
        sys.stderr.write(f"{step} …\n")

    results = measure(arguments.only or list(SERVE), arguments.quick, log)
    print(json.dumps(results, indent=2) if arguments.json else table(results))


if __name__ == "__main__":
    main()
