"""Retry and Catch of mocked errors."""

import pytest

from .requests import INVOKE, MACHINE, error, refusal, run

RETRIED = {
    **INVOKE,
    "Retry": [
        {"ErrorEquals": ["Other"]},
        {
            "ErrorEquals": ["Busy"],
            "IntervalSeconds": 2,
            "BackoffRate": 3,
            "MaxAttempts": 3,
            "MaxDelaySeconds": 10,
        },
    ],
    "Catch": [
        {"ErrorEquals": ["Other"], "Next": "X"},
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Handler"},
    ],
}


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 2), (1, 6), (2, 10)])
def test_mocked_error_is_retriable_up_to_max_attempts(attempts: int, seconds: int) -> None:
    response = run(
        RETRIED,
        {"order": 1},
        mock=error("Busy"),
        stateConfiguration={"retrierRetryCount": attempts},
        inspectionLevel="DEBUG",
    )
    assert response["status"] == "RETRIABLE"
    assert response["inspectionData"]["errorDetails"] == {
        "retryIndex": 1,
        "retryBackoffIntervalSeconds": seconds,
    }
    assert "output" not in response


def test_error_after_the_last_attempt_is_caught() -> None:
    response = run(
        RETRIED,
        {"order": 1},
        mock=error("Busy"),
        stateConfiguration={"retrierRetryCount": 3},
        inspectionLevel="DEBUG",
    )
    assert (response["status"], response["nextState"]) == ("CAUGHT_ERROR", "Handler")
    assert response["output"] == {"order": 1, "error": {"Error": "Busy", "Cause": "mocked"}}
    assert response["inspectionData"]["errorDetails"] == {"catchIndex": 1}


def test_error_without_catch_fails() -> None:
    assert run(INVOKE, {"order": 1}, mock=error("Busy")) == {
        "status": "FAILED",
        "error": "Busy",
        "cause": "mocked",
    }


def test_error_caused_by_an_inner_state() -> None:
    params = {"mock": error("E"), "stateName": "M"}
    response = run(MACHINE, {"values": [1]}, stateConfiguration={"errorCausedByState": "Inner"}, **params)
    assert (response["status"], response["error"]) == ("FAILED", "E")
    assert "ValidationException" in refusal(
        MACHINE, {"values": [1]}, stateConfiguration={"errorCausedByState": "Nope"}, **params
    )


def test_exhausted_retrier_is_shown_by_its_index() -> None:
    state = {**INVOKE, "Retry": [{"ErrorEquals": ["Other"]}, {"ErrorEquals": ["Busy"], "MaxAttempts": 2}]}
    response = run(
        state,
        {"order": 1},
        mock=error("Busy"),
        stateConfiguration={"retrierRetryCount": 2},
        inspectionLevel="DEBUG",
    )
    assert (response["status"], response["error"]) == ("FAILED", "Busy")
    assert response["inspectionData"]["errorDetails"] == {"retryIndex": 1}


def test_error_without_a_matching_retrier_has_no_details() -> None:
    state = {**INVOKE, "Retry": [{"ErrorEquals": ["Other"]}]}
    response = run(state, {"order": 1}, mock=error("Busy"), inspectionLevel="DEBUG")
    assert "errorDetails" not in response["inspectionData"]
