"""The embedded Step Functions beside moto's and MiniStack's, in one run, each in a process of its own over HTTP.

    python -m benchmarks.stepfunctions [--json] [--only embedded] [--quick]

pass       three Pass states: milliseconds from StartExecution to a DescribeExecution that says SUCCEEDED, the median;
           with eight clients at once, executions a second, and a second of the server's processor time (per core:
           the clients, which share the machine, do not count).
saga       ten states, three of them Lambda tasks that answer nothing at once: the same three figures.
map        a Map of 1,000 items with one Pass state each: seconds.
waiting    1,000 executions that wait two seconds: seconds from the first start to the last end, less the two.
cold       seconds from the start of the process to its first answer.
memory     resident megabytes with as many finished executions kept as `kept` says; for the embedded one 10,000.

Durability is on for the embedded one (a file, group commits); the others keep nothing. A figure that is not reached
in two minutes is a dash. The client is a bare HTTP connection, so that no SDK's cost is counted.
"""

import argparse
import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

ROLE = "arn:aws:iam::000000000000:role/bench"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:stub"
PATIENCE_SECONDS = 120.0
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
WAIT = chain(("W", {"Type": "Wait", "Seconds": 2}))


class Unreached(Exception):
    """A figure that was not reached in time, or not at all."""


@dataclass
class Server:
    """One contender's process, and connections to it."""

    name: str
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="bench-")))
    port: int = 0
    cold: float = 0.0

    def __enter__(self) -> Self:
        began = time.perf_counter()
        command = [sys.executable, "-m", "benchmarks.stepfunctions", "--serve", self.name, str(self.folder)]
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
    """A bare connection that speaks the API."""

    def __init__(self, port: int):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)

    def call(self, operation: str, **params: object) -> Json:
        scope = "Credential=test/20260101/us-east-1/states/aws4_request, SignedHeaders=host, Signature=0"
        headers = {
            "X-Amz-Target": f"AWSStepFunctions.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
            "Host": "states.us-east-1.amazonaws.com",
            "Authorization": f"AWS4-HMAC-SHA256 {scope}",
        }
        self._connection.request("POST", "/", json.dumps(params), headers)
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise Unreached(f"{operation}: {body[:300]!r}")
        return json.loads(body or b"{}")

    def create(self, name: str, definition: Json) -> str:
        return self.call("CreateStateMachine", name=name, definition=json.dumps(definition), roleArn=ROLE)[
            "stateMachineArn"
        ]

    def start(self, machine: str, given: Json | None = None) -> str:
        text = json.dumps(given or {"order": "1"})
        name = uuid.uuid4().hex
        return self.call("StartExecution", stateMachineArn=machine, input=text, name=name)["executionArn"]

    def finish(self, execution: str) -> None:
        """Ask until it has ended; what ended otherwise than well was never reached."""
        until = time.perf_counter() + PATIENCE_SECONDS
        pause = 0.0
        while time.perf_counter() < until:
            status = self.call("DescribeExecution", executionArn=execution)["status"]
            if status == "SUCCEEDED":
                return
            if status != "RUNNING":
                raise Unreached(status)
            time.sleep(pause)
            pause = min(pause + 0.0005, 0.05)
        raise Unreached("not in time")


def latency(server: Server, name: str, definition: Json, rounds: int) -> float:
    """The median of milliseconds."""
    client = server.connect()
    machine = client.create(f"{name}-latency", definition)
    took = []
    for _ in range(rounds + 3):
        began = time.perf_counter()
        client.finish(client.start(machine))
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took[3:])


def throughput(server: Server, name: str, definition: Json, total: int) -> tuple[float, float]:
    """Executions a second with several clients: of the clock, and of the server's processor time."""
    machine = server.connect().create(f"{name}-throughput", definition)
    faults: list[Exception] = []

    def work() -> None:
        try:
            client = server.connect()
            for arn in [client.start(machine) for _ in range(total // CLIENTS)]:
                client.finish(arn)
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
    return total / (time.perf_counter() - began), total / (server.processor_seconds() - used)


def map_seconds(server: Server) -> float:
    client = server.connect()
    machine = client.create("map", MAP)
    began = time.perf_counter()
    client.finish(client.start(machine, {"items": list(range(1000))}))
    return time.perf_counter() - began


def waiting_seconds(server: Server, count: int) -> float:
    client = server.connect()
    machine = client.create("wait", WAIT)
    began = time.perf_counter()
    for arn in [client.start(machine) for _ in range(count)]:
        client.finish(arn)
    return time.perf_counter() - began - 2


def memory(server: Server, kept: int) -> float:
    client = server.connect()
    machine = client.create("kept", THREE_PASS)
    for arn in [client.start(machine) for _ in range(kept)][-1:]:
        client.finish(arn)
    return server.megabytes()


def measure(name: str, quick: bool) -> Json:
    own = name == "embedded"
    rounds, total = (20, 80) if quick else (200 if own else 60, 2000 if own else 200)
    kept = (10_000 if own else 500) if not quick else 500
    figures: Json = {"engine": name, "kept": kept}
    with Server(name) as server:
        figures["cold_s"] = server.cold
        for figure, take in {
            "pass_ms": lambda: latency(server, "pass", THREE_PASS, rounds),
            "pass_per_s": lambda: throughput(server, "pass", THREE_PASS, total),
            "saga_ms": lambda: latency(server, "saga", SAGA, rounds),
            "saga_per_s": lambda: throughput(server, "saga", SAGA, total // 2),
            "map_s": lambda: map_seconds(server),
            "waiting_s": lambda: waiting_seconds(server, 100 if quick else 1000),
            "memory_mb": lambda: memory(server, kept),
        }.items():
            try:
                taken = take()
                if isinstance(taken, tuple):
                    figures[figure], figures[f"{figure}_core"] = taken
                else:
                    figures[figure] = taken
            except (Unreached, OSError) as fault:
                figures[figure] = None
                figures.setdefault("unreached", {})[figure] = str(fault)[:200]
    return figures


def serve(name: str, folder: Path) -> None:
    """Be one of the contenders: print the port, answer until killed."""
    {"embedded": _serve_embedded, "moto": _serve_moto, "ministack": _serve_ministack}[name](folder)


def _serve_embedded(folder: Path) -> None:
    import asyncio

    import uvloop

    from local.stepfunctions.api.server import serve as serve_api
    from local.stepfunctions.engine import Engine
    from local.stepfunctions.store import Store
    from local.stepfunctions.virtual import FunctionServices

    async def run() -> None:
        engine = Engine(Store(folder / "states.db"), FunctionServices({"stub": lambda _: {}}))
        engine.start()
        server = await serve_api(engine, "127.0.0.1", 0)
        print("port", server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Event().wait()

    uvloop.run(run())


def _serve_moto(_: Path) -> None:
    import io
    import types
    import zipfile

    # moto's server wants flask-cors only to let browsers in.
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

    # Its Lambda answers at once, without running anything, where it is told to be simple.
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

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
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


FIGURES = (
    ("pass_ms", "3 Pass states, ms", "{:.2f}"),
    ("pass_per_s", "3 Pass states, per second", "{:.0f}"),
    ("pass_per_s_core", "  per second of one core", "{:.0f}"),
    ("saga_ms", "10-state saga, ms", "{:.2f}"),
    ("saga_per_s", "10-state saga, per second", "{:.0f}"),
    ("saga_per_s_core", "  per second of one core", "{:.0f}"),
    ("map_s", "Map of 1,000 items, s", "{:.2f}"),
    ("waiting_s", "1,000 waiting executions, s more than they wait", "{:.2f}"),
    ("cold_s", "cold start, s", "{:.2f}"),
    ("memory_mb", "memory, MB", "{:.0f}"),
    ("kept", "  with executions kept", "{}"),
)


def table(results: list[Json]) -> str:
    rows = [["", *(result["engine"] for result in results)]]
    for figure, title, form in FIGURES:
        cells = [form.format(r[figure]) if r.get(figure) is not None else "-" for r in results]
        rows.append([title, *cells])
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--only", action="append", choices=["embedded", "moto", "ministack"])
    parser.add_argument("--serve", nargs=2, metavar=("ENGINE", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve[0], Path(arguments.serve[1]))
        return
    results = [measure(name, arguments.quick) for name in arguments.only or ["embedded", "moto", "ministack"]]
    print(json.dumps(results, indent=2) if arguments.json else table(results))


if __name__ == "__main__":
    main()
