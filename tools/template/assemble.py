"""Assemble the templates: read the fragments, apply the conventions, divide the resources into stacks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.template import conventions, document, monitoring, nesting, routes
from tools.template.conventions.model import Resources
from tools.template.deployed import FILES

FOLDER = "infrastructure"
FIRST = ("parameters", "shared")
LAST = ("alerts",)
_SECTIONS = {
    "Description",
    "Service",
    "Environment",
    "Stack",
    "Parameters",
    "Rules",
    "Conditions",
    "Globals",
    "Resources",
    "Outputs",
}


class InvalidFragment(Exception):
    """A fragment has an unknown section, or repeats a name of another one."""


@dataclass
class Fragment:
    """One file of infrastructure/.

    description: the template's, "" in all but one; service: the folder in functions/ whose functions it declares,
    "" for none; environment: the variables that all of these functions have; stacks: the nested stack of a resource,
    for those with a Stack, and of all in a fragment with one.
    """

    name: str
    description: str = ""
    service: str = ""
    environment: dict[str, Any] = field(default_factory=dict)
    stacks: nesting.Owners = field(default_factory=dict)
    sections: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def resources(self) -> dict[str, Any]:
        return self.sections.get("Resources", {})


@dataclass(frozen=True)
class Whole:
    """All that is deployed, before it is divided into stacks. document: the sections, with all resources."""

    document: dict[str, Any]
    parts: dict[str, Resources]
    """The resources by the comment that they have in the template."""
    owners: nesting.Owners

    @property
    def resources(self) -> Resources:
        return dict(self.document["Resources"])


def read_fragments(root: Path) -> list[Fragment]:
    """Read every fragment, the shared ones first, then the services in alphabetical order."""
    paths = sorted((root / FOLDER).glob("*.yaml"), key=lambda path: (_rank(path.stem), path.stem))
    return [_read(path) for path in paths]


def generated(root: Path) -> dict[str, str]:
    """Return the text of each generated file by its path. Raises InvalidFragment."""
    fragments = read_fragments(root)
    declared = dict(_declared(fragments))
    whole = _whole(fragments, declared, root)
    document_of = {
        routes.FILE: routes.template(declared, root),
        monitoring.FILE: monitoring.template(whole.resources),
        **{
            FILES[name]: nesting.template(name, whole.resources, whole.owners, whole.document)
            for name in _nested(whole)
        },
    }
    return {
        "template.yaml": _main(whole),
        **{file: _header(file) + document.write(content) for file, content in document_of.items()},
        "functions/services.mk": _services(fragments),
    }


def _whole(fragments: list[Fragment], declared: dict[str, Any], root: Path) -> Whole:
    parts = dict(_expanded(fragments, declared, root))
    of_fragments = _united(parts)
    parts |= {
        "routes of the HTTP API": routes.stack(declared),
        "gradual deployments": conventions.traffic_shift(declared, root),
        "alarms that end a gradual deployment": conventions.rollback_alarms(of_fragments),
        "all other alarms": monitoring.stack(of_fragments),
    }
    head: dict[str, Any] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
    }
    head["Description"] = next(fragment.description for fragment in fragments if fragment.description)
    sections = ("Parameters", "Rules", "Conditions", "Globals")
    head |= {section: _merged(fragments, section) for section in sections}
    head["Outputs"] = conventions.outputs(of_fragments) | _merged(fragments, "Outputs")
    assigned = {name: stack for fragment in fragments for name, stack in fragment.stacks.items()}
    united = _united(parts)
    return Whole({**head, "Resources": united}, parts, nesting.owners(united, assigned))


def _nested(whole: Whole) -> list[str]:
    """Return the nested stacks that have resources."""
    return [name for name in FILES if name in whole.owners.values()]


def _main(whole: Whole) -> str:
    """Return the text of template.yaml."""
    head = {
        section: value
        for section, value in whole.document.items()
        if value and section not in ("Resources", "Outputs")
    }
    parts = {
        comment: {name: value for name, value in part.items() if name not in whole.owners}
        for comment, part in whole.parts.items()
    }
    parts["functions that no workflow invokes"] = {
        name: nesting.stack(name, whole.resources, whole.owners, whole.document) for name in _nested(whole)
    }
    blocks = [_header("template.yaml"), document.write(head), "\nResources:\n"]
    for comment, part in parts.items():
        if part:
            text = document.write(nesting.from_main(part, whole.owners))
            blocks += [f"\n  # {comment}\n", _indented(text)]
    outputs = nesting.from_main(whole.document["Outputs"], whole.owners)
    blocks += ["\n", document.write({"Outputs": outputs})]
    return "".join(blocks)


def _united(parts: dict[str, Resources]) -> Resources:
    return {name: resource for part in parts.values() for name, resource in part.items()}


def _header(file: str) -> str:
    sources = "them and functions/*/api.py" if file == routes.FILE else "the fragments there"
    return f"# Generated by `make template` from {FOLDER}/: edit {sources}, not this file.\n"


def _services(fragments: list[Fragment]) -> str:
    """Return the text of functions/services.mk: which service's folder is the package of which function."""
    lines = [
        f"build-{name}: SERVICE = {fragment.service}\n"
        for fragment in fragments
        for name, resource in fragment.resources.items()
        if resource["Type"] == conventions.FUNCTION
    ]
    return "".join([_header("services.mk"), *lines])


def _rank(name: str) -> int:
    order = (*FIRST, "", *LAST)
    return order.index(name) if name in order else order.index("")


def _read(path: Path) -> Fragment:
    content = document.read(path.read_text())
    if unknown := content.keys() - _SECTIONS:
        raise InvalidFragment(f"{path.name} has unknown sections: {', '.join(sorted(unknown))}")
    stack = content.pop("Stack", "")
    stacks = {name: resource.pop("Stack", stack) for name, resource in content.get("Resources", {}).items()}
    if unknown := set(stacks.values()) - {*FILES, ""}:
        raise InvalidFragment(f"{path.name} has unknown nested stacks: {', '.join(sorted(unknown))}")
    return Fragment(
        path.stem,
        content.pop("Description", ""),
        content.pop("Service", ""),
        content.pop("Environment", {}),
        {name: each for name, each in stacks.items() if each},
        content,
    )


def _declared(fragments: list[Fragment]) -> Iterator[tuple[str, Any]]:
    owners: dict[str, str] = {}
    for fragment in fragments:
        for name, resource in fragment.resources.items():
            if name in owners:
                raise InvalidFragment(f"{name} is in both {owners[name]}.yaml and {fragment.name}.yaml")
            owners[name] = fragment.name
            yield name, resource


def _expanded(
    fragments: list[Fragment], declared: dict[str, Any], root: Path
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the deployed resources of each fragment that has some."""
    for fragment in fragments:
        expanded = conventions.expand(
            fragment.resources, fragment.service, fragment.environment, declared, root
        )
        if expanded:
            yield fragment.name, expanded


def _merged(fragments: list[Fragment], section: str) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for fragment in fragments:
        content = fragment.sections.get(section, {})
        if repeated := merged.keys() & content.keys():
            raise InvalidFragment(f"{fragment.name}.yaml repeats {section} {', '.join(sorted(repeated))}")
        merged |= content
    return merged


def _indented(text: str) -> str:
    return "".join(f"  {line}" if line.strip() else line for line in text.splitlines(keepends=True))
