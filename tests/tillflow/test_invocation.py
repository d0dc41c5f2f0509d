"""Calls of another service's function: its response, and its failure by name."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from tillflow.invocation import FunctionFailed, call_function


def client(payload: object, **response: str) -> Any:
    """A Lambda client that checks what it is asked, and responds with this payload."""

    def invoke(FunctionName: str, Payload: str) -> dict[str, Any]:
        assert (FunctionName, json.loads(Payload)) == ("ReadDemand", {"days": 28})
        return {"Payload": io.BytesIO(json.dumps(payload).encode()), **response}

    return SimpleNamespace(invoke=invoke)


def test_response_of_the_function_is_returned() -> None:
    assert call_function(client({"demand": []}), "ReadDemand", {"days": 28}) == {"demand": []}


@pytest.mark.parametrize(
    ("payload", "error", "message"),
    [
        (
            {"errorType": "UnknownCustomer", "errorMessage": "no customer c-1"},
            "UnknownCustomer",
            "no customer c-1",
        ),
        ({"errorMessage": "Task timed out after 3.00 seconds"}, "", "Task timed out after 3.00 seconds"),
        ({}, "", ""),
    ],
)
def test_failure_has_the_name_and_message_of_the_functions_error(
    payload: dict[str, str], error: str, message: str
) -> None:
    with pytest.raises(FunctionFailed) as failure:
        call_function(client(payload, FunctionError="Unhandled"), "ReadDemand", {"days": 28})
    assert (failure.value.error, failure.value.message) == (error, message)
