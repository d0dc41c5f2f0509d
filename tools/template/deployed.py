"""Read what is deployed, of the main and the nested stacks, as if it were one template."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.template import document
from tools.template.references import Reference, rewrite

FILES = {"Api": "template-api.yaml", "Consumers": "template-consumers.yaml"}
"""The templates of the nested stacks that have functions, by logical id."""


def read(root: Path) -> dict[str, Any]:
    """Return template.yaml with the resources of its nested stacks among its own."""
    main = document.read((root / "template.yaml").read_text())
    return joined(main, {name: document.read((root / file).read_text()) for name, file in FILES.items()})


def joined(main: dict[str, Any], nested: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the main template with the resources of nested ones, references between them as if it were one template.

    main, nested: templates, in the long form of intrinsic functions; nested by the logical id of the stack.
    """

    def outputs(reference: Reference) -> Reference:
        match reference:
            case {"Fn::GetAtt": [str(owner), str(output)]} if owner in nested:
                value: Reference = nested[owner]["Outputs"][output.removeprefix("Outputs.")]["Value"]
                return value
        return reference

    whole: dict[str, Any] = {**main, **rewrite({key: main[key] for key in ("Resources", "Outputs")}, outputs)}
    for owner, template in nested.items():
        values = {
            key: _reference(value)
            for key, value in whole["Resources"][owner]["Properties"]["Parameters"].items()
        }
        whole["Resources"] |= rewrite(template["Resources"], _arguments(values))
    return whole


def _arguments(values: dict[str, Any]) -> Callable[[Reference], Any]:
    return lambda reference: values.get(reference.get("Ref", ""), reference)


def _reference(argument: Any) -> Any:
    """Return the reference in the value of a parameter: to a list, or to a resource that has a condition."""
    match argument:
        case {"Fn::Join": [",", reference]} | {"Fn::If": [_, reference, ""]}:
            return reference
    return argument
