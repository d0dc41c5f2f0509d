"""Inline Map: an item processor that runs once for each item, within the execution.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-map.html, state-map-inline.html
"""

import re
from typing import Any

from ..definition import Field, Map
from ..errors import QueryEvaluationFailure, RuntimeFailure, StateError
from ..expressions.template import type_name
from ..history import json_text
from . import dataflow
from .children import RunFrame, abort, run_children
from .frame import DONE, JOIN, Frame

MAX_INLINE_ITERATIONS = 40
_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_FLOAT = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


async def do_inline_map(frame: Frame, state: Map, run_frame: RunFrame) -> str | None:
    """Run an inline Map state and return the next state."""
    if frame.phase != JOIN:
        frame.drop_children()
        state_input = dataflow.effective_input(frame, state)
        values = items(frame, state, state_input)
        concurrency = whole_number(frame, state, state.max_concurrency, state_input) or 0
        whole_number(frame, state, state.tolerated_count, state_input)
        percentage(frame, state, state_input)
        frame.event("MapStateStarted", "mapStateStartedEventDetails", {"length": len(values)})
        frame.data = {"state_input": state_input, "items": values, "concurrency": concurrency}
        frame.phase = JOIN
        frame.save()
    state_input, values = frame.data["state_input"], frame.data["items"]

    def iteration(slot: int) -> Frame:
        child = Frame(frame.execution, state.processor, frame, slot)
        child.item = {"Index": slot, "Value": values[slot], "Source": "STATE_DATA"}
        child.input = item_input(frame, state, state_input, child.item)
        return child

    try:
        concurrency = frame.data["concurrency"] or MAX_INLINE_ITERATIONS
        outputs = await run_children(frame, len(values), concurrency, iteration, run_frame)
    except StateError as error:
        if error.error != "States.Runtime":
            for child in frame.children.values():
                if child.phase != DONE and child.last != frame.last:
                    abort(child)
        raise
    succeeded = frame.event("MapStateSucceeded", advance=False)
    dataflow.exit_with_result(frame, state, outputs, succeeded)
    frame.drop_children()
    return state.next


def items(frame: Frame, state: Map, state_input: Any) -> Any:
    """Return the items to process: Items, the value at ItemsPath, or the input itself.

    They are an array; a distributed map also accepts an object, whose members are the items.
    """
    kinds = (list, dict) if state.distributed else list
    if state.is_jsonata:
        if state.items is None:
            if not isinstance(state_input, kinds):
                raise QueryEvaluationFailure(
                    f"Map state input must be an array but was: {json_text(state_input)}"
                )
            return state_input
        values = dataflow.evaluate(state.items, frame, state, state_input)
        if not isinstance(values, kinds):
            raise QueryEvaluationFailure(
                f"The JSONata expression '{state.items_expression}' specified for the field 'Items' returned an "
                f"unexpected result type. Expected 'array', but was '{type_name(values)}' for value: "
                f"{json_text(values)}",
                "Items",
            )
        return values
    path = state.items_path
    values = state_input if path is None else path.read(frame.scope(state, state_input))
    if not isinstance(values, kinds):
        shown = "$" if path is None else path.text
        raise RuntimeFailure(f'Reference path "{shown}" must point to array.')
    return values


def item_input(frame: Frame, state: Map, state_input: Any, item: dict[str, Any]) -> Any:
    """Return one iteration's input: its item, or ItemSelector evaluated with the item in the context object.

    The item of an object's member is the pair of its key and its value.
    """
    if state.selector is None:
        return {"Key": item["Key"], "Value": item["Value"]} if "Key" in item else item["Value"]
    scope = frame.scope(state, state_input)
    scope.context_source = {**scope.context, "Map": {"Item": item}}
    return state.selector.evaluate(scope)


def whole_number(frame: Frame, state: Map, field: Field | None, state_input: Any) -> int | None:
    """Return the value of an integer field such as MaxConcurrency, which must not be negative."""
    value = integer(frame, state, field, state_input)
    if field is not None and value is not None and value < 0:
        raise RuntimeFailure(f"{field.name.removesuffix('Path')} must be non-negative.")
    return value


def integer(frame: Frame, state: Map, field: Field | None, state_input: Any) -> int | None:
    """Return the value of an integer field; a …Path field may refer to the text of an integer."""
    if field is None:
        return None
    value = _read(frame, state, field, state_input)
    if field.is_path and isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _invalid_number(field, value, "integer")


def item_limit(max_items: int | None) -> int | None:
    """Return the limit that an evaluated MaxItems sets, None for no limit.

    Raises StateError States.ItemReaderFailed for a negative number.
    """
    if max_items is not None and max_items < 0:
        raise StateError("States.ItemReaderFailed", "field MaxItems must be positive")
    return max_items or None


def percentage(frame: Frame, state: Map, state_input: Any) -> float | None:
    """Return the value of ToleratedFailurePercentage, from 0 to 100."""
    field = state.tolerated_percentage
    if field is None:
        return None
    value = _read(frame, state, field, state_input)
    if field.is_path and isinstance(value, str) and _FLOAT.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _invalid_number(field, value, "float")
    if not 0 <= value <= 100:
        raise RuntimeFailure("ToleratedFailurePercentage must be between 0 and 100.")
    return value


def _read(frame: Frame, state: Map, field: Field, state_input: Any) -> Any:
    return field.constant if field.constant is not None else field.read(frame.scope(state, state_input))


def _invalid_number(field: Field, value: Any, kind: str) -> RuntimeFailure:
    if not field.is_path:
        return dataflow.unexpected_type(field, "number", value)
    text = value if isinstance(value, str) else json_text(value)
    return RuntimeFailure(
        f'The {field.name} field refers to value "{text}" which is not a valid {kind}: {field.text}'
    )
