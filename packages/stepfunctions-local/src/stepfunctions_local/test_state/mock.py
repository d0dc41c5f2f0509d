"""The mocked result or error of a state's work, and its validation.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_MockInput.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..definition import Map, Parallel, State, Task
from ..errors import ApiError, StateError
from .definition import TestedState, nested_states
from .schema import check_result

_NEEDS_MOCK = (
    "TestState API does not support Map or Parallel states. "
    "Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]"
)


@dataclass(frozen=True, slots=True)
class Mock:
    """The outcome of the state's work: `result` with its `text`, or `error` when it fails."""

    result: Any = None
    text: str = "null"
    error: StateError | None = None


def read_mock(params: Mapping[str, Any], tested: TestedState) -> Mock | None:
    """Return the request's mock, or None when it has none.

    Raises ApiError ValidationException, or InvalidDefinition for a state that needs a mock.
    """
    mock, state = params.get("mock"), tested.state
    configuration = params.get("stateConfiguration") or {}
    if mock is None:
        _check_without_mock(params, configuration, state)
        return None
    if not isinstance(state, Task | Map | Parallel):
        raise _invalid(f"State type '{state.kind}' is not supported when a mock is specified")
    if params.get("revealSecrets"):
        raise _invalid("TestState does not support RevealSecrets when a mock is specified.")
    _check_cause(configuration, tested)
    if "result" in mock and "errorOutput" in mock:
        raise _invalid("A test mock should have only one of the following fields: [result, errorOutput].")
    if "errorOutput" in mock:
        return _mocked_error(mock["errorOutput"])
    if "result" not in mock:
        raise _invalid("A test mock should have one of the following fields: [result, errorOutput].")
    return Mock(result=_mocked_result(mock, state), text=mock["result"])


def _invalid(message: str) -> ApiError:
    return ApiError("ValidationException", message)


def _check_without_mock(params: Mapping[str, Any], configuration: Mapping[str, Any], state: State) -> None:
    if "context" in params:
        raise _invalid("TestState does not support Context when a mock is not specified.")
    for name in configuration:
        raise _invalid(
            f"TestState does not support {name[0].upper() + name[1:]} when a mock is not specified."
        )
    if isinstance(state, Map | Parallel):
        raise ApiError("InvalidDefinition", _NEEDS_MOCK)
    if not isinstance(state, Task):
        return
    if state.integration.pattern in ("sync", "sync2", "task_token", "activity"):
        raise ApiError(
            "InvalidDefinition",
            "TestState API does not support Activity tasks, '.sync' or '.waitForTaskToken' service integrations "
            "when a mock is not specified.",
        )
    if "roleArn" not in params:
        raise _invalid("RoleArn must be specified when testing a Task state")


def _check_cause(configuration: Mapping[str, Any], tested: TestedState) -> None:
    cause = configuration.get("errorCausedByState")
    if cause is not None and cause not in dict(nested_states(tested.body)):
        raise _invalid("State not found in definition")


def _mocked_error(output: Mapping[str, Any]) -> Mock:
    if not output.get("error"):
        raise _invalid("An error was not specified in the mocked error output.")
    return Mock(error=StateError(output["error"], output.get("cause")))


def _mocked_result(mock: Mapping[str, Any], state: State) -> Any:
    try:
        result = json.loads(mock["result"])
    except ValueError:
        raise _invalid("Mocked result must be valid JSON") from None
    if isinstance(state, Map) and state.writer is not None and state.writer.resource is not None:
        if not isinstance(result, dict):
            raise _invalid("Mocked result must be a JSON object.")
    elif isinstance(state, Map | Parallel) and not isinstance(result, list):
        raise _invalid("Mocked result must be an array.")
    if isinstance(state, Parallel) and len(result) != len(state.branches):
        raise _invalid("Mocked result must contain the same number of items as number of Parallel branches.")
    mode = mock.get("fieldValidationMode", "STRICT")
    if isinstance(state, Task) and mode != "NONE":
        check_result(state.integration, result, mode == "STRICT")
    return result
