"""What workers and callers back say under a task token: success, failure, a heartbeat."""

from collections.abc import Mapping
from typing import Any

from ..engine import Engine
from ..errors import ApiError
from ..history import json_value, too_large
from ..interpreter.frame import Frame
from ..interpreter.tokens import parse_token
from ..json_errors import json_error


def success(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """SendTaskSuccess."""
    text = params["output"]
    wrong = json_error(text)
    if wrong is None and too_large(text):
        wrong = "Output size exceeds the maximum of 262144 bytes."
    if wrong is not None:
        raise ApiError("InvalidOutput", f"Invalid Output: '{wrong}'")
    engine.complete_task(_frame(engine, params["taskToken"]), {"output": json_value(text)})
    return {}


def failure(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """SendTaskFailure."""
    frame = _frame(engine, params["taskToken"])
    engine.complete_task(frame, {name: params.get(name) for name in ("error", "cause")})
    return {}


def heartbeat(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """SendTaskHeartbeat."""
    engine.heartbeat(_frame(engine, params["taskToken"]))
    return {}


def _frame(engine: Engine, token: str) -> Frame:
    place = parse_token(token)
    if place is None:
        raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
    frame = engine.waiting_frame(*place, token)
    if frame is None:
        raise ApiError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
    return frame


OPERATIONS = {
    "SendTaskSuccess": success,
    "SendTaskFailure": failure,
    "SendTaskHeartbeat": heartbeat,
}
