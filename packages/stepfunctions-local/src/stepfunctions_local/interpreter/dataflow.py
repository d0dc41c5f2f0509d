"""Input and output processing, in both query languages.

JSONPath: InputPath, Parameters, ResultSelector, ResultPath, OutputPath. JSONata: Arguments, Output. Both: Assign.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from typing import Any

from ..definition import Field, State
from ..errors import QueryEvaluationFailure, RuntimeFailure, StateError
from ..expressions.scope import UNSET
from ..expressions.template import Template, type_name
from ..history import MAX_VARIABLE_BYTES, exited, json_text, too_large
from .frame import ENTER, Frame


def effective_input(frame: Frame, state: State) -> Any:
    """The state's input after InputPath."""
    if state.input_path is None:
        return frame.input
    return state.input_path(frame.scope(state, frame.input))


def arguments(frame: Frame, state: State, given: Any) -> Any:
    """Arguments or Parameters; what is `given` where the state has none."""
    return evaluate(state.arguments, frame, state, given) if state.arguments is not None else given


def evaluate(template: Template, frame: Frame, state: State, seen: Any, **scope: Any) -> Any:
    if template.constant:
        return template.value
    return template.evaluate(frame.scope(state, seen, **scope))


def output(frame: Frame, state: State, result: Any, given: Any = UNSET) -> tuple[Any, dict[str, Any] | None]:
    """The state's output and what it assigns, for a state with a result (Task, Parallel, Map, Pass)."""
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
    if state.output_path is None:
        return value
    return state.output_path(frame.scope(state, value))


def pass_through(frame: Frame, state: State) -> tuple[Any, dict[str, Any] | None]:
    """The output and assignments of a state without a result (Wait, Choice, Succeed)."""
    seen = effective_input(frame, state)
    assigned = evaluate(state.assign, frame, state, seen) if state.assign is not None else None
    if state.is_jsonata:
        return (evaluate(state.output, frame, state, seen) if state.output is not None else seen), assigned
    return output_path(frame, state, seen), assigned


def exit_state(
    frame: Frame, state: State, value: Any, assigned: dict[str, Any] | None, to: str | None
) -> None:
    """Exit the state with its output, and stand before the next one."""
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
    if to is not None:
        frame.state = to
        frame.save()


def unexpected_type(field: Field, expected: str, value: Any) -> QueryEvaluationFailure:
    """A field's expression gave a value of another kind."""
    return QueryEvaluationFailure(
        f"The JSONata expression '{field.text}' specified for the field '{field.name}' returned an unexpected "
        f"result type. Expected '{expected}', but was '{type_name(value)}' for value: {json_text(value)}",
        field.name,
    )


def data_limit_exceeded(what: str) -> StateError:
    return StateError(
        "States.DataLimitExceeded",
        f"The state/task '{what}' returned a result with a size exceeding the maximum number of bytes "
        "service limit.",
    )


def check_variables(frame: Frame, assigned: dict[str, Any]) -> None:
    """The quotas on variables: 256 KiB for what one Assign sets, 10 MiB for all an execution has."""
    text = json_text(assigned)
    if too_large(text):
        raise RuntimeFailure("The size of the variables assigned exceeds the maximum of 262144 bytes")
    if not frame.execution.has_room_for(len(text)):
        raise RuntimeFailure(
            f"The total size of the variables of the execution exceeds the maximum of {MAX_VARIABLE_BYTES} bytes"
        )
