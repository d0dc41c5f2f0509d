"""How many sandboxes there are, how long they live, and when they are replaced."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.lambdas import Credentials, LambdaRunner, PackageStore, Platform

from .conftest import RUNTIME_PYTHON, Bench, function
from .test_runner import _until_gone

PID = "import os\ndef handler(event, context):\n    return os.getpid()\n"


def _bench(tmp_path: Path, *, lifetime: float = 3600, **limits: float) -> Bench:
    assumed: list[str] = []

    async def assume(role_arn: str, session: str) -> Credentials:
        assumed.append(role_arn)
        return Credentials(f"ASIA{len(assumed)}", "secret", "token", time.time() + lifetime)

    platform = Platform(RUNTIME_PYTHON, "http://127.0.0.1:1", PackageStore(tmp_path), assume, lambda *_: None)
    return Bench(LambdaRunner(platform, **limits), assumed=assumed)  # type: ignore[arg-type]


def test_an_idle_process_is_ended(tmp_path: Path) -> None:
    bench = _bench(tmp_path, idle_seconds=0.1)
    _until_gone(bench.answer(function(PID)))
    bench.runner.close()


def test_a_process_is_replaced_before_its_credentials_end(tmp_path: Path) -> None:
    bench = _bench(tmp_path, lifetime=200)
    first, second = bench.answer(function(PID)), bench.answer(function(PID))
    assert first != second
    assert len(bench.assumed) == 2
    _until_gone(first)
    bench.runner.close()


def test_callers_beyond_the_limit_wait_their_turn(tmp_path: Path) -> None:
    bench = _bench(tmp_path, per_function=1)
    together = """
import os, pathlib, time
busy = pathlib.Path(os.environ["FOLDER"]) / "busy"
def handler(event, context):
    busy.mkdir()
    time.sleep(0.05)
    busy.rmdir()
"""
    alone = function(together, environment=(("FOLDER", str(tmp_path)),))
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: bench.answer(alone), range(8)))
    assert answers == [None] * 8
    bench.runner.close()


def test_functions_do_not_share_processes(tmp_path: Path) -> None:
    bench = _bench(tmp_path)
    one = function(PID)
    other = function(PID, arn=one.arn.replace("under-test", "other"), name="other")
    assert bench.answer(one) != bench.answer(other)
    bench.runner.close()


def test_those_who_come_while_the_first_process_starts_wait_for_that_one(tmp_path: Path) -> None:
    bench = _bench(tmp_path)
    slow_to_start = function("import time\ntime.sleep(0.6)\n" + PID)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: bench.answer(slow_to_start), range(4)))
    assert len(bench.assumed) == 1
    bench.runner.close()
