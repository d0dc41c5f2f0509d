"""The command line: start, validate, test, history."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import boto3
import pytest

from stepfunctions_local.cli import main

TASK = {
    "StartAt": "A",
    "States": {
        "A": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "${Function}"},
            "ResultSelector": {"value.$": "$.Payload"},
            "Next": "W",
        },
        "W": {"Type": "Wait", "Seconds": 3600, "End": True},
    },
}
MOCK = {
    "StateMachines": {"orders": {"TestCases": {"Happy": {"A": "Ok"}, "Sad": {"A": "Declined"}}}},
    "MockedResponses": {
        "Ok": {"0": {"Return": {"Payload": 1}}},
        "Declined": {"0": {"Throw": {"Error": "CardDeclined", "Cause": "no funds"}}},
    },
}


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    path = tmp_path / "orders.asl.json"
    path.write_text(json.dumps(TASK))
    return path


@pytest.fixture
def mock(tmp_path: Path) -> Path:
    path = tmp_path / "mock.json"
    path.write_text(json.dumps(MOCK))
    return path


@contextmanager
def server(*arguments: str, **environment: str) -> Iterator[str]:
    """Run `start` on a free port and yield its URL."""
    command = [sys.executable, "-m", "stepfunctions_local", "start", "--port", "0", "--store", ":memory:"]
    process = subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, text=True, env=os.environ | environment
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0


def client(url: str):
    return boto3.client(
        "stepfunctions",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def test_validate_accepts_valid_definition(definition: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(definition), "--set", "Function=price"]) == 0
    assert capsys.readouterr().out == f"{definition}: valid\n"


def test_validate_prints_errors_and_exits_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.asl.json"
    path.write_text('{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}')
    assert main(["validate", str(path)]) == 1
    assert "error: MISSING_TRANSITION_TARGET: Missing 'Next' target: B" in capsys.readouterr().out


def test_validate_checks_the_rules_of_the_type(tmp_path: Path) -> None:
    path = tmp_path / "express.asl.json"
    resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    task = {
        "Type": "Task",
        "Resource": resource,
        "Parameters": {"QueueUrl": "u", "MessageBody": "b"},
        "End": True,
    }
    path.write_text(json.dumps({"StartAt": "T", "States": {"T": task}}))
    assert main(["validate", str(path)]) == 0
    assert main(["validate", str(path), "--type", "EXPRESS"]) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["validate", "missing.json"], "missing.json"),
        (["validate", "{definition}", "--set", "Function"], "--set must be NAME=VALUE; got 'Function'"),
        (["test", "{definition}", "--mock", "{definition}"], "The mock file has no state machine."),
        (
            ["test", "{definition}", "--mock", "{mock}", "--machine", "x"],
            "no state machine 'x'. Available: orders.",
        ),
        (
            ["test", "{definition}", "--mock", "{mock}", "--case", "x"],
            "no test case 'x'. Available: Happy, Sad.",
        ),
        (
            ["test", "{definition}", "--mock", "{misspelt}"],
            "The test case 'Happy' mocks the state 'W', which is not a task of the definition. Tasks: A.",
        ),
        (
            ["history", "arn:aws:states:us-east-1:1:execution:m:e", "--endpoint-url", "http://127.0.0.1:1"],
            "connect",
        ),
    ],
)
def test_errors_are_printed_without_traceback(
    arguments: list[str], message: str, definition: Path, mock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    misspelt = mock.with_name("misspelt.json")
    misspelt.write_text(json.dumps(MOCK).replace('{"A": "Ok"}', '{"W": "Ok"}'))
    paths = {"definition": definition, "mock": mock, "misspelt": misspelt}
    assert main([argument.format_map(paths) for argument in arguments]) == 1
    assert message in capsys.readouterr().err


def test_test_runs_all_cases_in_virtual_time(
    definition: Path, mock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test", str(definition), "--mock", str(mock)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "Happy: SUCCEEDED after 3600 s",
        "  A > W",
        "Sad: FAILED after 0 s CardDeclined: no funds",
        "  A",
    ]


def test_test_runs_chosen_case_and_prints_json(
    definition: Path, mock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test", str(definition), "--mock", str(mock), "--case", "Happy", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "Happy": {
            "status": "SUCCEEDED",
            "output": {"value": 1},
            "error": None,
            "cause": None,
            "elapsedSeconds": 3600,
            "states": ["A", "W"],
        }
    }


def test_test_fails_a_task_without_mock_and_names_its_call(
    definition: Path, mock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mock.write_text(json.dumps({"StateMachines": {"orders": {"TestCases": {"None": {}}}}}))
    assert main(["test", str(definition), "--mock", str(mock), "--set", "Function=price"]) == 1
    assert capsys.readouterr().out.splitlines()[0] == (
        "None: FAILED after 0 s States.Runtime: The test case 'None' has no mock of this state, "
        "and the function price is not called in a test."
    )


def test_variable_that_is_no_number_is_named_by_start_alone(
    definition: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WAIT_TIME_SCALE", "fast")
    assert main(["validate", str(definition)]) == 0
    with pytest.raises(SystemExit):
        main(["start"])
    assert "--wait-time-scale: invalid float value: 'fast'" in capsys.readouterr().err


def test_history_prints_events_of_a_running_server(capsys: pytest.CaptureFixture[str]) -> None:
    definition = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
    with server() as url:
        machine = client(url).create_state_machine(
            name="m", definition=definition, roleArn="arn:aws:iam::123456789012:role/r"
        )["stateMachineArn"]
        arn = client(url).start_execution(stateMachineArn=machine, input='{"a":1}')["executionArn"]
        assert main(["history", arn, "--endpoint-url", url]) == 0
        assert [line.split()[2:] for line in capsys.readouterr().out.splitlines()] == [
            ["ExecutionStarted"],
            ["PassStateEntered", "P"],
            ["PassStateExited", "P", '{"a":1}'],
            ["ExecutionSucceeded", '{"a":1}'],
        ]
        assert main(["history", arn, "--endpoint-url", url, "--json"]) == 0
        assert [event["id"] for event in json.loads(capsys.readouterr().out)] == [1, 2, 3, 4]


def test_start_accepts_variables_of_step_functions_local(tmp_path: Path, mock: Path) -> None:
    invoked: list[str] = []

    class Lambda(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            invoked.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "1")
            self.end_headers()
            self.wfile.write(b"7")

        def log_message(self, *_: object) -> None:
            pass

    functions = HTTPServer(("127.0.0.1", 0), Lambda)
    Thread(target=functions.serve_forever, daemon=True).start()
    definition = json.dumps(TASK).replace("${Function}", "price")
    environment = {
        "AWS_ACCOUNT_ID": "111122223333",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "WAIT_TIME_SCALE": "0",
        "LAMBDA_ENDPOINT": f"http://127.0.0.1:{functions.server_port}",
        "SFN_MOCK_CONFIG": str(mock),
    }
    with server(**environment) as url:
        sfn = client(url)
        machine = sfn.create_state_machine(
            name="orders", definition=definition, roleArn="arn:aws:iam::111122223333:role/DummyRole"
        )["stateMachineArn"]
        assert machine == "arn:aws:states:eu-central-1:111122223333:stateMachine:orders"
        outputs = []
        for arn in (machine, f"{machine}#Happy"):
            execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
            while (description := sfn.describe_execution(executionArn=execution))["status"] == "RUNNING":
                pass
            outputs.append(json.loads(description["output"]))
    functions.shutdown()
    assert outputs == [{"value": 7}, {"value": 1}]
    assert len(invoked) == 1  # the mocked execution calls nothing
