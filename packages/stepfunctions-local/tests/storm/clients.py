"""Clients that use the engine while it is killed and repeat requests without a response."""

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .kinds import ACTIVITY, INNER, KINDS, ROLE, Kind, machine_arn
from .process import Process

Json = dict[str, Any]
TERMINAL = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


class Refused(Exception):
    def __init__(self, document: Json):
        super().__init__(document)
        self.code: str = document["__type"]


class StormEnded(Exception):
    """The storm has ended; the client stops repeating its request."""


class Client:
    """A connection to the engine that reconnects whenever it breaks."""

    def __init__(self, port: int, over: threading.Event):
        self._port, self._over = port, over
        self._connection: http.client.HTTPConnection | None = None

    def call(self, operation: str, **params: object) -> Json:
        """Return the response, with any number of attempts. Raises Refused, StormEnded."""
        while not self._over.is_set():
            try:
                return self._ask(operation, params)
            except (OSError, http.client.HTTPException):
                self._connection = None
                time.sleep(0.02)
        raise StormEnded

    def _ask(self, operation: str, params: Json) -> Json:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        headers = {"X-Amz-Target": f"AWSStepFunctions.{operation}"}
        self._connection.request("POST", "/", json.dumps(params), headers)
        response = self._connection.getresponse()
        document = json.loads(response.read())
        if response.status != 200:
            raise Refused(document)
        return document


@dataclass
class Execution:
    """An accepted execution. `ended` is the first description after its end."""

    name: str
    kind: Kind
    arn: str
    ended: Json | None = None
    redriven: bool = False


@dataclass
class Clients:
    """The clients, one thread each; `load` is the number of open executions."""

    process: Process
    load: int
    closing: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    executions: dict[str, Execution] = field(default_factory=dict)
    errors: list[BaseException] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        client = self.client()
        client.call("CreateActivity", name="pack")
        definitions = {machine_name(name): kind.definition for name, kind in KINDS.items()} | {"inner": INNER}
        for name, definition in definitions.items():
            client.call("CreateStateMachine", name=name, definition=json.dumps(definition), roleArn=ROLE)
        for role in (self._start, self._watch, self._call_back, self._work, self._work):
            thread = threading.Thread(target=self._run, args=(role,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def client(self) -> Client:
        return Client(self.process.port, self.over)

    def open(self) -> list[Execution]:
        return [execution for execution in list(self.executions.values()) if execution.ended is None]

    def end(self) -> None:
        self.closing.set()
        self.over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, role: Callable[[Client], None]) -> None:
        try:
            with contextlib.suppress(StormEnded):
                role(self.client())
        except BaseException as error:  # the main thread reports it
            self.errors.append(error)

    def _start(self, client: Client) -> None:
        number = 0
        names = list(KINDS)
        while not self.closing.is_set():
            if len(self.open()) >= self.load:
                time.sleep(0.01)
                continue
            kind = names[number % len(names)]
            number += 1
            name = f"{machine_name(kind)}-{number}"
            machine = machine_arn(machine_name(kind))
            try:
                document = client.call(
                    "StartExecution", stateMachineArn=machine, name=name, input=json.dumps({"name": name})
                )
                arn = document["executionArn"]
            except Refused as refused:
                # The response to an earlier attempt was lost, and the execution has ended since.
                if refused.code != "ExecutionAlreadyExists":
                    raise
                arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
            self.executions[name] = Execution(name, KINDS[kind], arn)

    def _watch(self, client: Client) -> None:
        while not self.over.is_set():
            for execution in self.open():
                seen = client.call("DescribeExecution", executionArn=execution.arn)
                if seen["status"] == "FAILED" and seen["redriveCount"] < execution.kind.redrives:
                    with contextlib.suppress(
                        Refused
                    ):  # a response was lost, and the execution has been redriven
                        client.call("RedriveExecution", executionArn=execution.arn)
                elif seen["status"] in TERMINAL:
                    execution.ended = seen
                elif execution.kind.stopped and time.time() - seen["startDate"] > 1:
                    client.call("StopExecution", executionArn=execution.arn, error="Stopped")
            time.sleep(0.05)

    def _call_back(self, client: Client) -> None:
        read = 0
        while not self.over.is_set():
            lines = deliveries(self.process)
            for line in lines[read:]:
                if line["token"] is not None:
                    complete_task(client, line["token"])
            read = len(lines)
            time.sleep(0.05)

    def _work(self, client: Client) -> None:
        while not self.over.is_set():
            task = client.call("GetActivityTask", activityArn=ACTIVITY)
            if task.get("taskToken"):
                complete_task(client, task["taskToken"])


def machine_name(kind: str) -> str:
    return kind.replace(" ", "-")


def complete_task(client: Client, token: str) -> None:
    try:
        client.call("SendTaskSuccess", taskToken=token, output="{}")
    except Refused as refused:
        # Completed before with the response lost, or timed out.
        if refused.code != "TaskTimedOut":
            raise


def deliveries(process: Process) -> list[Json]:
    """Return the Lambda's log in order: {"at", "key", "token"}, without an incomplete last line."""
    if not process.log.exists():
        return []
    lines = process.log.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]
