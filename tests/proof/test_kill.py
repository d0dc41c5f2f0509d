"""Kill a real engine process at random moments while orders are sold and cancelled: no effect is lost or repeated."""

import asyncio
import json
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from stepfunctions_local.services import ServiceError

from audit import check
from verification.harness.fixture import with_stored_cards
from verification.harness.template import REGION
from verification.proof.families.orders import CANCEL, CHECKOUT, DECLINED, PAID, cancel, placed
from verification.proof.prover import prover
from verification.proof.services import ProofServices

KILLS = 12
ORDERS = 12
ROLE = "arn:aws:iam::123456789012:role/workflow"


class ServicesServer:
    """Serves the calls of the running engine, one at a time, as the tables would."""

    def __init__(self, services: ProofServices, address: Path) -> None:
        self._services, self._lock = services, threading.Lock()
        self._listener = Listener(str(address))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        # A killed engine neither completes its request nor reads the response.
        with suppress(EOFError, OSError), connection:
            method, *arguments = connection.recv()
            with self._lock:
                connection.send(self._response(method, arguments))

    def _response(self, method: str, arguments: list[Any]) -> tuple[Any, dict[str, Any] | None]:
        try:
            return asyncio.run(getattr(self._services, method)(*arguments)), None
        except ServiceError as error:
            names = ("service", "operation", "code", "message", "status", "details")
            return None, {name: getattr(error, name) for name in names}

    def close(self) -> None:
        self._listener.close()


class Engine:
    """An engine process on one store, restarted whenever it was killed."""

    def __init__(self, folder: Path, address: Path) -> None:
        self._command = [sys.executable, "-m", "verification.proof.engine_process"]
        self._command += [str(folder / "states.db"), str(address)]
        self.start()

    def start(self) -> None:
        """Start processes until one reports its port; it may be killed before."""
        while not (port := self._start_process()):
            assert self.process.wait() == -signal.SIGKILL
        self.client = boto3.client(
            "stepfunctions",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name=REGION,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10),
        )

    def _start_process(self) -> str:
        self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def retry[T](self, call: Callable[[Any], T]) -> T:
        """Call the running process, or the next one, until it responds."""
        while True:
            try:
                return call(self.client)
            except (BotoCoreError, OSError):
                self.process.wait()
                self.start()


@contextmanager
def killed_at_random(engine: Engine, rng: random.Random) -> Iterator[threading.Event]:
    """Kill the engine at random intervals until the event is set."""
    over = threading.Event()

    def kill_repeatedly() -> None:
        for _ in range(KILLS):
            if over.wait(rng.uniform(0.02, 0.3)):
                return
            engine.process.kill()

    killer = threading.Thread(target=kill_repeatedly)
    killer.start()
    try:
        yield over
    finally:
        over.set()
        killer.join()


def test_orders_end_correctly_although_the_engine_is_killed(tmp_path: Path) -> None:
    seed = random.randrange(1 << 30)
    print("seed", seed)
    with prover() as built:
        built.reset()
        services = ServicesServer(built.services, tmp_path / "services")
        engine = Engine(tmp_path, tmp_path / "services")
        try:
            statuses = _day(engine, built.template, random.Random(seed))
        finally:
            engine.kill()
            services.close()
        assert check(built.tables.snapshot()) == []
        orders = built.tables.snapshot().orders
    for number in range(ORDERS):
        checkout, cancelled = statuses[f"ord-k{number}"]
        if number % 3 == 2:
            assert (checkout, orders[f"ord-k{number}"]["status"]) == ("FAILED", "REJECTED")
        elif number % 3 == 1:
            assert (cancelled, orders[f"ord-k{number}"]["status"]) == ("SUCCEEDED", "CANCELLED")
        else:
            assert (checkout, orders[f"ord-k{number}"]["status"]) == ("SUCCEEDED", "PAID")


def _day(engine: Engine, template: Any, rng: random.Random) -> dict[str, tuple[str, str]]:
    """Sell every order, cancel every third, and return the status of each checkout and cancel once all have ended."""
    machines = {
        name: engine.retry(
            lambda client, name=name: client.create_state_machine(
                name=name, definition=json.dumps(template.definition(name)), roleArn=ROLE
            )["stateMachineArn"]
        )
        for name in (CHECKOUT, CANCEL)
    }

    def start(workflow: str, request: dict[str, Any]) -> str:
        def start_execution(client: Any) -> str:
            try:
                response = client.start_execution(
                    stateMachineArn=machines[workflow], name=request["order_id"], input=json.dumps(request)
                )
            except ClientError as error:
                assert error.response["Error"]["Code"] == "ExecutionAlreadyExists", error
                machine = machines[workflow].replace(":stateMachine:", ":execution:")
                return f"{machine}:{request['order_id']}"
            return str(response["executionArn"])

        return engine.retry(start_execution)

    def final_status(arn: str) -> str:
        while True:
            status = engine.retry(lambda client: client.describe_execution(executionArn=arn)["status"])
            if status != "RUNNING":
                return str(status)

    arns: dict[str, tuple[str, str]] = {}
    with killed_at_random(engine, rng):
        for number in range(ORDERS):
            order_id = f"ord-k{number}"
            request = with_stored_cards(placed(DECLINED if number % 3 == 2 else PAID, order_id))
            checkout = start(CHECKOUT, request)
            arns[order_id] = (checkout, start(CANCEL, cancel(order_id)) if number % 3 == 1 else "")
        return {
            order_id: (final_status(checkout), final_status(cancelled) if cancelled else "")
            for order_id, (checkout, cancelled) in arns.items()
        }
