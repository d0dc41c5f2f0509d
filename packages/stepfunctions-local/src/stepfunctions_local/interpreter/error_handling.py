"""What happens when a state fails: Retry, then Catch, then the failure of what it runs in.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from typing import Any

from ..definition import Catcher, Map, Parallel, Retrier, State, Task
from ..errors import QueryEvaluationFailure, RuntimeFailure, StateError
from . import dataflow
from .frame import RETRY, Frame

TIMEOUT = "States.Timeout"
HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"

# States.ALL does not match these; they must be named.
_TERMINAL = ("States.DataLimitExceeded", "States.Runtime")


class HeartbeatMissed(StateError):
    """No heartbeat came in time: shown as States.Timeout, matched by that and by States.HeartbeatTimeout."""

    def __init__(self) -> None:
        super().__init__(TIMEOUT, None)


def error_to_row(error: StateError) -> list[Any]:
    """A failure as a frame keeps it."""
    return [error.error, error.cause, isinstance(error, HeartbeatMissed)]


def error_from_row(kept: list[Any]) -> StateError:
    """The failure a frame keeps."""
    error, cause, *missed = kept
    return HeartbeatMissed() if missed == [True] else StateError(error, cause)


def with_location(frame: Frame, state: State, error: StateError) -> StateError:
    """The error as everybody else sees it: an evaluation's failure says in which state it happened."""
    if not isinstance(error, RuntimeFailure):
        return error
    where = f"An error occurred while executing the state '{state.name}' (entered at the event id #{frame.entered})."
    full = StateError(error.error, f"{where} {error.cause}")
    if isinstance(error, QueryEvaluationFailure):
        details = {"error": full.error, "cause": full.cause, "state": state.name}
        if error.location is not None:
            details["location"] = error.location
        # AWS links this event past the Entered one when nothing else happened in the state.
        previous = frame.entered_after if frame.last == frame.entered else frame.last
        frame.last = frame.execution.event(
            "EvaluationFailed", previous, "evaluationFailedEventDetails", details
        )
    return full


def handle_error(frame: Frame, state: State, error: StateError) -> str | None:
    """Retry (answers None, the frame set to wait), or catch (answers where to go). Else raises the error."""
    missed = isinstance(error, HeartbeatMissed)
    error = with_location(frame, state, error)
    for at, retrier in enumerate(state.retry):
        if matches(retrier.errors, error.error, missed):
            if frame.retries.get(at, 0) < retrier.max_attempts:
                _retry(frame, at, retrier)
                return None
            break
    if isinstance(state, Map | Parallel) and error.error != "States.Runtime":
        frame.event(f"{state.kind}StateFailed")
    for catcher in state.catch:
        if matches(catcher.errors, error.error, missed):
            catch(frame, state, catcher, error)
            return catcher.next
    raise error


def matches(patterns: tuple[str, ...], name: str | None, heartbeat_missed: bool = False) -> bool:
    """Whether a Retry's or Catch's ErrorEquals names the error."""
    if name in patterns:
        return True
    if heartbeat_missed and HEARTBEAT_TIMEOUT in patterns:
        return True
    if name in _TERMINAL:
        return False
    return "States.ALL" in patterns or ("States.TaskFailed" in patterns and name != TIMEOUT)


def delay(retrier: Retrier, tries: int) -> float:
    """Seconds to wait before the try after `tries` of this retrier's, before jitter."""
    seconds = retrier.interval * retrier.backoff**tries
    return seconds if retrier.max_delay is None else min(seconds, retrier.max_delay)


def _retry(frame: Frame, at: int, retrier: Retrier) -> None:
    runtime = frame.execution.runtime
    tries = frame.retries.get(at, 0)
    frame.retries[at] = tries + 1
    seconds = delay(retrier, tries)
    if retrier.jitter:
        seconds = runtime.random.uniform(0, seconds)
    frame.phase = RETRY
    frame.data = {"until": runtime.clock.now() + seconds}
    frame.reset_context()
    frame.save()


def catch(frame: Frame, state: State, catcher: Catcher, error: StateError) -> None:
    """Leave the state by a catcher, which makes the output of the error. Raises StateError when it cannot."""
    # What a Task's failure does not tell is an empty string to its catchers, null to a Parallel's or Map's.
    untold = "" if isinstance(state, Task) else None
    error_output: dict[str, Any] = {"Error": error.error or untold, "Cause": error.cause or untold}
    frame.reset_context()
    frame.drop_children()
    try:
        if state.is_jsonata:
            seen, scope, value = frame.input, {"error_output": error_output}, error_output
            if catcher.output is not None:
                value = dataflow.evaluate(catcher.output, frame, state, seen, **scope)
        else:
            seen, scope, value = error_output, {}, error_output
            if catcher.discard:
                value = frame.input
            elif catcher.result_path is not None:
                value = catcher.result_path.write(frame.input, error_output)
        assigned = None
        if catcher.assign is not None:
            assigned = dataflow.evaluate(catcher.assign, frame, state, seen, **scope)
        dataflow.exit_state(frame, state, value, assigned, catcher.next)
    except StateError as second:
        raise with_location(frame, state, second) from None
