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
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

ROLE = "arn:aws:iam::000000000000:role/bench"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:stub"
MAX_SECONDS = 120.0
CLIENTS = 8

Json = dict[str, Any]


def chain(*states: tuple[str, Json]) -> Json:
    names = [name for name, _ in states]
    bodies = {
        name: {
            **body,
            **({"Next": following} if following else {} if body["Type"] in ("Succeed",) else {"End": True}),
        }
        for (name, body), following in zip(states, [*names[1:], None], strict=True)
    }
    return {"StartAt": names[0], "States": bodies}


PASS: Json = {"Type": "Pass"}
TASK: Json = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": FUNCTION, "Payload": {"order.$": "$.order"}},
    "ResultPath": None,
    "TimeoutSeconds": 30,
    "Retry": [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 2}],
}
THREE_PASS = chain(("A", PASS), ("B", PASS), ("C", PASS))
SAGA = chain(
    ("Price", TASK),
    ("Order", PASS),
    ("Check", PASS),
    ("Reserve", TASK),
    ("Draft", PASS),
    ("Authorise", PASS),
    ("Capture", TASK),
    ("Commit", PASS),
    ("Announce", PASS),
    ("Done", {"Type": "Succeed"}),
)
MAP = chain(
    (
        "Each",
        {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **chain(("P", PASS))},
        },
    )
)
WAITED_SECONDS = 2
WAIT = chain(("W", {"Type": "Wait", "Seconds": WAITED_SECONDS}))
LOOP: Json = {
    "StartAt": "Count",
    "States": {
        "Count": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, -1)"}, "Next": "More"},
        "More": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericGreaterThan": 0, "Next": "Count"}],
            "Default": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}


class Unreached(Exception):
    """A measurement that failed or took too long."""


@dataclass
class Server:
    """One engine's process, and connections to it."""

    name: str
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="bench-")))
    port: int = 0
    cold: float = 0.0

    def __enter__(self) -> Self:
        began = time.perf_counter()
        command = [sys.executable, "-m", "benchmarks.engines", "--serve", self.name, str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("port "):
                self.port = int(line.split()[1])
                break
        while True:
            try:
                self.connect().call("ListStateMachines")
                break
            except OSError:
                if self.process.poll() is not None:
                    raise Unreached(f"{self.name} did not start") from None
                time.sleep(0.02)
        self.cold = time.perf_counter() - began
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self) -> "Client":
        return Client(self.port)

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> float:
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Client:
    """A bare connection to the API."""

    _HEAD = (
        "POST / HTTP/1.1\r\nHost: states.us-east-1.amazonaws.com\r\nContent-Type: application/x-amz-json-1.0\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/states/aws4_request, SignedHeaders=host, "
        "Signature=0\r\nX-Amz-Target: AWSStepFunctions.%s\r\nContent-Length: %d\r\n\r\n"
    )

    def __init__(self, port: int):
        self._port = port
        self._socket: socket.socket | None = None

    def call(self, operation: str, **params: object) -> Json:
        body = json.dumps(params).encode()
        request = (self._HEAD % (operation, len(body))).encode() + body
        status, response = self._exchange(request)
        if status != 200:
            raise Unreached(f"{operation}: {response[:300]!r}")
        return json.loads(response or b"{}")

    def _exchange(self, request: bytes) -> tuple[int, bytes]:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=MAX_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        lowered = head.lower()
        length = int(lowered.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        while len(body) < length:
            body += self._more()
        if head.startswith(b"HTTP/1.0") or b"connection: close" in lowered:
            self._socket.close()
            self._socket = None
        return int(head[9:12]), body

    def _more(self) -> bytes:
        assert self._socket is not None
        more = self._socket.recv(65536)
        if not more:
            raise ConnectionResetError("the server hung up")
        return more

    def create(self, name: str, definition: Json) -> str:
        return self.call("CreateStateMachine", name=name, definition=json.dumps(definition), roleArn=ROLE)[
            "stateMachineArn"
        ]

    def start(self, machine: str, given: Json | None = None) -> str:
        text = json.dumps(given or {"order": "1"})
        name = uuid.uuid4().hex
        return self.call("StartExecution", stateMachineArn=machine, input=text, name=name)["executionArn"]

    def finish(self, execution: str, pause: float = 0.0) -> None:
        """Poll an execution until it has succeeded, first after `pause` seconds. Raises Unreached."""
        until = time.perf_counter() + MAX_SECONDS
        while time.perf_counter() < until:
            status = self.call("DescribeExecution", executionArn=execution)["status"]
            if status == "SUCCEEDED":
                return
            if status != "RUNNING":
                raise Unreached(status)
            time.sleep(pause)
            pause = min(pause + 0.0005, 0.05)
        raise Unreached("timeout")

    def running(self, machine: str) -> bool:
        found = self.call("ListExecutions", stateMachineArn=machine, statusFilter="RUNNING", maxResults=1)
        return bool(found["executions"])


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


def serve(name: str, folder: Path) -> None:
    """Run one of the engines: print the port and serve until killed."""
    {"embedded": _serve_embedded, "moto": _serve_moto, "ministack": _serve_ministack}[name](folder)


def _serve_embedded(folder: Path) -> None:
    import asyncio

    import uvloop

    from stepfunctions_local.api.server import serve as serve_api
    from stepfunctions_local.engine import Engine
    from stepfunctions_local.observers.logs import LogDelivery
    from stepfunctions_local.storage.store import Store
    from stepfunctions_local.testing import FakeServices

    async def run() -> None:
        engine = Engine(Store(folder / "states.db"), FakeServices({"stub": lambda _: {}}))
        engine.observers.append(LogDelivery(engine))
        engine.start()
        server = await serve_api(engine, "127.0.0.1", 0)
        print("port", server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Event().wait()

    uvloop.run(run())


def _serve_moto(_: Path) -> None:
    import io
    import types
    import zipfile

    # moto's server imports flask-cors only for browsers.
    cors = types.ModuleType("flask_cors")
    cors.CORS = lambda *_, **__: None  # type: ignore[attr-defined]
    sys.modules["flask_cors"] = cors
    os.environ |= {
        "MOTO_ACCOUNT_ID": "000000000000",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    import boto3
    from moto import mock_aws
    from moto.moto_server.werkzeug_app import create_backend_app
    from werkzeug.serving import make_server

    # With use_docker off, its Lambda returns immediately without running code.
    mock_aws(
        config={"lambda": {"use_docker": False}, "stepfunctions": {"execute_state_machine": True}}
    ).start()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("stub.py", "def handler(event, context): return {}")
    boto3.client("iam", "us-east-1").create_role(RoleName="bench", AssumeRolePolicyDocument="{}")
    boto3.client("lambda", "us-east-1").create_function(
        FunctionName="stub",
        Runtime="python3.13",
        Role=ROLE,
        Handler="stub.handler",
        Code={"ZipFile": packed.getvalue()},
    )
    app = create_backend_app("stepfunctions")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print("port", server.server_port, flush=True)
    server.serve_forever()


def _serve_ministack(folder: Path) -> None:
    import asyncio
    import socket

    with socket.socket() as measurements:
        measurements.bind(("127.0.0.1", 0))
        port = measurements.getsockname()[1]
    os.environ |= {
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "LOG_LEVEL": "ERROR",
    }
    from hypercorn.asyncio import serve as serve_http
    from hypercorn.config import Config
    from ministack.app import app
    from ministack.services import stepfunctions

    stepfunctions._call_lambda = lambda reference, event: {}  # type: ignore[attr-defined]
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.loglevel = "ERROR"
    print("port", port, flush=True)
    asyncio.run(serve_http(app, config))  # type: ignore[arg-type]


# Name, title, format, and whether more is better (None: not compared).
FIGURES: tuple[tuple[str, str, str, bool | None], ...] = (
    ("pass_ms", "3 Pass states, ms", "{:.2f}", False),
    ("pass_per_s", "3 Pass states, per second", "{:.0f}", True),
    ("pass_per_s_core", "  per second of one core", "{:.0f}", True),
    ("saga_ms", "10-state saga, ms", "{:.2f}", False),
    ("saga_per_s", "10-state saga, per second", "{:.0f}", True),
    ("saga_per_s_core", "  per second of one core", "{:.0f}", True),
    ("map_s", "Map of 1,000 items, s", "{:.3f}", False),
    ("map_s_core", "  seconds of one core", "{:.3f}", False),
    ("waiting_ms", "1,000 waiting executions, ms until all have ended once due", "{:.1f}", False),
    ("waiting_s_core", "  seconds of one core, from the first start on", "{:.2f}", False),
    ("state_us", "a state in a loop of 500 turns, us of one core", "{:.0f}", False),
    ("state_late_us", "  of 5,000 turns", "{:.0f}", False),
    ("cold_s", "cold start, s", "{:.2f}", False),
    ("memory_first_mb", "memory, MB", "{:.0f}", False),
    ("memory_1000_mb", "  with 1,000 executions more", "{:.0f}", False),
    ("memory_10000_mb", "  with 10,000 executions more", "{:.0f}", False),
)


def times(results: list[Json], figure: str, more: bool | None) -> str:
    """Return this engine's figure relative to the better of the others."""
    own, *others = [result.get(figure) for result in results]
    reached = [other for other in others if other]
    if more is None or not own or not reached or results[0]["engine"] != "embedded":
        return ""
    return f"{own / max(reached) if more else min(reached) / own:.1f}"


def table(results: list[Json]) -> str:
    rows = [["", *(result["engine"] for result in results), "times"]]
    for figure, title, form, more in FIGURES:
        cells = [form.format(r[figure]) if r.get(figure) is not None else "-" for r in results]
        rows.append([title, *cells, times(results, figure, more)])
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="Print JSON.")
    parser.add_argument("--quick", action="store_true", help="Fewer rounds.")
    parser.add_argument(
        "--only", action="append", choices=["embedded", "moto", "ministack"], help="Engine to measure."
    )
    parser.add_argument("--serve", nargs=2, metavar=("ENGINE", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve[0], Path(arguments.serve[1]))
        return

    def log(step: str) -> None:
        sys.stderr.write(f"{step} …\n")

    results = measure(arguments.only or ["embedded", "moto", "ministack"], arguments.quick, log)
    print(json.dumps(results, indent=2) if arguments.json else table(results))


if __name__ == "__main__":
    main()
