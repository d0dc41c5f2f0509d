"""Input and output processing, in both query languages.

JSONPath: InputPath, Parameters, ResultSelector, ResultPath, OutputPath. JSONata: Arguments, Output. Both: Assign.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from typing import Any

from ..definition import Field, State
from ..errors import QueryEvaluationFailure, RuntimeFailure, StateError
from ..expressions.template import Template, type_name
from ..history import MAX_VARIABLE_BYTES, exited, json_text, too_large
from .frame import ENTER, Frame


def effective_input(frame: Frame, state: State) -> Any:
    """Return the state's input after InputPath."""
    if state.input_path is None:
        return frame.input
    return state.input_path(frame.scope(state, frame.input))


def arguments(frame: Frame, state: State, state_input: Any) -> Any:
    """Return the evaluated Arguments or Parameters, or the state's input when it has neither."""
    if state.arguments is None:
        return state_input
    return evaluate(state.arguments, frame, state, state_input)


def evaluate(template: Template, frame: Frame, state: State, state_input: Any, **scope: Any) -> Any:
    """Evaluate a template in the frame's scope."""
    if template.constant:
        return template.value
    return template.evaluate(frame.scope(state, state_input, **scope))


def output(frame: Frame, state: State, result: Any) -> tuple[Any, dict[str, Any] | None]:
    """Return the output and the assigned variables of a state with a result (Task, Parallel, Map, Pass)."""
    if state.is_jsonata:
        assigned, out = None, result
        if state.assign is not None:
            assigned = evaluate(state.assign, frame, state, frame.input, result=result)
        if state.output is not None:
            out = evaluate(state.output, frame, state, frame.input, result=result)
        return out, assigned
    if state.result_selector is not None:
        result = evaluate(state.result_selector, frame, state, result)
    assigned = None
    if state.assign is not None:
        assigned = evaluate(state.assign, frame, state, result)
    if state.discard_result:
        out = frame.input
    elif state.result_path is not None:
        out = state.result_path.write(frame.input, result)
    else:
        out = result
    return output_path(frame, state, out), assigned


def output_path(frame: Frame, state: State, value: Any) -> Any:
    """Return a value after OutputPath."""
    if state.output_path is None:
        return value
    return state.output_path(frame.scope(state, value))


def pass_through(frame: Frame, state: State) -> tuple[Any, dict[str, Any] | None]:
    """Return the output and the assigned variables of a state without a result (Wait, Choice, Succeed)."""
    value = effective_input(frame, state)
    assigned = evaluate(state.assign, frame, state, value) if state.assign is not None else None
    if not state.is_jsonata:
        return output_path(frame, state, value), assigned
    if state.output is not None:
        value = evaluate(state.output, frame, state, value)
    return value, assigned


def exit_state(
    frame: Frame, state: State, value: Any, assigned: dict[str, Any] | None, next_state: str | None
) -> None:
    """Exit the state with its output and advance the frame to the next state."""
    if value is frame.input and frame.text is not None:
        text = frame.text
    else:
        text = json_text(value)
        if too_large(text):
            raise data_limit_exceeded(state.name)
    if assigned:
        check_variables(frame, assigned)
    frame.last = frame.execution.event(
        f"{state.kind}StateExited", frame.last, "stateExitedEventDetails", exited(state.name, text, assigned)
    )
    if assigned:
        frame.assign(assigned)
    frame.input = value
    frame.text = text
    if frame.retries:
        frame.retries = {}
    frame.data = {}
    frame.phase = ENTER
    if next_state is not None:
        frame.state = next_state
        frame.save()


def exit_with_result(frame: Frame, state: State, result: Any, succeeded: int) -> None:
    """Exit a Parallel or Map with its result. A failure to do so follows the state's Succeeded event."""
    try:
        value, assigned = output(frame, state, result)
        exit_state(frame, state, value, assigned, state.next)
    except StateError:
        frame.last = succeeded
        raise


def unexpected_type(field: Field, expected: str, value: Any) -> QueryEvaluationFailure:
    """Return the failure of a field whose expression returned a value of another type."""
    return QueryEvaluationFailure(
        f"The JSONata expression '{field.text}' specified for the field '{field.name}' returned an unexpected "
        f"result type. Expected '{expected}', but was '{type_name(value)}' for value: {json_text(value)}",
        field.name,
    )


def data_limit_exceeded(source: str) -> StateError:
    """Return the failure of a state or task whose result is too large."""
    return StateError(
        "States.DataLimitExceeded",
        f"The state/task '{source}' returned a result with a size exceeding the maximum number of bytes "
        "service limit.",
    )


def check_variables(frame: Frame, assigned: dict[str, Any]) -> None:
    """Enforce the quotas on variables: 256 KiB for one Assign, 10 MiB for an execution."""
    text = json_text(assigned)
    if too_large(text):
        raise RuntimeFailure("The size of the variables assigned exceeds the maximum of 262144 bytes")
    if not frame.execution.has_room_for(len(text)):
        raise RuntimeFailure(
            f"The total size of the variables of the execution exceeds the maximum of {MAX_VARIABLE_BYTES} bytes"
        )
