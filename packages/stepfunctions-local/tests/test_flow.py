"""States that only compute or wait, and the loop around them."""

from stepfunctions_local.testing import VirtualEngine


def kinds(result) -> list[str]:
    return [event["type"] for event in result.history]


def test_three_pass_states_leave_eight_events_linked_as_aws_links_them() -> None:
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


def test_a_day_of_waiting_takes_no_time_and_can_be_asserted() -> None:
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


def test_a_wait_until_a_moment_that_has_passed_is_over_at_once() -> None:
    definition = {
        "StartAt": "W",
        "States": {"W": {"Type": "Wait", "Timestamp": "2020-01-01T00:00:00Z", "End": True}},
    }
    with VirtualEngine() as engine:
        assert engine.run(definition).elapsed == 0


def test_jsonata_variables_cross_states_and_choice_assigns() -> None:
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


def test_assign_sees_the_variables_as_they_were() -> None:
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


def test_no_choice_matched_is_an_error_by_its_name() -> None:
    definition = {
        "StartAt": "C",
        "States": {
            "C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "D"}]},
            "D": {"Type": "Succeed"},
        },
    }
    with VirtualEngine() as engine:
        assert engine.run(definition, {"a": 2}).error == "States.NoChoiceMatched"


def test_an_undefined_result_is_written_as_an_evaluation_failure() -> None:
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "Output": {"x": "{% $nothing %}"}, "End": True}},
    }
    with VirtualEngine() as engine:
        result = engine.run(definition)
    assert result.error == "States.QueryEvaluationError"
    assert kinds(result)[-2:] == ["EvaluationFailed", "ExecutionFailed"]
    # AWS links it past the state's Entered event, to the one before.
    assert [event["previousEventId"] for event in result.history] == [0, 0, 0, 3]
    details = result.history[-2]["evaluationFailedEventDetails"]
    assert details["location"] == "Output/x"
    assert details["state"] == "A"
    assert details["cause"].startswith(
        "An error occurred while executing the state 'A' (entered at the event id #2). "
    )


def test_a_payload_over_the_quota_ends_the_execution() -> None:
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


def test_variables_may_weigh_ten_megabytes_together() -> None:
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


def test_one_assign_may_weigh_as_much_as_a_payload() -> None:
    state = {"Type": "Pass", "Assign": {"x": "{% $pad('', 262144, 'a') %}"}, "End": True}
    with VirtualEngine() as engine:
        result = engine.run({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state}})
    assert "The size of the variables assigned exceeds the maximum of 262144 bytes" in (result.cause or "")


def test_an_error_of_a_fail_state_is_text() -> None:
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


def test_the_history_stops_at_25000_events() -> None:
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


def test_a_machines_own_timeout_ends_it() -> None:
    definition = {
        "StartAt": "W",
        "TimeoutSeconds": 60,
        "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}},
    }
    with VirtualEngine() as engine:
        result = engine.run(definition)
    assert (result.status, result.elapsed, result.error) == ("TIMED_OUT", 60, None)
    assert result.history[-1]["type"] == "ExecutionTimedOut"


def test_stopping_aborts_with_what_was_said() -> None:
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
