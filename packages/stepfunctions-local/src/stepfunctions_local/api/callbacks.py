"""Callbacks with task tokens: success, failure and heartbeat."""

from collections.abc import Mapping
from typing import Any

from ..definition import Task
from ..errors import ApiError
from ..history import json_value, too_large
from ..interpreter.frame import Frame
from ..interpreter.tokens import parse_token
from ..json_errors import json_error
from .session import Session


def success(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Complete a task with an output."""
    ids = _parse(params["taskToken"])
    text = params["output"]
    reason = json_error(text)
    if reason is None and too_large(text):
        reason = "Output size exceeds the maximum of 262144 bytes."
    if reason is not None:
        raise ApiError("InvalidOutput", f"Invalid Output: '{reason}'")
    session.engine.complete_task(_frame(session, ids, params["taskToken"]), {"output": json_value(text)})
    return {}


def failure(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Fail a task."""
    frame = _frame(session, _parse(params["taskToken"]), params["taskToken"])
    session.engine.complete_task(frame, {name: params.get(name) for name in ("error", "cause")})
    return {}


def heartbeat(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Extend a task's heartbeat deadline."""
    session.engine.heartbeat(_frame(session, _parse(params["taskToken"]), params["taskToken"]))
    return {}


def _parse(token: str) -> tuple[int, int]:
    ids = parse_token(token)
    if ids is None:
        raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
    return ids


def _frame(session: Session, ids: tuple[int, int], token: str) -> Frame:
    frame = session.engine.waiting_frame(*ids, token)
    if frame is None:
        raise ApiError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
    activity = _activity(frame)
    if activity is not None and session.store.get("activity", activity) is None:
        raise ApiError("TaskDoesNotExist", "Task Does Not Exist: 'The activity does not exist'")
    return frame


def _activity(frame: Frame) -> str | None:
    """Return the ARN of the activity whose task the frame waits for."""
    state = frame.flow.states[frame.state]
    if isinstance(state, Task) and state.integration.pattern == "activity":
        return state.resource
    return None


OPERATIONS = {
    "SendTaskSuccess": success,
    "SendTaskFailure": failure,
    "SendTaskHeartbeat": heartbeat,
}
