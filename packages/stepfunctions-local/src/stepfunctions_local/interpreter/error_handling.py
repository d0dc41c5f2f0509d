"""Error handling of a failed state: Retry, then Catch, then the failure of the flow around it.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from typing import Any

from ..definition import Catcher, Map, Parallel, Retrier, State, Task
from ..errors import QueryEvaluationFailure, RuntimeFailure, StateError
from . import dataflow
from .frame import RETRY, Frame

TIMEOUT = "States.Timeout"
HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"

RUNTIME = "States.Runtime"
# States.ALL does not match this error; it must be named.
_DATA_LIMIT = "States.DataLimitExceeded"


class HeartbeatMissed(StateError):
    """A missed heartbeat: reported as States.Timeout, matched by that name and by States.HeartbeatTimeout."""

    def __init__(self) -> None:
        super().__init__(TIMEOUT, None)


def error_to_row(error: StateError) -> list[Any]:
    """Return an error in the form in which a frame stores it."""
    return [error.error, error.cause, isinstance(error, HeartbeatMissed)]


def error_from_row(stored: list[Any]) -> StateError:
    """Return the error that a frame stores."""
    error, cause, *missed = stored
    return HeartbeatMissed() if missed == [True] else StateError(error, cause)


def with_location(frame: Frame, state: State, error: StateError) -> StateError:
    """Return the error with the state's name and event id, if it is an evaluation failure."""
    if not isinstance(error, RuntimeFailure):
        return error
    where = f"An error occurred while executing the state '{state.name}' (entered at the event id #{frame.entered})."
    full = StateError(error.error, f"{where} {error.cause}")
    if isinstance(error, QueryEvaluationFailure):
        details = {"error": full.error, "cause": full.cause, "state": state.name}
        if error.location is not None:
            details["location"] = error.location
        # AWS links this event to the one before the Entered event when nothing else happened in the state.
        previous = frame.entered_after if frame.last == frame.entered else frame.last
        frame.last = frame.execution.event(
            "EvaluationFailed", previous, "evaluationFailedEventDetails", details
        )
    return full


def handle_error(frame: Frame, state: State, error: StateError) -> str | None:
    """Schedule a retry and return None, or apply a catcher and return its next state; else raise the error."""
    missed = isinstance(error, HeartbeatMissed)
    error = with_location(frame, state, error)
    for index, retrier in enumerate(state.retry):
        if matches(retrier.errors, error.error, missed):
            if frame.retries.get(index, 0) < retrier.max_attempts:
                _retry(frame, index, retrier)
                return None
            break
    before = frame.last
    _state_failed(frame, state, error)
    for catcher in state.catch:
        if matches(catcher.errors, error.error, missed):
            try:
                catch(frame, state, catcher, error)
            except StateError as second:
                if isinstance(second, QueryEvaluationFailure):
                    frame.last = before  # AWS records it as a failure of the state, which then fails again
                second = with_location(frame, state, second)
                _state_failed(frame, state, second)
                raise second from None
            return catcher.next
    raise error


def _state_failed(frame: Frame, state: State, error: StateError) -> None:
    """Record that a Map or Parallel failed."""
    if isinstance(state, Map | Parallel) and error.error != RUNTIME:
        frame.event(f"{state.kind}StateFailed")


def matches(patterns: tuple[str, ...], name: str | None, heartbeat_missed: bool = False) -> bool:
    """Return whether a Retry's or Catch's ErrorEquals matches the error."""
    if name == RUNTIME:  # neither retried nor caught, not even by its name
        return False
    if name in patterns:
        return True
    if heartbeat_missed and HEARTBEAT_TIMEOUT in patterns:
        return True
    if name == _DATA_LIMIT:
        return False
    return "States.ALL" in patterns or ("States.TaskFailed" in patterns and name != TIMEOUT)


def delay(retrier: Retrier, attempts: int) -> float:
    """Return the seconds to wait, without jitter, after `attempts` retries by this retrier."""
    seconds: float = retrier.interval * retrier.backoff**attempts
    return seconds if retrier.max_delay is None else min(seconds, retrier.max_delay)


def _retry(frame: Frame, index: int, retrier: Retrier) -> None:
    runtime = frame.execution.runtime
    attempts = frame.retries.get(index, 0)
    frame.retries[index] = attempts + 1
    seconds = delay(retrier, attempts)
    if retrier.jitter:
        seconds = runtime.random.uniform(0, seconds)
    frame.phase = RETRY
    frame.data = {"until": runtime.clock.now() + seconds}
    frame.reset_context()
    frame.save()


def catch(frame: Frame, state: State, catcher: Catcher, error: StateError) -> None:
    """Exit the state through a catcher. Raises StateError when the catcher's fields fail to evaluate."""
    # The missing cause of a timeout is an empty string in a Task's catcher; every other missing value is null.
    missing_cause = "" if isinstance(state, Task) and error.error == TIMEOUT else None
    error_output: dict[str, Any] = {
        "Error": error.error,
        "Cause": missing_cause if error.cause is None else error.cause,
    }
    frame.reset_context()
    frame.drop_children()
    if state.is_jsonata:
        scope_input, scope, value = frame.input, {"error_output": error_output}, error_output
        if catcher.output is not None:
            value = dataflow.evaluate(catcher.output, frame, state, scope_input, **scope)
    else:
        scope_input, scope, value = error_output, {}, error_output
        if catcher.discard:
            value = frame.input
        elif catcher.result_path is not None:
            value = catcher.result_path.write(frame.input, error_output)
    assigned = None
    if catcher.assign is not None:
        assigned = dataflow.evaluate(catcher.assign, frame, state, scope_input, **scope)
    dataflow.exit_state(frame, state, value, assigned, catcher.next)
