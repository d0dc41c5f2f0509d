"""Number, lifetime and replacement of sandboxes."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local_aws.lambda_runner import (
    Credentials,
    LambdaRunner,
    PackageStore,
    Platform,
    ProcessStarter,
    Throttled,
)

from ..support import LAMBDA_PYTHON
from .conftest import Bench, archive, function
from .test_runner import wait_until_ended

# Landlock has version 3 since Linux 6.2; a package in /tmp could be written, since handlers may write there.
_HAS_LANDLOCK = ctypes.CDLL(None).syscall(444, None, 0, 1) >= 3 if sys.platform == "linux" else False

PID = "import os\ndef handler(event, context):\n    return os.getpid()\n"


def _bench(
    tmp_path: Path, *, lifetime: float = 3600, preload: tuple[str, ...] = (), **limits: float
) -> Bench:
    assumed: list[str] = []

    async def assume(role_arn: str, session: str) -> Credentials:
        assumed.append(role_arn)
        return Credentials(f"ASIA{len(assumed)}", "secret", "token", time.time() + lifetime)

    packages, processes = PackageStore(tmp_path), ProcessStarter(preload)
    platform = Platform(LAMBDA_PYTHON, "http://127.0.0.1:1", packages, assume, lambda *_: None, processes)
    return Bench(LambdaRunner(platform, **limits), assumed=assumed)  # type: ignore[arg-type]


def test_idle_process_ends(tmp_path: Path) -> None:
    bench = _bench(tmp_path, idle_seconds=0.1)
    wait_until_ended(bench.response(function(PID)))
    bench.runner.close()


def test_process_is_replaced_before_its_credentials_expire(tmp_path: Path) -> None:
    bench = _bench(tmp_path, lifetime=200)
    first, second = bench.response(function(PID)), bench.response(function(PID))
    assert first != second
    assert len(bench.assumed) == 2
    wait_until_ended(first)
    bench.runner.close()


def test_callers_beyond_the_limit_wait(tmp_path: Path) -> None:
    bench = _bench(tmp_path, per_function=1)
    source = """
import os, pathlib, time
busy = pathlib.Path(os.environ["FOLDER"]) / "busy"
def handler(event, context):
    busy.mkdir()
    time.sleep(0.05)
    busy.rmdir()
"""
    target = function(source, environment=(("FOLDER", str(tmp_path)),))
    with ThreadPoolExecutor(8) as threads:
        responses = list(threads.map(lambda _: bench.response(target), range(8)))
    assert responses == [None] * 8
    bench.runner.close()


def test_invocation_that_cannot_start_in_time_is_throttled(tmp_path: Path) -> None:
    bench = _bench(tmp_path, per_function=1, queue_timeout=0.2)
    slow = function("import time\ndef handler(event, context):\n    time.sleep(event)\n    return 'done'\n")
    bench.response(slow, 0)
    with ThreadPoolExecutor(2) as threads:
        running = threads.submit(bench.response, slow, 1)
        time.sleep(0.1)
        with pytest.raises(Throttled):
            bench.response(slow, 0)
        assert running.result() == "done"
    assert bench.response(slow, 0) == "done"
    bench.runner.close()


def test_functions_do_not_share_processes(tmp_path: Path) -> None:
    bench = _bench(tmp_path)
    one = function(PID)
    other = function(PID, arn=one.arn.replace("under-test", "other"), name="other")
    assert bench.response(one) != bench.response(other)
    bench.runner.close()


def test_callers_wait_for_the_first_process_that_starts(tmp_path: Path) -> None:
    bench = _bench(tmp_path)
    slow_to_start = function("import time\ntime.sleep(0.6)\n" + PID)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: bench.response(slow_to_start), range(4)))
    assert len(bench.assumed) == 1
    bench.runner.close()


def test_modules_are_preloaded_unless_the_package_has_its_own(
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
    assert bench.response(function(source)) == [True, False]
    assert bench.response(own) == [False, True]
    bench.runner.close()


def test_invocation_succeeds_when_the_fork_server_exits(tmp_path: Path) -> None:
    exiting = archive({"python/exiting.py": "import os\nos._exit(3)\n"})
    bench = _bench(tmp_path, preload=("exiting",))
    assert bench.response(function(PID, layers=(exiting,))) > 0
    bench.runner.close()


def test_unused_fork_server_ends_after_its_last_process(tmp_path: Path) -> None:
    bench = _bench(tmp_path, idle_seconds=0.1, preload=("colorsys",))
    parent = "import os\ndef handler(event, context):\n    return os.getppid()\n"
    wait_until_ended(bench.response(function(parent)))
    assert bench.response(function(PID)) > 0
    bench.runner.close()


def test_processes_of_a_killed_fork_server_are_replaced(tmp_path: Path) -> None:
    bench = _bench(tmp_path, preload=("colorsys",))
    both = function("import os\ndef handler(event, context):\n    return os.getppid(), os.getpid()\n")
    server, sandbox = bench.response(both)
    os.kill(server, signal.SIGKILL)
    wait_until_ended(sandbox)
    outcome = bench.invoke(both)
    if outcome.function_error:  # it reached the ended sandbox before the runner noticed, as can happen on AWS
        outcome = bench.invoke(both)
    assert outcome.function_error is None, outcome
    assert json.loads(outcome.payload)[0] != server
    bench.runner.close()


def test_unused_packages_are_deleted_and_unpacked_again(tmp_path: Path) -> None:
    store = PackageStore(tmp_path)
    old, used = archive({"a.py": ""}), archive({"b.py": ""})
    folders = [store.task_root(package) for package in (old, used)]
    for folder in folders:
        os.utime(folder, (0, 0))
    store.task_root(used)
    store.prune(3600)
    assert [folder.exists() for folder in folders] == [False, True]
    assert (store.task_root(old) / "a.py").exists()


@pytest.mark.parametrize("parent", ["/tmp", "/var/tmp"])
@pytest.mark.parametrize("preload", [(), ("colorsys",)], ids=["alone", "forked"])
def test_handler_changes_files_in_tmp_alone(preload: tuple[str, ...], parent: str) -> None:
    source = """
import os, tempfile
def handler(event, context):
    denied = []
    for change in (
        lambda: open("new.txt", "w"), lambda: open("app.py", "a"), lambda: os.remove("app.py"),
        lambda: os.truncate("app.py", 0), lambda: os.mkdir("new"), lambda: os.rename("app.py", "b.py"),
    ):
        try:
            change()
        except OSError as error:
            denied.append(str(error).partition(":")[0])
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(dir="/tmp") as other:
        os.mkdir(f"{folder}/sub")
        with open(f"{folder}/a", "w") as file:
            file.write("text")
        os.rename(f"{folder}/a", f"{folder}/sub/a")
        open(f"{other}/b", "w").close()
        return denied, open(f"{folder}/sub/a").read(), sorted(os.listdir(os.environ["LAMBDA_TASK_ROOT"]))
"""
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        bench = _bench(Path(folder), preload=preload)
        denied, text, files = bench.response(function(source))
        bench.runner.close()
    assert denied == ["[Errno 30] Read-only file system"] * 6
    assert (text, files) == ("text", ["app.py"])


@pytest.mark.skipif(not _HAS_LANDLOCK, reason="needs Landlock")
def test_program_of_a_handler_changes_files_in_tmp_alone() -> None:
    source = """
import subprocess
def handler(event, context):
    return [subprocess.run(["mkdir", "-p", path]).returncode for path in ("new", "/tmp")]
"""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        bench = _bench(Path(folder))
        package, tmp = bench.response(function(source))
        bench.runner.close()
    assert (package != 0, tmp) == (True, 0)


def test_memory_of_a_handler_includes_its_programs(bench: Bench) -> None:
    source = """
import subprocess, sys
def handler(event, context):
    program = "import time; x = bytearray(b'x' * 400_000_000); time.sleep(20)"
    return subprocess.run([sys.executable, "-c", program]).returncode
"""
    outcome = bench.invoke(function(source, memory=128, timeout=30))
    assert json.loads(outcome.payload)["errorMessage"].endswith("signal: killed")
    assert "Runtime.OutOfMemory" in outcome.log


def test_traces_of_a_failed_import_have_the_folders_of_aws(bench: Bench) -> None:
    [frame] = json.loads(bench.invoke(function("def handler(event, context) pass\n")).payload)["stackTrace"]
    assert '"/var/task/app.py" Line 1' in frame
    trace = "".join(
        json.loads(bench.invoke(function("raise ValueError('at start')\n")).payload)["stackTrace"]
    )
    assert '"/var/lang/lib/python3' in trace
    assert '"/var/task/app.py", line 1' in trace
