"""The process of an engine, and bare connections to its API."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from benchmarks.comparison.definitions import ROLE, Json

MAX_SECONDS = 120.0


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
        command = [sys.executable, "-m", "benchmarks.comparison.engines", self.name, str(self.folder)]
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
