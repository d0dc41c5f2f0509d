"""Pass, Choice, Succeed and Fail: states that only compute. Each returns the next state, or None at an end.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/state-pass.html, state-choice.html,
state-succeed.html, state-fail.html
"""

from ..definition import Choice, Fail, Field, Pass, Succeed
from ..errors import RuntimeFailure, StateError
from ..history import json_text
from . import dataflow
from .frame import Frame


def do_pass(frame: Frame, state: Pass) -> str | None:
    """Run a Pass state and return the next state."""
    if state.is_jsonata:
        value, assigned = dataflow.pass_through(frame, state)
    else:
        if state.has_result:
            result = state.result
        else:
            result = dataflow.arguments(frame, state, dataflow.effective_input(frame, state))
        value, assigned = dataflow.output(frame, state, result)
    dataflow.exit_state(frame, state, value, assigned, state.next)
    return state.next


def do_succeed(frame: Frame, state: Succeed) -> str | None:
    """Run a Succeed state."""
    value, assigned = dataflow.pass_through(frame, state)
    dataflow.exit_state(frame, state, value, assigned, None)
    return None


def do_choice(frame: Frame, state: Choice) -> str | None:
    """Run a Choice state and return the next state. Raises RuntimeFailure when no rule matches."""
    state_input = dataflow.effective_input(frame, state)
    scope = frame.scope(state, state_input)
    for rule in state.rules:
        if rule.matches(scope):
            assign, output, next_state = rule.assign, rule.output, rule.next
            break
    else:
        if state.default is None:
            # AWS names this error States.Runtime, in spite of States.NoChoiceMatched in its list of names.
            raise RuntimeFailure(
                "Failed to transition out of the state. The state does not point to a next state."
            )
        assign, output, next_state = state.assign, state.output, state.default
    assigned = assign.evaluate(scope) if assign is not None else None
    if state.is_jsonata:
        value = output.evaluate(scope) if output is not None else state_input
    else:
        value = dataflow.output_path(frame, state, state_input)
    dataflow.exit_state(frame, state, value, assigned, next_state)
    return next_state


def do_fail(frame: Frame, state: Fail) -> str | None:
    """Run a Fail state. Raises StateError."""
    raise StateError(_text(frame, state, state.error), _text(frame, state, state.cause))


def _text(frame: Frame, state: Fail, field: Field | None) -> str | None:
    if field is None:
        return None
    value = field.read(frame.scope(state, frame.input))
    if not isinstance(value, str):
        if not field.is_path:
            raise dataflow.unexpected_type(field, "string", value)
        raise RuntimeFailure(
            f"The {field.name} parameter does not reference a valid string: {field.text} == {json_text(value)}"
        )
    return value
