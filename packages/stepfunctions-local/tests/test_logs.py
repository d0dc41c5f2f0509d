"""Log delivery by level, to the services' CloudWatch Logs."""

import json

import pytest

from stepfunctions_local.observers.logs import LogDelivery, logged
from stepfunctions_local.testing import ROLE, FakeServices, VirtualEngine

GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/states/orders"
DEFINITION = json.dumps(
    {
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "Next": "F"}, "F": {"Type": "Fail", "Error": "Bad", "Cause": "so"}},
    }
)


def records(kind: str = "STANDARD", **configuration: object) -> list[dict]:
    written: list[dict] = []

    def put(params: dict) -> dict:
        assert params["logGroupName"] == "/aws/states/orders"
        written.extend(json.loads(event["message"]) for event in params["logEvents"])
        return {}

    calls = {
        "logs:PutLogEvents": put,
        "logs:CreateLogStream": lambda _: {},
        "logs:DescribeLogGroups": lambda _: {"logGroups": [{"logGroupName": "/aws/states/orders"}]},
    }
    with VirtualEngine(FakeServices(calls=calls)) as engine:
        engine.engine.observers.append(LogDelivery(engine.engine))
        machine = engine.create_state_machine(
            name="orders",
            definition=DEFINITION,
            roleArn=ROLE,
            type=kind,
            loggingConfiguration={
                "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": f"{GROUP}:*"}}],
                **configuration,
            },
        )
        engine.start(machine["stateMachineArn"], {"a": 1})
        engine.pass_time(1)
    return written


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_level_all_logs_all_events_with_data(kind: str) -> None:
    written = records(kind, level="ALL", includeExecutionData=True)
    assert [(entry["id"], entry["previous_event_id"], entry["type"]) for entry in written] == [
        ("1", "0", "ExecutionStarted"),
        ("2", "0", "PassStateEntered"),
        ("3", "2", "PassStateExited"),
        ("4", "3", "FailStateEntered"),
        ("5", "4", "ExecutionFailed"),
    ]
    assert written[0]["details"]["input"] == '{"a": 1}'
    assert written[-1]["details"] == {"error": "Bad", "cause": "so"}
    assert written[0]["redrive_count"] == "0"


def test_execution_data_is_omitted_unless_included() -> None:
    written = records(level="ALL", includeExecutionData=False)
    assert written[0]["details"] == {"roleArn": ROLE}
    assert written[1]["details"] == {"name": "A"}


@pytest.mark.parametrize(
    ("level", "kinds"),
    [("ERROR", ["FailStateEntered", "ExecutionFailed"]), ("FATAL", ["ExecutionFailed"]), ("OFF", [])],
)
def test_level_selects_event_types(level: str, kinds: list[str]) -> None:
    assert [entry["type"] for entry in records(level=level)] == kinds


def test_level_error_includes_timeouts_and_aborts() -> None:
    assert all(logged("ERROR", kind) for kind in ("TaskTimedOut", "WaitStateAborted", "MapRunFailed"))
    assert not logged("FATAL", "TaskFailed")
