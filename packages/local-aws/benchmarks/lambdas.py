"""The Lambda runner: what a cold start costs, what a warm invocation adds to its handler.

    python benchmarks/lambdas.py

Functions are made here and answer at once, so what is measured is the runner and the process, not a handler.
"""

import hashlib
import io
import statistics
import tempfile
import time
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from local_aws.lambda_runner import (
    Archive,
    Credentials,
    Function,
    LambdaRunner,
    PackageStore,
    Platform,
    Processes,
    Request,
)
from local_aws.server import LAMBDA_PYTHON

WARM = 500
AT_ONCE = 16

BARE = "def handler(event, context):\n    return event\n"
CLIENT = f"import boto3\nboto3.client('dynamodb', region_name='us-east-1')\n{BARE}"
FUNCTIONS = (
    ("bare", BARE, ()),
    ("boto3 client", CLIENT, ()),
    ("boto3 client, forked", CLIENT, ("boto3", "botocore.session", "botocore.client")),
)


def main() -> None:
    table = Table(
        "function", "cold start, ms", "warm median, ms", "warm 95 %, ms", f"a second, {AT_ONCE} at once"
    )
    for name, source, preload in FUNCTIONS:
        with tempfile.TemporaryDirectory() as folder:
            runner = _runner(Path(folder), preload)
            function = _function(name, source)
            # The template is there when the second function comes.
            _timed(runner, _function("first", BARE))
            cold = _timed(runner, function)
            warm = sorted(_timed(runner, function) for _ in range(WARM))
            started = time.perf_counter()
            with ThreadPoolExecutor(AT_ONCE) as threads:
                list(threads.map(lambda _, it=function, by=runner: _timed(by, it), range(WARM)))
            rate = WARM / (time.perf_counter() - started)
            row = (cold, statistics.median(warm), warm[int(WARM * 0.95)])
            table.add_row(name, *(f"{value:.2f}" for value in row), f"{rate:.0f}")
            runner.close()
    Console().print(table)


def _timed(runner: LambdaRunner, function: Function) -> float:
    """Milliseconds from the call to the answer."""
    started = time.perf_counter()
    outcome = runner.invoke(function, Request(str(uuid.uuid4()), b'{"order_id": "ord-1"}'))
    if outcome.function_error:
        raise SystemExit(outcome.payload.decode())
    return (time.perf_counter() - started) * 1000


def _runner(folder: Path, preload: tuple[str, ...]) -> LambdaRunner:
    async def assume(role_arn: str, session: str) -> Credentials:
        return Credentials("id", "secret", "token", time.time() + 3600)

    packages, processes = PackageStore(folder), Processes(preload)
    return LambdaRunner(
        Platform(LAMBDA_PYTHON, "http://127.0.0.1:1", packages, assume, lambda *_: None, processes)
    )


def _named(name: str) -> str:
    return name.replace(" ", "-").replace(",", "")


def _function(name: str, source: str) -> Function:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        zipped.writestr("app.py", source)
    data = buffer.getvalue()
    return Function(
        arn=f"arn:aws:lambda:us-east-1:000000000000:function:{_named(name)}",
        name=_named(name),
        version="$LATEST",
        handler="app.handler",
        runtime="python3.13",
        role_arn="arn:aws:iam::000000000000:role/benchmark",
        timeout=10,
        memory=512,
        code=Archive(hashlib.sha256(data).hexdigest(), lambda: data),
    )


if __name__ == "__main__":
    main()
