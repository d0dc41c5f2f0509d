"""What a handler receives and what its caller gets, by the Lambda Developer Guide."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ..support import LAMBDA_PYTHON
from .conftest import Bench, archive, function

ECHO = "def handler(event, context):\n    return event\n"


def test_invoke_returns_the_response_of_the_handler(bench: Bench) -> None:
    event = {"order_id": "ord-1", "total": 1250, "names": ["Zoë"], "none": None}
    assert bench.response(function(ECHO), event) == event


def test_second_invocation_uses_the_same_process(bench: Bench) -> None:
    counter = """
import os
seen = []
def handler(event, context):
    seen.append(1)
    return [os.getpid(), len(seen)]
"""
    target = function(counter)
    (first, one), (second, two) = bench.response(target), bench.response(target)
    assert (first, one, two) == (second, 1, 2)


def test_invocation_starts_no_thread_pool(bench: Bench) -> None:
    pools = """
from concurrent.futures import ThreadPoolExecutor
def handler(event, context):
    with ThreadPoolExecutor(1) as pool:
        return pool._thread_name_prefix
"""
    target = function(pools)
    assert [bench.response(target) for _ in range(3)] == [f"ThreadPoolExecutor-{n}" for n in range(3)]


def test_thread_of_the_handler_runs_between_invocations(bench: Bench) -> None:
    counter = """
import threading, time
counted = []
def count():
    while True:
        counted.append(1)
        time.sleep(0.01)
threading.Thread(target=count, daemon=True).start()
def handler(event, context):
    return len(counted)
"""
    target = function(counter)
    first = bench.response(target)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and (pause := bench.response(target)) < first + 5:
        time.sleep(0.05)
    assert pause >= first + 5


def test_context_has_the_data_of_the_invocation(bench: Bench) -> None:
    source = """
def handler(event, context):
    return [context.aws_request_id, context.function_name, context.invoked_function_arn,
            context.memory_limit_in_mb, context.log_group_name,
            0 < context.get_remaining_time_in_millis() <= 10000]
"""
    target = function(source)
    assert bench.response(target, request_id="11111111-2222-3333-4444-555555555555") == [
        "11111111-2222-3333-4444-555555555555",
        "under-test",
        target.arn,
        "256",
        "/aws/lambda/under-test",
        True,
    ]


def test_environment_has_variables_of_lambda_and_none_of_the_developer(bench: Bench) -> None:
    source = "import os\ndef handler(event, context):\n    return dict(os.environ)\n"
    seen = bench.response(function(source, environment=(("TABLE_NAME", "orders"),)))
    assert seen["TABLE_NAME"] == "orders"
    assert seen["AWS_ACCESS_KEY_ID"] == "ASIA1"
    assert seen["AWS_REGION"] == "eu-west-1"
    assert seen["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert seen["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert seen["_HANDLER"] == "app.handler"
    assert "DEVELOPER_VARIABLE" not in seen
    assert seen["HOME"] != os.environ.get("HOME")


@pytest.mark.parametrize("module", ["pydantic", "moto", "typer", "local", "tillflow", "pytest", "_pytest"])
def test_module_of_the_developer_is_missing(bench: Bench, module: str) -> None:
    error = bench.error(function(f"import {module}\n" + ECHO))
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert error["errorMessage"] == f"Unable to import module 'app': No module named '{module}'"


def test_modules_of_awss_runtime_are_importable(bench: Bench) -> None:
    source = "import boto3, botocore, awslambdaric\ndef handler(event, context):\n    return boto3.__name__\n"
    assert bench.response(function(source)) == "boto3"


def test_later_layer_overwrites_an_earlier_one(bench: Bench) -> None:
    one = archive({"python/shared.py": "NAME = 'one'\n", "python/only_one.py": "HERE = True\n"})
    two = archive({"python/shared.py": "NAME = 'two'\n"})
    source = (
        "import shared, only_one\ndef handler(event, context):\n    return [shared.NAME, only_one.HERE]\n"
    )
    assert bench.response(function(source, layers=(one, two))) == ["two", True]


def test_error_has_class_message_and_trace_of_the_exception(bench: Bench) -> None:
    source = """
class PaymentDeclined(Exception):
    pass

def charge():
    raise PaymentDeclined("card declined: insufficient funds")

def handler(event, context):
    charge()
"""
    target = function(source)
    error = bench.error(target)
    assert error["errorType"] == "PaymentDeclined"
    assert error["errorMessage"] == "card declined: insufficient funds"
    assert ["in handler" in error["stackTrace"][0], "in charge" in error["stackTrace"][1]] == [True, True]
    assert "awslambdaric" not in "".join(error["stackTrace"])
    assert error["requestId"]


def test_process_survives_an_exception(bench: Bench) -> None:
    source = (
        "import os\ndef handler(event, context):\n    return os.getpid() if event is None else event.no\n"
    )
    target = function(source)
    before = bench.response(target)
    bench.error(target, True)
    assert bench.response(target) == before


def test_handler_is_killed_after_its_timeout(bench: Bench) -> None:
    source = (
        "import os, time\ndef handler(event, context):\n    time.sleep(event or 0)\n    return os.getpid()\n"
    )
    target = function(source, timeout=1)
    pid = bench.response(target)
    outcome = bench.invoke(target, 60, request_id="r-1")
    assert json.loads(outcome.payload) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: r-1 Error: Task timed out after 1.00 seconds",
    }
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert bench.response(target) != pid
    assert any(
        "r-1 Task timed out after 1.00 seconds" in line for line in bench.logs["/aws/lambda/under-test"]
    )


def test_timeout_kills_child_processes(bench: Bench) -> None:
    source = """
import subprocess, time
def handler(event, context):
    child = subprocess.Popen(["sleep", "60"])
    print("child", child.pid)
    time.sleep(60)
"""
    bench.error(function(source, timeout=1))
    [line] = [line for line in bench.logs["/aws/lambda/under-test"] if line.startswith("child")]
    wait_until_ended(int(line.split()[1]))


@pytest.mark.parametrize(
    ("death", "reason"),
    [
        ("os._exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
    ],
)
def test_exit_of_the_runtime_is_an_exit_error(bench: Bench, death: str, reason: str) -> None:
    target = function(f"import os\ndef handler(event, context):\n    if event: {death}\n    return 'alive'\n")
    outcome = bench.invoke(target, True, request_id="r-2")
    expected = {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: r-2 Error: {reason}"}
    assert json.loads(outcome.payload) == expected
    assert bench.response(target) == "alive"


def test_error_of_init_is_the_response(bench: Bench) -> None:
    error = bench.error(function("raise RuntimeError('no configuration')\n" + ECHO))
    assert (error["errorType"], error["errorMessage"]) == ("RuntimeError", "no configuration")


def test_missing_handler_and_syntax_error_have_the_error_types_of_lambda(bench: Bench) -> None:
    assert bench.error(function("x = 1\n"))["errorType"] == "Runtime.HandlerNotFound"
    assert bench.error(function("def handler(:\n"))["errorType"] == "Runtime.UserCodeSyntaxError"


def test_result_that_is_not_json_is_a_marshal_error(bench: Bench) -> None:
    error = bench.error(function("def handler(event, context):\n    return {1, 2}\n"))
    assert error["errorType"] == "Runtime.MarshalError"


def test_response_over_six_megabytes_is_an_error(bench: Bench) -> None:
    error = bench.error(function("def handler(event, context):\n    return 'x' * 6_291_557\n"))
    assert error["errorType"] == "Function.ResponseSizeTooLarge"


def test_role_that_cannot_be_assumed_is_an_error(bench: Bench) -> None:
    error = bench.error(function(ECHO, role_arn="arn:aws:iam::000000000000:role/forbidden"))
    assert error["errorType"] == "AccessDeniedException"
    assert "cannot be assumed by Lambda" in error["errorMessage"]


def test_log_has_lines_of_platform_and_handler(bench: Bench) -> None:
    source = """
import logging, sys
def handler(event, context):
    print("one")
    print("two", file=sys.stderr)
    logging.getLogger().warning("three")
    raise ValueError("four")
"""
    bench.invoke(function(source), None, request_id="r-3")
    lines = bench.logs["/aws/lambda/under-test"]
    kinds = [line.split()[0] for line in lines]
    assert kinds == ["INIT_START", "START", "one", "two", "[WARNING]", "[ERROR]", "END", "REPORT"]
    assert lines[1] == "START RequestId: r-3 Version: $LATEST"
    assert "r-3" in lines[4]
    assert lines[5].startswith("[ERROR] ValueError: four\nTraceback (most recent call last):\n")
    assert "Billed Duration" in lines[7]
    assert "Init Duration" in lines[7]


def test_log_stream_names_the_function_in_a_log_group_that_others_can_share(bench: Bench) -> None:
    source = "def handler(event, context):\n    return context.log_stream_name\n"
    own = bench.response(function(source, name="one", log_group="/aws/lambda/one"))
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", own)
    shared = bench.response(function(source, name="two", log_group="shop"))
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/two\[\$LATEST\]\[[0-9a-f]{32}\]", shared)


def test_handler_receives_the_trace_header(bench: Bench) -> None:
    source = "import os\ndef handler(event, context):\n    return os.environ['_X_AMZN_TRACE_ID']\n"
    target = function(source)
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    assert bench.response(target, trace_header=header) == header
    assert bench.response(target).startswith("Root=1-")


def test_concurrent_invocations_run_in_different_processes(bench: Bench, tmp_path: Path) -> None:
    meeting = f"""
import os, pathlib, time
def handler(event, context):
    here = pathlib.Path({str(tmp_path)!r}) / "meeting"
    here.mkdir(exist_ok=True)
    (here / str(os.getpid())).touch()
    while len(list(here.iterdir())) < 3:
        time.sleep(0.01)
    return os.getpid()
"""
    target = function(meeting, timeout=60)
    with ThreadPoolExecutor(3) as threads:
        pids = list(threads.map(lambda _: bench.response(target), range(3)))
    assert len(set(pids)) == 3


def test_burst_of_short_invocations_uses_few_processes(bench: Bench) -> None:
    target = function("import os\ndef handler(event, context):\n    return os.getpid()\n")
    bench.response(target)
    with ThreadPoolExecutor(16) as threads:
        pids = set(threads.map(lambda _: bench.response(target), range(200)))
    assert len(pids) < 8


def test_new_revision_replaces_the_processes_of_the_old_one(bench: Bench) -> None:
    source = "import os\ndef handler(event, context):\n    return [os.getpid(), os.environ['REVISION']]\n"
    old, new = (function(source, environment=(("REVISION", value),)) for value in ("old", "new"))
    pid, said = bench.response(old)
    assert said == "old"
    assert bench.response(new)[1] == "new"
    wait_until_ended(pid)


def test_close_ends_idle_and_busy_processes(bench: Bench) -> None:
    target = function("import time\ndef handler(event, context):\n    time.sleep(60)\n", timeout=60)
    idle = bench.response(
        function("import os\ndef handler(event, context):\n    return os.getpid()\n", version="7")
    )
    outcomes: list[dict[str, str]] = []
    caller = threading.Thread(target=lambda: outcomes.append(bench.error(target)))
    caller.start()
    while not any(pool._busy for pool in bench.runner._pools.values()):
        time.sleep(0.01)
    bench.runner.close()
    caller.join()
    assert outcomes[0]["errorType"] == "Runtime.ExitError"
    wait_until_ended(idle)


def test_invocation_after_a_too_large_response_succeeds(bench: Bench) -> None:
    target = function("def handler(event, context):\n    return 'x' * event\n")
    assert bench.error(target, 6_291_557)["errorType"] == "Function.ResponseSizeTooLarge"
    assert bench.response(target, 3) == "xxx"


def test_process_that_exceeds_its_memory_is_killed(bench: Bench) -> None:
    source = """
import time
def handler(event, context):
    held = []
    while event:
        held.append(bytearray(20_000_000))
        time.sleep(0.01)
    return "small"
"""
    target = function(source, memory=128, timeout=60)
    error = bench.error(target, True)
    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith("Runtime exited with error: signal: killed")
    report = next(line for line in bench.logs[target.log_group] if line.startswith("REPORT"))
    assert "Max Memory Used: 128 MB" in report
    assert "Status: error\tError Type: Runtime.OutOfMemory" in report
    assert bench.response(target, False) == "small"


def test_stack_trace_has_the_folders_of_aws(bench: Bench) -> None:
    layer = archive({"python/shared.py": "def fail():\n    raise ValueError('reason')\n"})
    source = "import shared\ndef handler(event, context):\n    shared.fail()\n"
    trace = "".join(bench.error(function(source, layers=(layer,)))["stackTrace"])
    assert '"/var/task/app.py"' in trace
    assert '"/opt/python/shared.py"' in trace
    assert '"/var/task/app.py"' in "\n".join(bench.logs["/aws/lambda/under-test"])


@pytest.mark.parametrize("preload", ["", "colorsys"])
def test_processes_end_with_a_killed_parent(tmp_path: Path, preload: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path), str(LAMBDA_PYTHON), preload],
        # It cannot remove the folders of its sandboxes: a stack has them in its own, and removes them as it starts.
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    pids = [int(parent.stdout.readline()) for _ in range(2)]
    parent.kill()
    parent.wait()
    for pid in pids:
        wait_until_ended(pid)


# Starts an idle sandbox and one whose handler never returns, and prints their pids.
_PARENT = r"""
import pathlib, sys, threading, time
from local_aws.lambda_runner import Credentials, LambdaRunner, PackageStore, Platform, ProcessStarter
from tests.lambda_runner.conftest import Bench, function

async def assume(role, session):
    return Credentials("a", "b", "c", time.time() + 3600)

folder, python = map(pathlib.Path, sys.argv[1:3])
processes = ProcessStarter(tuple(filter(None, sys.argv[3:])))
packages = PackageStore(folder)
runner = LambdaRunner(Platform(python, "http://127.0.0.1:1", packages, assume, lambda *_: None, processes))
bench = Bench(runner)
print(bench.response(function("import os\ndef handler(e, c): return os.getpid()\n")), flush=True)

said = folder / "pid"
source = f"import os, pathlib\ndef handler(e, c):\n  pathlib.Path({str(said)!r})"
source += ".write_text(f'{os.getpid()};')\n  while True: pass\n"
busy = function(source, version="2", timeout=60)
threading.Thread(target=bench.invoke, args=(busy,), daemon=True).start()
while not (said.exists() and said.read_text().endswith(";")):
    time.sleep(0.01)
print(said.read_text().strip(";"), flush=True)
time.sleep(60)
"""


def wait_until_ended(pid: int) -> None:
    """Wait for a process to end; fail after 20 s."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return
        except (ProcessLookupError, FileNotFoundError):
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} still runs")
