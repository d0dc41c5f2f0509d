"""Labels of distributed maps, which a child execution's `…:stateMachine:name/label` ARN refers to."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def generated_label(machine_arn: str, pointer: str) -> str:
    """Return the label of a distributed map without one, from its item processor's JSON pointer."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{machine_arn}{pointer}"))


def find_processor(definition: str, qualified_arn: str) -> Json | None:
    """Return the item processor that a machine ARN with labels refers to, or None when it does not exist."""
    arn, *labels = qualified_arn.split("/")
    flow: Json = json.loads(definition)
    pointer = ""
    for label in labels:
        for body, processor, processor_pointer in _maps(flow, pointer):
            if label == (body.get("Label") or generated_label(arn, processor_pointer)):
                flow, pointer, arn = processor, processor_pointer, f"{arn}/{label}"
                break
        else:
            return None
    return flow


def _maps(flow: Json, pointer: str) -> Iterator[tuple[Json, Json, str]]:
    """Yield every Map of a flow: its body, its item processor and the processor's pointer."""
    for name, body in flow["States"].items():
        state_pointer = f"{pointer}/States/{name}"
        for index, branch in enumerate(body.get("Branches", ())):
            yield from _maps(branch, f"{state_pointer}/Branches[{index}]")
        for field in ("ItemProcessor", "Iterator"):
            if field in body:
                yield body, body[field], f"{state_pointer}/{field}"
                yield from _maps(body[field], f"{state_pointer}/{field}")
