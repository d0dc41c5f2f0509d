"""kill -9 of a real process at random moments, while orders are sold and cancelled: nothing is lost or doubled."""

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
from verification.harness.template import REGION
from verification.proof.families.orders import CANCEL, CHECKOUT, DECLINED, PAID, cancel, placed
from verification.proof.prover import prover
from verification.proof.world import ProofWorld

KILLS = 12
ORDERS = 12
ROLE = "arn:aws:iam::123456789012:role/workflow"


class World:
    """Answers the calls of whichever engine lives, one at a time, as the tables would."""

    def __init__(self, world: ProofWorld, address: Path) -> None:
        self._world, self._turn = world, threading.Lock()
        self._listener = Listener(str(address))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection = self._listener.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: Connection) -> None:
        # An engine that was killed neither asks to the end nor hears the answer.
        with suppress(EOFError, OSError), connection:
            method, *arguments = connection.recv()
            with self._turn:
                connection.send(self._answered(method, arguments))

    def _answered(self, method: str, arguments: list[Any]) -> tuple[Any, dict[str, Any] | None]:
        try:
            return asyncio.run(getattr(self._world, method)(*arguments)), None
        except ServiceError as error:
            told = ("service", "operation", "code", "message", "status", "details")
            return None, {name: getattr(error, name) for name in told}

    def close(self) -> None:
        self._listener.close()


class Engine:
    """The engine's process on one store: started again on it whenever it was killed."""

    def __init__(self, folder: Path, address: Path) -> None:
        self._command = [sys.executable, "-m", "verification.proof.engine_process"]
        self._command += [str(folder / "states.db"), str(address)]
        self.start()

    def start(self) -> None:
        """Until one lives long enough to say its port: it may be killed before."""
        while not (port := self._started()):
            assert self.process.wait() == -signal.SIGKILL
        self.client = boto3.client(
            "stepfunctions",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name=REGION,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10),
        )

    def _started(self) -> str:
        self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def insist[T](self, ask: Callable[[Any], T]) -> T:
        """The answer, from the process there is or the one after it."""
        while True:
            try:
                return ask(self.client)
            except (BotoCoreError, OSError):
                self.process.wait()
                self.start()


@contextmanager
def killed_at_random(engine: Engine, dice: random.Random) -> Iterator[threading.Event]:
    """Somebody kills the engine every now and then, until the event is set."""
    over = threading.Event()

    def killing() -> None:
        for _ in range(KILLS):
            if over.wait(dice.uniform(0.02, 0.3)):
                return
            engine.process.kill()

    killer = threading.Thread(target=killing)
    killer.start()
    try:
        yield over
    finally:
        over.set()
        killer.join()


def test_orders_survive_an_engine_that_is_killed(tmp_path: Path) -> None:
    seed = random.randrange(1 << 30)
    print("seed", seed)
    with prover() as built:
        built.fresh()
        world = World(built.world, tmp_path / "world")
        engine = Engine(tmp_path, tmp_path / "world")
        try:
            statuses = _day(engine, built.template, random.Random(seed))
        finally:
            engine.kill()
            world.close()
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


def _day(engine: Engine, template: Any, dice: random.Random) -> dict[str, tuple[str, str]]:
    """Sell every order, cancel every third, wait until all have ended: their checkouts' and cancels' status."""
    machines = {
        name: engine.insist(
            lambda client, name=name: client.create_state_machine(
                name=name, definition=json.dumps(template.definition(name)), roleArn=ROLE
            )["stateMachineArn"]
        )
        for name in (CHECKOUT, CANCEL)
    }

    def start(workflow: str, request: dict[str, Any]) -> str:
        def ask(client: Any) -> str:
            try:
                answer = client.start_execution(
                    stateMachineArn=machines[workflow], name=request["order_id"], input=json.dumps(request)
                )
            except ClientError as error:
                assert error.response["Error"]["Code"] == "ExecutionAlreadyExists", error
                machine = machines[workflow].replace(":stateMachine:", ":execution:")
                return f"{machine}:{request['order_id']}"
            return str(answer["executionArn"])

        return engine.insist(ask)

    def ended(arn: str) -> str:
        while True:
            status = engine.insist(lambda client: client.describe_execution(executionArn=arn)["status"])
            if status != "RUNNING":
                return str(status)

    arns: dict[str, tuple[str, str]] = {}
    with killed_at_random(engine, dice):
        for number in range(ORDERS):
            order_id = f"ord-k{number}"
            checkout = start(CHECKOUT, placed(DECLINED if number % 3 == 2 else PAID, order_id))
            arns[order_id] = (checkout, start(CANCEL, cancel(order_id)) if number % 3 == 1 else "")
        return {
            order_id: (ended(checkout), ended(cancelled) if cancelled else "")
            for order_id, (checkout, cancelled) in arns.items()
        }
