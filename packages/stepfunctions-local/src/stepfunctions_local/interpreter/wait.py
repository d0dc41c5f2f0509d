"""Wait: for a number of seconds, or until a timestamp.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html
"""

import re

from ..definition import Field, Wait
from ..errors import QueryEvaluationFailure, RuntimeFailure
from ..expressions.timestamps import parse_timestamp
from ..history import json_text
from . import dataflow
from .frame import WAIT, Frame

MAX_SECONDS = 99_999_999
_LONG = re.compile(r"[+-]?\d{1,18}", re.ASCII)


async def do_wait(frame: Frame, state: Wait) -> str | None:
    """Run a Wait state and return the next state."""
    runtime = frame.execution.runtime
    if frame.phase != WAIT:
        until = wait_until(frame, state)
        if runtime.wait_time_scale != 1:
            until = frame.entered_at + (until - frame.entered_at) * runtime.wait_time_scale
        frame.data = {"until": until}
        frame.phase = WAIT
        frame.save()
    await runtime.clock.sleep_until(frame.data["until"])
    value, assigned = dataflow.pass_through(frame, state)
    dataflow.exit_state(frame, state, value, assigned, state.next)
    return state.next


def wait_until(frame: Frame, state: Wait) -> float:
    """Return when the wait ends, in epoch seconds."""
    scope = frame.scope(state, dataflow.effective_input(frame, state))
    if state.seconds is not None:
        return frame.entered_at + _seconds(state.seconds, state.seconds.read(scope))
    assert state.timestamp is not None
    field = state.timestamp
    value = field.read(scope)
    moment = parse_timestamp(value)
    if moment is None:
        shown = value if isinstance(value, str) else json_text(value)
        if field.is_path:
            raise RuntimeFailure(
                f"The {field.name} parameter does not reference a valid ISO-8601 extended offset date-time "
                f"format string: {field.text} == {shown}"
            )
        raise QueryEvaluationFailure(
            f"The JSONata expression '{field.text}' specified for the field '{field.name}' returned an invalid "
            f"value. Expected an ISO-8601 extended offset date-time format string, but was: {shown}",
            field.name,
        )
    return moment.timestamp()


def _seconds(field: Field, value: object) -> int:
    if field.is_path:
        if isinstance(value, str) and _LONG.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            text = value if isinstance(value, str) else json_text(value)
            raise RuntimeFailure(
                f"The {field.name} parameter cannot be parsed as a long value: {field.text} == {text}"
            )
        if value < 0:
            raise RuntimeFailure(
                f"The {field.name} parameter references a negative value: {field.text} == {value}"
            )
        return min(value, MAX_SECONDS)
    if isinstance(value, bool) or not isinstance(value, int):
        raise dataflow.unexpected_type(field, "number", value)
    if not 0 <= value <= MAX_SECONDS:
        raise QueryEvaluationFailure(
            f"The JSONata expression '{field.text}' specified for the field '{field.name}' returned a value outside "
            f"the range of 0 to {MAX_SECONDS}: {value}",
            field.name,
        )
    return value
