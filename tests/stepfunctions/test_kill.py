"""kill -9 at random moments under load: nothing accepted is lost, nothing completed runs again.

STEPFUNCTIONS_KILLS in the environment says how often (the default keeps the suite quick).
"""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

KILLS = int(os.environ.get("STEPFUNCTIONS_KILLS", "6"))
ORDERS = 24
ROLE = "arn:aws:iam::000000000000:role/test"


def task(step: str, next_state: str | None, **more: object) -> dict:
    payload = {"order": "{% $order %}", "step": step}
    arguments = {"FunctionName": "note", "Payload": payload}
    end = {"Next": next_state} if next_state else {"End": True}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": arguments,
        **end,
        **more,
    }


DEFINITION = {
    "QueryLanguage": "JSONata",
    "StartAt": "Begin",
    "States": {
        "Begin": {"Type": "Pass", "Assign": {"order": "{% $states.input.order %}"}, "Next": "First"},
        "First": task("first", "Pause"),
        "Pause": {"Type": "Wait", "Seconds": 1, "Next": "Callback"},
        "Callback": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Arguments": {
                "FunctionName": "note",
                "Payload": {
                    "order": "{% $order %}",
                    "step": "callback",
                    "token": "{% $states.context.Task.Token %}",
                },
            },
            "Next": "Both",
        },
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "Left", "States": {"Left": task("left", None)}},
                {"StartAt": "Right", "States": {"Right": task("right", None)}},
            ],
            "Next": "Each",
        },
        "Each": {
            "Type": "Map",
            "Items": [1, 2, 3],
            "MaxConcurrency": 2,
            "ItemProcessor": {
                "StartAt": "Item",
                "States": {
                    "Item": {
                        "Type": "Pass",
                        "Output": "{% 'item-' & $string($states.input) %}",
                        "Next": "Do",
                    },
                    "Do": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::lambda:invoke",
                        "Arguments": {
                            "FunctionName": "note",
                            "Payload": {"order": "{% $order %}", "step": "{% $states.input %}"},
                        },
                        "End": True,
                    },
                },
            },
            "Next": "Spread",
        },
        "Spread": {
            "Type": "Map",
            "Items": ["{% $order %}", "{% $order %}"],
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Child",
                "States": {
                    "Child": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::lambda:invoke",
                        "Arguments": {
                            "FunctionName": "note",
                            "Payload": {"order": "{% $states.input %}", "step": "child"},
                        },
                        "End": True,
                    }
                },
            },
            "End": True,
        },
    },
}


class Keeper:
    """Starts the engine's process, kills it, starts it again on the same store."""

    def __init__(self, folder: Path):
        self.store, self.log = folder / "states.db", folder / "calls.log"
        self.process: subprocess.Popen[str] | None = None
        self.port = 0

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.stepfunctions.durable_app", str(self.store), str(self.log)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def client(self):
        return boto3.client(
            "stepfunctions",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 0}, connect_timeout=2, read_timeout=5),
        )

    def calls(self) -> list[list[str]]:
        return [line.split(" ") for line in self.log.read_text().splitlines()] if self.log.exists() else []


@pytest.fixture
def keeper(tmp_path: Path):
    keeper = Keeper(tmp_path)
    keeper.start()
    yield keeper
    keeper.kill()


def call_back(keeper: Keeper, done: set[str]) -> None:
    """Answer every token seen so far that has not been answered."""
    for _, _, token in keeper.calls():
        if token and token not in done:
            try:
                keeper.client().send_task_success(taskToken=token, output="{}")
            except ClientError as error:
                assert error.response["Error"]["Code"] == "TaskTimedOut", error
            done.add(token)


def test_nothing_is_lost_and_nothing_completed_runs_again(keeper: Keeper) -> None:
    seed = random.randrange(1 << 30)
    dice = random.Random(seed)
    machine = keeper.client().create_state_machine(
        name="orders", definition=json.dumps(DEFINITION), roleArn=ROLE
    )
    arn = machine["stateMachineArn"]
    accepted: dict[str, str] = {}
    wanted = [f"order-{number}" for number in range(ORDERS)]
    answered: set[str] = set()

    kills = 0
    deadline = time.monotonic() + 120 + KILLS * 10
    while True:
        assert time.monotonic() < deadline, f"not finished in time, seed {seed}"
        timer = None
        if kills < KILLS:
            kills += 1
            timer = threading.Timer(dice.uniform(0.05, 0.8), keeper.kill)
            timer.start()
        try:
            client = keeper.client()
            while True:
                for name in wanted:
                    if name not in accepted:
                        given = json.dumps({"order": name})
                        started = client.start_execution(stateMachineArn=arn, name=name, input=given)
                        accepted[name] = started["executionArn"]
                call_back(keeper, answered)
                statuses = {
                    client.describe_execution(executionArn=execution)["status"]
                    for execution in accepted.values()
                }
                if timer is None and statuses == {"SUCCEEDED"}:
                    break
        except (BotoCoreError, OSError):
            assert timer is not None
            timer.join()
            keeper.start()
            continue
        break

    check(keeper, accepted)


def check(keeper: Keeper, accepted: dict[str, str]) -> None:
    client = keeper.client()
    delivered = Counter((order, step) for order, step, _ in keeper.calls())
    for name, execution in accepted.items():
        events = client.get_execution_history(executionArn=execution, maxResults=1000)["events"]
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))
        entered = Counter(
            event["stateEnteredEventDetails"]["name"]
            for event in events
            if "stateEnteredEventDetails" in event
        )
        once = {"Begin", "First", "Pause", "Callback", "Both", "Left", "Right", "Each", "Spread"}
        assert entered == {**dict.fromkeys(once, 1), "Item": 3, "Do": 3}, name
        scheduled = sum(event["type"] == "TaskScheduled" for event in events)
        succeeded = sum(event["type"] == "TaskSucceeded" for event in events)
        assert scheduled == succeeded == 7, name
        steps = ["first", "callback", "left", "right", "item-1", "item-2", "item-3"]
        for step in steps:
            assert 1 <= delivered[name, step] <= 1 + KILLS, (name, step)
        assert delivered[name, "child"] >= 2
        runs = client.list_map_runs(executionArn=execution)["mapRuns"]
        assert len(runs) == 1
        children = client.list_executions(mapRunArn=runs[0]["mapRunArn"])["executions"]
        assert [child["status"] for child in children] == ["SUCCEEDED", "SUCCEEDED"]


def test_a_second_process_is_refused_in_one_sentence(keeper: Keeper) -> None:
    command = [sys.executable, "-m", "local.stepfunctions", "--port", "0", "--store", str(keeper.store)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert second.returncode == 1
    assert keeper.process is not None
    assert f"already open in process {keeper.process.pid}" in second.stderr
    assert "Traceback" not in second.stderr
