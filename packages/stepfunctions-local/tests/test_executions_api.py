"""API operations on executions: names, idempotency, listing, history, express, errors."""

import json
import pickle

import pytest

from stepfunctions_local.errors import ApiError
from stepfunctions_local.testing import VirtualEngine

PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}
MISSING = "arn:aws:states:us-east-1:000000000000:execution:none:none"


@pytest.fixture
def engine():
    with VirtualEngine() as engine:
        yield engine


def refusal(engine: VirtualEngine, operation: str, **params: object) -> tuple[str, str]:
    with pytest.raises(ApiError) as refused:
        engine.call(operation, **params)
    return refused.value.code, refused.value.message


def test_same_name_and_input_return_running_execution(engine: VirtualEngine) -> None:
    machine = engine.create(WAIT)
    first = engine.start_execution(stateMachineArn=machine, name="one", input='{"a":1}')
    engine.pass_time(5)
    assert engine.start_execution(stateMachineArn=machine, name="one", input='{"a":1}') == first
    other = refusal(engine, "StartExecution", stateMachineArn=machine, name="one", input='{"a":2}')
    assert other == ("ExecutionAlreadyExists", f"Execution Already Exists: '{first['executionArn']}'")


def test_name_is_reserved_for_90_days_after_end(engine: VirtualEngine) -> None:
    machine = engine.create(PASS)
    engine.start(machine, name="one")
    assert refusal(engine, "StartExecution", stateMachineArn=machine, name="one", input="{}")[0] == (
        "ExecutionAlreadyExists"
    )
    engine.pass_time(90 * 86400 + 1)
    assert engine.result(engine.start(machine, {"b": 1}, name="one")).output == {"b": 1}


@pytest.mark.parametrize(
    ("text", "json_error"),
    [
        (
            "not some json",
            "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or "
            "'false')",
        ),
        (
            "{'not': 'json'",
            "Unexpected character (''' (code 39)): was expecting double-quote to start field name",
        ),
        ("", "Invalid execution input."),
        (
            "[1, ]",
            "Unexpected character (']' (code 93)): expected a valid value (JSON String, Number, Array, Object or token "
            "'null', 'true' or 'false')",
        ),
        (
            '{"a": 1,}',
            "Unexpected character ('}' (code 125)): was expecting double-quote to start field name",
        ),
        ('{"a": 01}', "Invalid numeric value: Leading zeroes not allowed"),
        ("-012", "Invalid numeric value: Leading zeroes not allowed"),
        (
            '"a\nb"',
            "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in "
            "string value",
        ),
        ('"a\\x"', "Unrecognized character escape 'x' (code 120)"),
    ],
)
def test_invalid_json_input_is_rejected_with_aws_message(
    engine: VirtualEngine, text: str, json_error: str
) -> None:
    machine = engine.create(PASS)
    assert refusal(engine, "StartExecution", stateMachineArn=machine, input=text) == (
        "InvalidExecutionInput",
        f"Invalid State Machine Execution Input: '{json_error}'",
    )


@pytest.mark.parametrize(
    "text", ["2", '"some text"', "null", "[]", '"half a \\ud800 pair"', "[123456789012345678]"]
)
def test_any_json_value_is_accepted_as_input(engine: VirtualEngine, text: str) -> None:
    arn = engine.start_execution(stateMachineArn=engine.create(PASS), input=text)["executionArn"]
    assert engine.describe_execution(executionArn=arn)["output"] == text


def test_invalid_execution_name_is_rejected(engine: VirtualEngine) -> None:
    machine = engine.create(PASS)
    assert refusal(engine, "StartExecution", stateMachineArn=machine, name="a b") == (
        "InvalidName",
        "Invalid Name: 'a b'",
    )


@pytest.mark.parametrize(
    "operation",
    ["DescribeExecution", "GetExecutionHistory", "StopExecution", "RedriveExecution", "ListMapRuns"],
)
def test_missing_execution_raises_does_not_exist(engine: VirtualEngine, operation: str) -> None:
    assert refusal(engine, operation, executionArn=MISSING) == (
        "ExecutionDoesNotExist",
        f"Execution Does Not Exist: '{MISSING}'",
    )


def test_description_has_input_and_output(engine: VirtualEngine) -> None:
    result = engine.run(PASS, {"a": 1}, name="one")
    described = engine.describe_execution(executionArn=result.arn)
    assert described["status"] == "SUCCEEDED"
    assert (described["input"], described["output"]) == ('{"a": 1}', '{"a":1}')
    assert described["inputDetails"] == described["outputDetails"] == {"included": True}
    assert (described["redriveCount"], described["redriveStatus"]) == (0, "NOT_REDRIVABLE")
    bare = engine.describe_execution(executionArn=result.arn, includedData="METADATA_ONLY")
    assert "input" not in bare


def test_executions_are_listed_newest_first_in_pages(engine: VirtualEngine) -> None:
    machine = engine.create(PASS)
    for number in range(5):
        engine.start(machine, name=f"e{number}")
    first = engine.list_executions(stateMachineArn=machine, maxResults=3)
    second = engine.list_executions(stateMachineArn=machine, maxResults=3, nextToken=first["nextToken"])
    assert [e["name"] for e in first["executions"] + second["executions"]] == ["e4", "e3", "e2", "e1", "e0"]
    assert "nextToken" not in second


def test_executions_are_filtered_by_status(engine: VirtualEngine) -> None:
    machine = engine.create(WAIT)
    engine.start(machine, name="one")
    running = engine.list_executions(stateMachineArn=machine, statusFilter="RUNNING")
    assert [e["name"] for e in running["executions"]] == ["one"]
    assert engine.list_executions(stateMachineArn=machine, statusFilter="SUCCEEDED")["executions"] == []
    code, message = refusal(engine, "ListExecutions", stateMachineArn=machine, statusFilter="succeeded")
    assert code == "ValidationException"
    assert "[SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]" in message


def test_history_pages_in_both_orders_and_without_data(engine: VirtualEngine) -> None:
    arn = engine.run(PASS).arn
    page = engine.get_execution_history(executionArn=arn, maxResults=3)
    rest = engine.get_execution_history(executionArn=arn, maxResults=3, nextToken=page["nextToken"])
    assert [event["id"] for event in page["events"] + rest["events"]] == [1, 2, 3, 4]
    back = engine.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=3)
    assert [event["id"] for event in back["events"]] == [4, 3, 2]
    last = engine.get_execution_history(executionArn=arn, reverseOrder=True, nextToken=back["nextToken"])
    assert [event["id"] for event in last["events"]] == [1]
    bare = engine.get_execution_history(executionArn=arn, includeExecutionData=False)["events"]
    assert "input" not in bare[0]["executionStartedEventDetails"]


def test_invalid_next_token_is_rejected(engine: VirtualEngine) -> None:
    arns = [engine.run(PASS).arn for _ in range(2)]
    foreign = engine.list_state_machines(maxResults=1)["nextToken"]
    for token in (foreign, "nonsense"):
        assert (
            refusal(engine, "GetExecutionHistory", executionArn=arns[0], nextToken=token)[0] == "InvalidToken"
        )


def test_describe_machine_for_execution_returns_started_revision(engine: VirtualEngine) -> None:
    machine = engine.create(WAIT)
    arn = engine.start(machine)
    engine.update_state_machine(stateMachineArn=machine, definition=json.dumps(PASS))
    response = engine.describe_state_machine_for_execution(executionArn=arn)
    assert json.loads(response["definition"]) == WAIT
    assert engine.finish(arn).elapsed == 60


def test_sync_express_execution_returns_result(engine: VirtualEngine) -> None:
    machine = engine.create(PASS, kind="EXPRESS")
    response = engine.start_sync_execution(stateMachineArn=machine, name="one", input='{"a":1}')
    assert response["status"] == "SUCCEEDED"
    assert response["output"] == '{"a":1}'
    assert ":express:" in response["executionArn"]
    assert response["billingDetails"] == {"billedDurationInMilliseconds": 100, "billedMemoryUsedInMB": 64}
    started = engine.start_execution(stateMachineArn=machine)["executionArn"]
    wrong = ("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'")
    assert refusal(engine, "DescribeExecution", executionArn=started) == wrong
    assert refusal(engine, "GetExecutionHistory", executionArn=started) == wrong
    assert refusal(engine, "StopExecution", executionArn=started) == wrong
    unsupported = (
        "StateMachineTypeNotSupported",
        "This operation is not supported by this type of state machine",
    )
    assert refusal(engine, "ListExecutions", stateMachineArn=machine) == unsupported
    assert refusal(engine, "StartSyncExecution", stateMachineArn=engine.create(PASS)) == unsupported


def test_failed_sync_express_execution_has_error_and_cause(engine: VirtualEngine) -> None:
    machine = engine.create(
        {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Bad", "Cause": "so"}}}, kind="EXPRESS"
    )
    response = engine.start_sync_execution(stateMachineArn=machine)
    assert (response["status"], response["error"], response["cause"]) == ("FAILED", "Bad", "so")
    assert "output" not in response


def test_express_execution_times_out_after_five_minutes(engine: VirtualEngine) -> None:
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    response = engine.start_sync_execution(stateMachineArn=engine.create(wait, kind="EXPRESS"))
    assert (response["status"], response["stopDate"] - response["startDate"]) == ("TIMED_OUT", 300)


def test_api_error_survives_pickling() -> None:
    there = pickle.loads(pickle.dumps(ApiError("InvalidName", "Invalid Name: ''", reason="x")))
    assert (str(there), there.status, there.fields) == ("InvalidName: Invalid Name: ''", 400, {"reason": "x"})
