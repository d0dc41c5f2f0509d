"""Checks of a Task's evaluated arguments, before the task is scheduled."""

from typing import Any

from ..definition import Task
from ..errors import RuntimeFailure
from ..expressions.intrinsics import is_path_or_call


def check_arguments(state: Task, arguments: Any, text: str) -> None:
    """Raise RuntimeFailure for arguments with which the task cannot be started; `text` is their JSON."""
    if state.integration.pattern in ("lambda_arn", "activity"):
        return
    # AWS validates evaluated parameters as it does those of the definition.
    if not state.is_jsonata and '.$"' in text and (names := _names_without_path(arguments)):
        reasons = ", ".join(
            f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
            for name in names
        )
        raise RuntimeFailure(f"The Parameters '{text}' could not be used to start the Task: [{reasons}]")
    state.integration.check_arguments(arguments)


def _names_without_path(value: Any) -> list[str]:
    """Return the names ending in `.$` of fields whose value is not a path or an intrinsic function call."""
    if isinstance(value, list):
        return [name for item in value for name in _names_without_path(item)]
    if not isinstance(value, dict):
        return []
    names = []
    for name, item in value.items():
        if not name.endswith(".$"):
            names += _names_without_path(item)
        elif not is_path_or_call(item):
            names.append(name)
    return names
