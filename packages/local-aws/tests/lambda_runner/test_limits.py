"""How many sandboxes there are, how long they live, and when they are replaced."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local_aws.lambda_runner import Credentials, LambdaRunner, PackageStore, Platform, Processes

from .conftest import RUNTIME_PYTHON, Bench, archive, function
from .test_runner import _until_gone

PID = "import os\ndef handler(event, context):\n    return os.getpid()\n"


def _bench(
    tmp_path: Path, *, lifetime: float = 3600, preload: tuple[str, ...] = (), **limits: float
) -> Bench:
    assumed: list[str] = []

    async def assume(role_arn: str, session: str) -> Credentials:
        assumed.append(role_arn)
        return Credentials(f"ASIA{len(assumed)}", "secret", "token", time.time() + lifetime)

    packages, processes = PackageStore(tmp_path), Processes(preload)
    platform = Platform(RUNTIME_PYTHON, "http://127.0.0.1:1", packages, assume, lambda *_: None, processes)
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


def test_what_is_preloaded_is_there_before_it_is_asked_for_unless_the_package_has_its_own(
    tmp_path: Path,
) -> None:
    source = """
import sys
preloaded = "colorsys" in sys.modules
import colorsys
def handler(event, context):
    return preloaded, colorsys.__file__.startswith(sys.path[0])
"""
    bench = _bench(tmp_path, preload=("colorsys", "no_such_module"))
    own = function(source, code=archive({"app.py": source, "colorsys.py": ""}), version="2")
    assert bench.answer(function(source)) == [True, False]
    assert bench.answer(own) == [False, True]
    bench.runner.close()


def test_a_template_that_cannot_live_costs_no_invocation(tmp_path: Path) -> None:
    deadly = archive({"python/deadly.py": "import os\nos._exit(3)\n"})
    bench = _bench(tmp_path, preload=("deadly",))
    assert bench.answer(function(PID, layers=(deadly,))) > 0
    bench.runner.close()


def test_an_unused_template_ends_with_the_last_of_its_processes(tmp_path: Path) -> None:
    bench = _bench(tmp_path, idle_seconds=0.1, preload=("colorsys",))
    parent = "import os\ndef handler(event, context):\n    return os.getppid()\n"
    _until_gone(bench.answer(function(parent)))
    assert bench.answer(function(PID)) > 0
    bench.runner.close()


def test_processes_of_a_template_that_was_killed_are_replaced(tmp_path: Path) -> None:
    bench = _bench(tmp_path, preload=("colorsys",))
    both = function("import os\ndef handler(event, context):\n    return os.getppid(), os.getpid()\n")
    template, sandbox = bench.answer(both)
    os.kill(template, signal.SIGKILL)
    _until_gone(sandbox)
    assert bench.answer(both)[0] != template
    bench.runner.close()


def test_packages_of_old_builds_are_removed_and_made_again_when_they_are_asked_for(tmp_path: Path) -> None:
    store = PackageStore(tmp_path)
    old, used = archive({"a.py": ""}), archive({"b.py": ""})
    folders = [store.task_root(package) for package in (old, used)]
    for folder in folders:
        os.utime(folder, (0, 0))
    store.task_root(used)
    store.prune(3600)
    assert [folder.exists() for folder in folders] == [False, True]
    assert (store.task_root(old) / "a.py").exists()
