"""Measure the CPU time of a local AWS for the service requests of a sale.

    python -m benchmarks.requests [--rounds 3] [--python PATH --python PATH …]

A unit is the requests of one sale: 11 TransactWriteItems, 7 UpdateItem, 5 GetItem, 2 Query, 7 Invoke and 1 PutEvents,
with the credentials of a role. Several interpreters, each of an environment with another version of the package, are
measured in turns, so that other work on the machine affects all alike. The table has the median of the rounds; CPU
time is that of the stack's own process.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from rich.console import Console
from rich.table import Table

from .lambdas import LAMBDA_PYTHON, archive

UNITS = 60
WARM_UNITS = 15
AT_ONCE = 4
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com", "AWS": "*"},
            "Action": "sts:AssumeRole",
        }
    ],
}
_ROOT = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="Number of rounds (default %(default)s).")
    parser.add_argument("--python", type=Path, action="append", help="An interpreter with the package.")
    parser.add_argument("--lambda-python", type=Path, default=LAMBDA_PYTHON)
    options = parser.parse_args()
    pythons = options.python or [Path(sys.executable)]
    results: dict[Path, list[tuple[float, float]]] = {python: [] for python in pythons}
    for _ in range(options.rounds):
        for python in pythons:
            with stack(python, options.lambda_python) as (endpoint, pid):
                results[python].append(measure(endpoint, pid))
    table = Table("interpreter", "stack CPU, ms a sale", "sales a second", "rounds, ms")
    for python, rounds in results.items():
        cpu = sorted(milliseconds for milliseconds, _ in rounds)
        table.add_row(
            str(python),
            f"{statistics.median(cpu):.1f}",
            f"{statistics.median(rate for _, rate in rounds):.1f}",
            " ".join(f"{milliseconds:.0f}" for milliseconds in cpu),
        )
    Console().print(table)


@contextmanager
def stack(python: Path, lambda_python: Path) -> Iterator[tuple[str, int]]:
    """Run a stack of an interpreter; yield its endpoint and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [python, "-m", "local_aws", "--port", str(port), "--state-dir", folder]
        process = subprocess.Popen(
            [*command, "--lambda-python", lambda_python], stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            if not any("is ready" in line for line in process.stdout):
                raise SystemExit(f"{python} did not start a stack.")
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def measure(endpoint: str, pid: int) -> tuple[float, float]:
    """Return the stack's CPU milliseconds for each unit, and units a second."""
    clients = set_up(endpoint)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(lambda number: unit(clients, number), range(WARM_UNITS)))
        cpu, started = cpu_seconds(pid), time.perf_counter()
        list(threads.map(lambda number: unit(clients, number), range(WARM_UNITS, WARM_UNITS + UNITS)))
        elapsed = time.perf_counter() - started
    return (cpu_seconds(pid) - cpu) * 1000 / UNITS, UNITS / elapsed


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def set_up(endpoint: str) -> dict[str, Any]:
    """Create a role, a table and a function; return clients with the role's credentials."""
    root = boto3.Session(**_ROOT)
    iam = root.client("iam", endpoint_url=endpoint)
    role = iam.create_role(RoleName="seller", AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]["Arn"]
    for number in range(5):
        statements = [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": f"*:queue-{number}"}]
        statements += [{"Effect": "Allow", "Action": ["dynamodb:*", "lambda:*", "events:*"], "Resource": "*"}]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName="seller", PolicyName=f"policy-{number}", PolicyDocument=document)
    root.client("dynamodb", endpoint_url=endpoint).create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[
            {"AttributeName": name, "KeyType": kind} for name, kind in (("pk", "HASH"), ("sk", "RANGE"))
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    root.client("lambda", endpoint_url=endpoint).create_function(
        FunctionName="echo", Runtime="python3.13", Handler="app.handler", Role=role, Timeout=30,
        Code={"ZipFile": archive("def handler(event, context):\n    return event\n")},
    )  # fmt: skip
    session = root.client("sts", endpoint_url=endpoint).assume_role(RoleArn=role, RoleSessionName="till")
    credentials = session["Credentials"]
    seller = boto3.Session(
        credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"], "us-east-1"
    )
    config = Config(max_pool_connections=2 * AT_ONCE)
    services = ("dynamodb", "lambda", "events")
    return {name: seller.client(name, endpoint_url=endpoint, config=config) for name in services}


def unit(clients: dict[str, Any], number: int) -> None:
    """Send the service requests of one sale."""
    dynamodb, order = clients["dynamodb"], f"order-{number}-{uuid.uuid4().hex[:6]}"
    for step in range(11):
        items = [
            {"pk": {"S": order}, "sk": {"S": f"row-{step}-{row}"}, "text": {"S": "x" * 300}}
            for row in range(3)
        ]
        puts = [{"Put": {"TableName": "orders", "Item": item}} for item in items]
        dynamodb.transact_write_items(TransactItems=puts)
    key = {"pk": {"S": order}, "sk": {"S": "row-0-0"}}
    for _ in range(7):
        dynamodb.update_item(
            TableName="orders", Key=key, UpdateExpression="ADD amount :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )  # fmt: skip
    for _ in range(5):
        dynamodb.get_item(TableName="orders", Key=key, ConsistentRead=True)
    for _ in range(2):
        dynamodb.query(
            TableName="orders", KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": order}},
        )  # fmt: skip
    for _ in range(7):
        payload = json.dumps({"order_id": order}).encode()
        # A connection is used again only when its response was read.
        clients["lambda"].invoke(FunctionName="echo", Payload=payload)["Payload"].read()
    entry = {"Source": "shop", "DetailType": "Order Paid", "Detail": json.dumps({"order_id": order})}
    clients["events"].put_events(Entries=[entry])


if __name__ == "__main__":
    main()
