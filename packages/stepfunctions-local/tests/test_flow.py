"""The interpreter loop with states that only compute or wait."""

from stepfunctions_local.engine import Config
from stepfunctions_local.testing import VirtualEngine


def kinds(result) -> list[str]:
    return [event["type"] for event in result.history]


def test_three_pass_states_write_eight_linked_events() -> None:
    definition = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Next": "B"},
            "B": {"Type": "Pass", "Result": {"x": 1}, "ResultPath": "$.r", "Next": "C"},
            "C": {"Type": "Pass", "OutputPath": "$.r", "End": True},
        },
    }
    with VirtualEngine() as engine:
        result = engine.run(definition, {"a": 1})
    assert result.status == "SUCCEEDED"
    assert result.output == {"x": 1}
    assert kinds(result) == [
        "ExecutionStarted",
        *["PassStateEntered", "PassStateExited"] * 3,
        "ExecutionSucceeded",
    ]
    # The first state's Entered follows from nothing, every other event from the one before it.
    assert [event["previousEventId"] for event in result.history] == [0, 0, 2, 3, 4, 5, 6, 7]
    assert result.history[4]["stateExitedEventDetails"] == {
        "name": "B",
        "output": '{"a":1,"r":{"x":1}}',
        "outputDetails": {"truncated": False},
    }


def test_wait_of_a_day_elapses_in_virtual_time() -> None:
    definition = {
        "StartAt": "Day",
        "States": {
            "Day": {"Type": "Wait", "Seconds": 86400, "Next": "Until"},
            "Until": {"Type": "Wait", "TimestampPath": "$.at", "End": True},
        },
    }
    with VirtualEngine() as engine:
        result = engine.run(definition, {"at": "2026-01-03T00:00:00Z"})
    assert result.elapsed == 2 * 86400


def test_wait_until_past_timestamp_ends_immediately() -> None:
    definition = {
        "StartAt": "W",
        "States": {"W": {"Type": "Wait", "Timestamp": "2020-01-01T00:00:00Z", "End": True}},
    }
    with VirtualEngine() as engine:
        assert engine.run(definition).elapsed == 0


def test_jsonata_variables_persist_across_states() -> None:
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Set",
        "States": {
            "Set": {
                "Type": "Pass",
                "Assign": {"n": "{% $states.input.n %}"},
                "Output": "{% 'out' %}",
                "Next": "Ask",
            },
            "Ask": {
                "Type": "Choice",
                "Choices": [
                    {
                        "Condition": "{% $n > 5 %}",
                        "Assign": {"size": "large"},
                        "Output": "{% $n * 2 %}",
                        "Next": "End",
                    }
                ],
                "Default": "Small",
            },
            "Small": {"Type": "Fail", "Error": "Small", "Cause": "{% 'only ' & $string($n) %}"},
            "End": {"Type": "Succeed", "Output": {"size": "{% $size %}", "doubled": "{% $states.input %}"}},
        },
    }
    with VirtualEngine() as engine:
        assert engine.run(definition, {"n": 7}).output == {"size": "large", "doubled": 14}
        small = engine.run(definition, {"n": 3})
    assert (small.status, small.error, small.cause) == ("FAILED", "Small", "only 3")
    assert small.history[-1]["executionFailedEventDetails"] == {"error": "Small", "cause": "only 3"}


def test_assign_reads_previous_values() -> None:
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "One",
        "States": {
            "One": {"Type": "Pass", "Assign": {"x": 1, "y": 2}, "Next": "Swap"},
            "Swap": {
                "Type": "Pass",
                "Assign": {"x": "{% $y %}", "y": "{% $x %}"},
                "Output": "{% $x %}",
                "Next": "End",
            },
            "End": {"Type": "Pass", "Output": "{% [$states.input, $x, $y] %}", "End": True},
        },
    }
    with VirtualEngine() as engine:
        assert engine.run(definition).output == [1, 2, 1]


def test_undefined_result_writes_evaluation_failed() -> None:
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "Output": {"x": "{% $nothing %}"}, "End": True}},
    }
    with VirtualEngine() as engine:
        result = engine.run(definition)
    assert result.error == "States.QueryEvaluationError"
    assert kinds(result)[-2:] == ["EvaluationFailed", "ExecutionFailed"]
    assert [event["previousEventId"] for event in result.history] == [0, 0, 0, 3]
    details = result.history[-2]["evaluationFailedEventDetails"]
    assert details["location"] == "Output/x"
    assert details["state"] == "A"
    assert details["cause"].startswith(
        "An error occurred while executing the state 'A' (entered at the event id #2). "
    )


def test_payload_over_quota_fails_execution() -> None:
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Big",
        "States": {
            "Big": {"Type": "Pass", "Output": "{% $join([1..60000].($string($) & ',')) %}", "End": True}
        },
    }
    with VirtualEngine() as engine:
        result = engine.run(definition)
    assert result.error == "States.DataLimitExceeded"
    assert result.cause == (
        "The state/task 'Big' returned a result with a size exceeding the maximum number of bytes service limit."
    )


def test_variables_quota_is_ten_megabytes() -> None:
    filled = {
        "QueryLanguage": "JSONata",
        "StartAt": "S0",
        "States": {
            f"S{n}": {"Type": "Pass", "Assign": {f"v{n}": "{% $pad('', 250000, 'a') %}"}, "Next": f"S{n + 1}"}
            for n in range(42)
        },
    }
    filled["States"]["S42"] = {"Type": "Succeed"}  # type: ignore[index]
    with VirtualEngine() as engine:
        result = engine.run(filled)
        # The same variable given anew weighs once.
        for state in filled["States"].values():  # type: ignore[attr-defined]
            if "Assign" in state:
                state["Assign"] = {"v": "{% $pad('', 250000, 'a') %}"}
        assert engine.run(filled).status == "SUCCEEDED"
    assert result.error == "States.Runtime"
    assert result.cause == (
        "An error occurred while executing the state 'S41' (entered at the event id #84). "
        "The total size of the variables of the execution exceeds the maximum of 10485760 bytes"
    )


def test_assign_quota_equals_payload_quota() -> None:
    state = {"Type": "Pass", "Assign": {"x": "{% $pad('', 262144, 'a') %}"}, "End": True}
    with VirtualEngine() as engine:
        result = engine.run({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state}})
    assert "The size of the variables assigned exceeds the maximum of 262144 bytes" in (result.cause or "")


def test_fail_state_error_must_be_string() -> None:
    with VirtualEngine() as engine:
        jsonata = engine.run(
            {
                "QueryLanguage": "JSONata",
                "StartAt": "F",
                "States": {"F": {"Type": "Fail", "Error": "{% 1 %}"}},
            }
        )
        jsonpath = engine.run(
            {"StartAt": "F", "States": {"F": {"Type": "Fail", "ErrorPath": "$.n"}}}, {"n": 1}
        )
    where = "An error occurred while executing the state 'F' (entered at the event id #2). "
    assert (jsonata.error, jsonata.cause) == (
        "States.QueryEvaluationError",
        f"{where}The JSONata expression '1' specified for the field 'Error' returned an unexpected result type. "
        "Expected 'string', but was 'number' for value: 1",
    )
    assert (jsonpath.error, jsonpath.cause) == (
        "States.Runtime",
        f"{where}The ErrorPath parameter does not reference a valid string: $.n == 1",
    )


def test_history_ends_at_25000_events() -> None:
    definition = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Next": "B"},
            "B": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.never", "IsPresent": True, "Next": "C"}],
                "Default": "A",
            },
            "C": {"Type": "Succeed"},
        },
    }
    with VirtualEngine() as engine:
        result = engine.run(definition)
    assert result.status == "FAILED"
    assert len(result.history) == 25_000
    assert result.history[-1]["type"] == "ExecutionFailed"
    assert "25000" in (result.cause or "")


def test_machine_timeout_ends_execution() -> None:
    definition = {
        "StartAt": "W",
        "TimeoutSeconds": 60,
        "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}},
    }
    with VirtualEngine() as engine:
        result = engine.run(definition)
    assert (result.status, result.elapsed, result.error) == ("TIMED_OUT", 60, None)
    assert result.history[-1]["type"] == "ExecutionTimedOut"


def test_stop_records_error_and_cause() -> None:
    definition = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    with VirtualEngine() as engine:
        arn = engine.start(engine.create(definition))
        engine.pass_time(5)
        engine.stop_execution(executionArn=arn, error="Enough", cause="closing time")
        result = engine.result(arn)
        again = engine.stop_execution(executionArn=arn, error="Other")
    assert (result.status, result.error, result.cause, result.elapsed) == (
        "ABORTED",
        "Enough",
        "closing time",
        5,
    )
    assert result.history[-1]["executionAbortedEventDetails"] == {"error": "Enough", "cause": "closing time"}
    assert result.history[-1]["previousEventId"] == 0
    assert again["stopDate"] == result.history[-1]["timestamp"]


def test_wait_time_scale_multiplies_waits() -> None:
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100, "End": True}}}
    with VirtualEngine(config=Config(wait_time_scale=0.25)) as engine:
        assert engine.run(wait).elapsed == 25
