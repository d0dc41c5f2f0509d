"""Map: an item processor run once for each item, within the execution (INLINE).

Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-map.html, state-map-inline.html
"""

from typing import Any

from ..definition import Field, Map
from ..errors import QueryEvaluationFailure, RuntimeFailure, StateError
from ..expressions.template import type_name
from ..history import json_text
from . import dataflow
from .children import abort, run_all
from .frame import DONE, JOIN, Frame

MAX_INLINE_ITERATIONS = 40


async def do_inline_map(frame: Frame, state: Map) -> str | None:
    if frame.phase != JOIN:
        frame.drop_children()
        seen = dataflow.effective_input(frame, state)
        found = items(frame, state, seen)
        concurrency = whole_number(frame, state, state.max_concurrency, seen) or 0
        whole_number(frame, state, state.tolerated_count, seen)
        percentage(frame, state, seen)
        frame.event("MapStateStarted", "mapStateStartedEventDetails", {"length": len(found)})
        frame.data = {"seen": seen, "items": found, "concurrency": concurrency}
        frame.phase = JOIN
        frame.save()
    seen, found = frame.data["seen"], frame.data["items"]

    def iteration(slot: int) -> Frame:
        child = Frame(frame.execution, state.processor, frame, slot)
        child.item = {"Index": slot, "Value": found[slot], "Source": "STATE_DATA"}
        child.input = selected(frame, state, seen, child.item)
        return child

    try:
        outputs = await run_all(
            frame, len(found), frame.data["concurrency"] or MAX_INLINE_ITERATIONS, iteration
        )
    except StateError as error:
        if error.error != "States.Runtime":
            for child in frame.children.values():
                if child.phase != DONE and child.last != frame.last:
                    abort(child)
        raise
    frame.event("MapStateSucceeded", advance=False)
    value, assigned = dataflow.output(frame, state, outputs)
    dataflow.exit_state(frame, state, value, assigned, state.next)
    frame.drop_children()
    return state.next


def items(frame: Frame, state: Map, seen: Any) -> Any:
    """What to go over: Items, what ItemsPath names, or the input itself.

    An array; for a distributed map an object too, whose members are its items.
    """
    kinds = (list, dict) if state.distributed else list
    if state.is_jsonata:
        if state.items is None:
            if not isinstance(seen, kinds):
                raise QueryEvaluationFailure(f"Map state input must be an array but was: {json_text(seen)}")
            return seen
        found = dataflow.evaluate(state.items, frame, state, seen)
        if not isinstance(found, kinds):
            raise QueryEvaluationFailure(
                f"The JSONata expression '{state.items_expression}' specified for the field 'Items' returned an "
                f"unexpected result type. Expected 'array', but was '{type_name(found)}' for value: "
                f"{json_text(found)}",
                "Items",
            )
        return found
    found = seen if state.items_path is None else state.items_path.read(frame.scope(state, seen))
    if not isinstance(found, kinds):
        path = "$" if state.items_path is None else state.items_path.text
        raise RuntimeFailure(f'Reference path "{path}" must point to array.')
    return found


def selected(frame: Frame, state: Map, seen: Any, item: dict[str, Any]) -> Any:
    """What one iteration is given: its item, or ItemSelector evaluated with the item in the context object.

    The item of an object's member is the pair of its key and its value.
    """
    if state.selector is None:
        return {"Key": item["Key"], "Value": item["Value"]} if "Key" in item else item["Value"]
    scope = frame.scope(state, seen)
    scope.context_source = {**scope.context, "Map": {"Item": item}}
    return state.selector.evaluate(scope)


def whole_number(frame: Frame, state: Map, field: Field | None, seen: Any) -> int | None:
    """MaxConcurrency or ToleratedFailureCount: an integer from 0 up."""
    if field is None:
        return None
    value = _read(frame, state, field, seen)
    if isinstance(value, bool) or not isinstance(value, int):
        if field.is_path:
            raise RuntimeFailure(
                f'The {field.name} field refers to value "{_shown(value)}" which is not a valid integer: {field.text}'
            )
        raise dataflow.unexpected_type(field, "number", value)
    if value < 0:
        raise RuntimeFailure(f"{field.name.removesuffix('Path')} must be non-negative.")
    return value


def percentage(frame: Frame, state: Map, seen: Any) -> float | None:
    """ToleratedFailurePercentage, from 0 to 100."""
    field = state.tolerated_percentage
    if field is None:
        return None
    value = _read(frame, state, field, seen)
    if isinstance(value, bool) or not isinstance(value, int | float):
        if field.is_path:
            raise RuntimeFailure(
                f'The {field.name} field refers to value "{_shown(value)}" which is not a valid float: {field.text}'
            )
        raise dataflow.unexpected_type(field, "number", value)
    if not 0 <= value <= 100:
        raise RuntimeFailure("ToleratedFailurePercentage must be between 0 and 100.")
    return value


def _read(frame: Frame, state: Map, field: Field, seen: Any) -> Any:
    return field.constant if field.constant is not None else field.read(frame.scope(state, seen))


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json_text(value)
