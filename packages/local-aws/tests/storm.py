"""Kill a local AWS at random moments under load, and check that every acknowledged write is there.

    python -m tests.storm [--kills 100] [--seed 1]

Writers put items, write pairs of items in transactions, take numbers from a counter, send messages and create
queues, and record what was acknowledged. After each kill the stack is started again and its state compared with
the record: nothing acknowledged is missing, pairs are equal, no number was given twice.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local_aws import RunningStack, StateFolder, client_environment, start, stop

from .support import LAMBDA_PYTHON

WRITERS = 6
_TABLES = ("left", "right")


@dataclass
class Acknowledged:
    """What the stack has confirmed. Only the writer of a key changes it, so no lock is needed."""

    items: dict[str, int] = field(default_factory=dict)
    pairs: dict[str, int] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    messages: set[str] = field(default_factory=set)
    queues: set[str] = field(default_factory=set)
    writes: int = 0


class Clients:
    """Clients of a running stack, without retries: an error means that the write was not confirmed."""

    def __init__(self, stack: RunningStack) -> None:
        variables = client_environment(stack)
        session = boto3.Session(
            variables["AWS_ACCESS_KEY_ID"],
            variables["AWS_SECRET_ACCESS_KEY"],
            region_name=variables["AWS_REGION"],
        )
        config = Config(retries={"total_max_attempts": 1}, max_pool_connections=2 * WRITERS, read_timeout=20)
        self.dynamodb = session.client("dynamodb", endpoint_url=stack.endpoint, config=config)
        self.sqs = session.client("sqs", endpoint_url=stack.endpoint, config=config)


def set_up(clients: Clients) -> None:
    for table in _TABLES:
        clients.dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
    clients.sqs.create_queue(QueueName="work")


def write(clients: Clients, record: Acknowledged, writer: int, random_: random.Random) -> None:
    """Do one random write and record it when it is acknowledged."""
    key, dynamodb, sqs = f"{writer}-{random_.randrange(20)}", clients.dynamodb, clients.sqs
    match random_.randrange(10):
        case 0 | 1 | 2:
            value = record.items.get(key, 0) + 1
            dynamodb.put_item(TableName="left", Item={"pk": {"S": f"item-{key}"}, "n": {"N": str(value)}})
            record.items[key] = value
        case 3 | 4 | 5:
            value = record.pairs.get(key, 0) + 1
            item = {"pk": {"S": f"pair-{key}"}, "n": {"N": str(value)}}
            dynamodb.transact_write_items(
                TransactItems=[{"Put": {"TableName": table, "Item": item}} for table in _TABLES]
            )
            record.pairs[key] = value
        case 6 | 7:
            response = dynamodb.update_item(
                TableName="left", Key={"pk": {"S": "counter"}}, UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}}, ReturnValues="UPDATED_NEW",
            )  # fmt: skip
            record.numbers.append(int(response["Attributes"]["n"]["N"]))
        case 8:
            body = uuid.uuid4().hex
            sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="work")["QueueUrl"], MessageBody=body)
            record.messages.add(body)
        case _:
            if random_.random() < 0.2:
                name = f"queue-{writer}-{uuid.uuid4().hex[:8]}"
                sqs.create_queue(QueueName=name)
                record.queues.add(name)
    record.writes += 1


def run_load(stack: RunningStack, record: Acknowledged, seconds: float, seed: int) -> None:
    """Write from several threads, then kill the stack while they write."""
    clients, stopped = Clients(stack), threading.Event()

    def loop(writer: int) -> None:
        random_ = random.Random(f"{seed}-{writer}")
        while not stopped.is_set():
            try:
                write(clients, record, writer, random_)
            except (BotoCoreError, ClientError):
                return

    threads = [threading.Thread(target=loop, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    os.kill(stack.pid, signal.SIGKILL)
    stopped.set()
    for thread in threads:
        thread.join()


def check(stack: RunningStack, record: Acknowledged) -> list[str]:
    """Return what is missing or contradictory after a restart."""
    clients, problems = Clients(stack), []
    left, right = (_values(clients, table) for table in _TABLES)
    for key, value in record.items.items():
        if left.get(f"item-{key}", 0) < value:
            problems.append(f"item {key} is {left.get(f'item-{key}')}, acknowledged was {value}")
    for key, value in record.pairs.items():
        if left.get(f"pair-{key}", 0) < value:
            problems.append(f"pair {key} is {left.get(f'pair-{key}')}, acknowledged was {value}")
    pairs = [{key: n for key, n in side.items() if key.startswith("pair-")} for side in (left, right)]
    if pairs[0] != pairs[1]:
        problems.append("a transaction was written in part")
    if len(record.numbers) != len(set(record.numbers)):
        problems.append("a number was given twice")
    if missing := record.messages - _messages(clients):
        problems.append(f"{len(missing)} of {len(record.messages)} messages are missing")
    pages = clients.sqs.get_paginator("list_queues").paginate(QueueNamePrefix="queue-")
    queues = {url.rpartition("/")[2] for page in pages for url in page.get("QueueUrls", ())}
    if missing := record.queues - queues:
        problems.append(f"queues are missing: {sorted(missing)}")
    # A write without an response may have happened: continue from the actual values.
    record.items = {key.removeprefix("item-"): n for key, n in left.items() if key.startswith("item-")}
    record.pairs = {key.removeprefix("pair-"): n for key, n in left.items() if key.startswith("pair-")}
    return problems


def _values(clients: Clients, table: str) -> dict[str, int]:
    pages = clients.dynamodb.get_paginator("scan").paginate(TableName=table)
    return {item["pk"]["S"]: int(item["n"]["N"]) for page in pages for item in page["Items"]}


def _messages(clients: Clients) -> set[str]:
    """Return the bodies of all messages, which stay visible."""
    url = clients.sqs.get_queue_url(QueueName="work")["QueueUrl"]
    bodies: set[str] = set()
    handles = []
    while True:
        response = clients.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600)
        if not response.get("Messages"):
            break
        for message in response["Messages"]:
            bodies.add(message["Body"])
            handles.append(message["ReceiptHandle"])
    for at in range(0, len(handles), 10):
        entries = [
            {"Id": str(n), "ReceiptHandle": handle, "VisibilityTimeout": 0}
            for n, handle in enumerate(handles[at : at + 10])
        ]
        clients.sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
    return bodies


def storm(folder: StateFolder, port: int, kills: int, seed: int, report: Callable[[str], None]) -> list[str]:
    """Kill and restart a stack `kills` times; return all problems."""
    random_, record, problems = random.Random(seed), Acknowledged(), []
    stack = start(folder, port, lambda_python=LAMBDA_PYTHON)
    set_up(Clients(stack))
    for kill in range(1, kills + 1):
        run_load(stack, record, random_.uniform(0.2, 2.0), random_.randrange(1 << 30))
        while folder.running() is not None:
            time.sleep(0.01)
        stack = start(folder, port, lambda_python=LAMBDA_PYTHON)
        problems += (found := check(stack, record))
        report(f"kill {kill}: {record.writes} writes, {'; '.join(found) or 'nothing is missing'}")
    stop(folder)
    return problems


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100, help="Number of kills (default %(default)s).")
    parser.add_argument("--seed", type=int, default=1, help="Seed of the random moments.")
    parser.add_argument("--port", type=int, default=4599, help="Port of the stack (default %(default)s).")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = StateFolder(Path(scratch) / "state")
        try:
            problems = storm(folder, options.port, options.kills, options.seed, print)
        finally:
            stop(folder)
    raise SystemExit("\n".join(problems) or 0)


if __name__ == "__main__":
    main()
