"""Labels of distributed maps: which item processor the `…:stateMachine:name/label` of a child execution means."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def made_up(machine_arn: str, pointer: str) -> str:
    """The label of a distributed map that was given none, by its item processor's JSON pointer."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{machine_arn}{pointer}"))


def labelled(definition: str, qualified_arn: str) -> Json | None:
    """The item processor that a machine's ARN with labels stands for, None when there is none."""
    arn, *labels = qualified_arn.split("/")
    flow: Json = json.loads(definition)
    pointer = ""
    for label in labels:
        for body, processor, place in _maps(flow, pointer):
            if label == (body.get("Label") or made_up(arn, place)):
                flow, pointer, arn = processor, place, f"{arn}/{label}"
                break
        else:
            return None
    return flow


def _maps(flow: Json, pointer: str) -> Iterator[tuple[Json, Json, str]]:
    """Every Map of a flow: its body, its item processor and that one's pointer."""
    for name, body in flow["States"].items():
        here = f"{pointer}/States/{name}"
        for at, branch in enumerate(body.get("Branches", ())):
            yield from _maps(branch, f"{here}/Branches[{at}]")
        for field in ("ItemProcessor", "Iterator"):
            if field in body:
                yield body, body[field], f"{here}/{field}"
                yield from _maps(body[field], f"{here}/{field}")
