"""Measure the Lambda runner: cold starts, and the time that a warm invocation adds to its handler.

    python -m benchmarks.lambdas [--lambda-python PATH]

The functions return at once: the times are those of the runner and the process.
"""

import argparse
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
    ProcessStarter,
    Request,
)

LAMBDA_PYTHON = Path(__file__).parents[3] / ".tools" / "lambda-runtime" / "bin" / "python"
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
    parser = argparse.ArgumentParser()
    parser.add_argument("--lambda-python", type=Path, default=LAMBDA_PYTHON)
    python = parser.parse_args().lambda_python
    table = Table(
        "function", "cold start, ms", "warm median, ms", "warm 95 %, ms", f"per second, {AT_ONCE} at once"
    )
    for name, source, preload in FUNCTIONS:
        with tempfile.TemporaryDirectory() as folder:
            runner = _runner(python, Path(folder), preload)
            function = _function(name, source)
            # The first function starts the fork server.
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
    """Return the milliseconds from the call to the response."""
    started = time.perf_counter()
    outcome = runner.invoke(function, Request(str(uuid.uuid4()), b'{"order_id": "ord-1"}'))
    if outcome.function_error:
        raise SystemExit(outcome.payload.decode())
    return (time.perf_counter() - started) * 1000


def _runner(python: Path, folder: Path, preload: tuple[str, ...]) -> LambdaRunner:
    async def assume(role_arn: str, session: str) -> Credentials:
        return Credentials("id", "secret", "token", time.time() + 3600)

    packages, processes = PackageStore(folder), ProcessStarter(preload)
    return LambdaRunner(Platform(python, "http://127.0.0.1:1", packages, assume, lambda *_: None, processes))


def archive(source: str) -> bytes:
    """Return a package with a module `app`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        zipped.writestr("app.py", source)
    return buffer.getvalue()


def _identifier(name: str) -> str:
    return name.replace(" ", "-").replace(",", "")


def _function(name: str, source: str) -> Function:
    data = archive(source)
    return Function(
        arn=f"arn:aws:lambda:us-east-1:000000000000:function:{_identifier(name)}",
        name=_identifier(name),
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
