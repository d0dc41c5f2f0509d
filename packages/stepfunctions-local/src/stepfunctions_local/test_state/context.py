"""Validation of the context object of a TestState request.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
"""

from collections.abc import Mapping
from typing import Any

from ..definition import State, Task
from ..errors import ApiError

_STRING, _NUMBER = "a string", "a number"
# The fields of each object; None for a value of any type.
_FIELDS: dict[str, dict[str, str | None]] = {
    "Execution": {
        "Id": _STRING,
        "Input": None,
        "Name": _STRING,
        "RoleArn": _STRING,
        "StartTime": _STRING,
        "RedriveCount": _NUMBER,
        "RedriveTime": _STRING,
    },
    "State": {"EnteredTime": _STRING, "Name": _STRING, "RetryCount": _NUMBER},
    "StateMachine": {"Id": _STRING, "Name": _STRING},
    "Task": {"Token": _STRING},
}
_TASK_PATTERNS = frozenset({"sync", "sync2", "task_token", "activity"})


def check_context(context: Mapping[str, Any], state: State) -> None:
    """Raise ApiError ValidationException for a context object that the state cannot have."""
    for name, value in context.items():
        if name == "Map":
            raise _invalid("'Map' field is not supported when mocking a Context object")
        if name not in _FIELDS:
            raise _invalid(f"Field '{name}' is not allowed")
        if name == "Task" and not (isinstance(state, Task) and state.integration.pattern in _TASK_PATTERNS):
            raise _invalid(
                "Context object contains 'Task' when state is not a Task state with a '.sync' or "
                "'.waitForTaskToken' service integration pattern"
            )
        if not isinstance(value, dict):
            raise _invalid(f"Field '{name}' must be an object")
        _check_fields(value, _FIELDS[name])


def _check_fields(value: Mapping[str, Any], fields: Mapping[str, str | None]) -> None:
    for name, item in value.items():
        if name not in fields:
            raise _invalid(f"Field '{name}' is not allowed")
        expected = fields[name]
        is_number = isinstance(item, int | float) and not isinstance(item, bool)
        if (expected == _STRING and not isinstance(item, str)) or (expected == _NUMBER and not is_number):
            raise _invalid(f"Field '{name}' must be {expected}")


def _invalid(reason: str) -> ApiError:
    return ApiError("ValidationException", f"Invalid Context object provided: {reason}")
