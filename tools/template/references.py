"""References between resources: Ref and Fn::GetAtt, also as variables of Fn::Sub."""

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

from tools.template.conventions.model import ref

_VARIABLE = re.compile(r"\$\{([\w:.]+)\}")

type Reference = dict[str, Any]
"""Ref or Fn::GetAtt."""


def references(value: Any) -> Iterator[Reference]:
    """Yield each Ref and Fn::GetAtt in a value; a variable of Fn::Sub is one of them."""
    found: list[Reference] = []

    def note(reference: Reference) -> Reference:
        found.append(reference)
        return reference

    rewrite(value, note)
    yield from found


def rewrite(value: Any, change: Callable[[Reference], Any]) -> Any:
    """Return a copy of a value with each Ref and Fn::GetAtt changed, also where Fn::Sub has them as a variable."""
    match value:
        case {"Ref": str()} | {"Fn::GetAtt": [str(), str()]} if len(value) == 1:
            return change(value)
        case {"Fn::Sub": str(text)}:
            return {"Fn::Sub": _VARIABLE.sub(lambda found: _variable(change(_reference(found[1]))), text)}
        case dict():
            return {key: rewrite(member, change) for key, member in value.items()}
        case list():
            return [rewrite(member, change) for member in value]
    return copy.deepcopy(value)


def _reference(variable: str) -> Reference:
    name, _, attribute = variable.partition(".")
    return {"Fn::GetAtt": [name, attribute]} if attribute else ref(name)


def _variable(reference: Reference) -> str:
    match reference:
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
    return f"${{{reference['Ref']}}}"


def target_of(reference: Reference) -> str:
    """Return the logical id, or the name of the parameter, that a reference names."""
    name = reference["Ref"] if "Ref" in reference else reference["Fn::GetAtt"][0]
    return str(name)


def parts_of(reference: Reference) -> tuple[str, ...]:
    return (reference["Ref"],) if "Ref" in reference else tuple(reference["Fn::GetAtt"])
