"""What is deployed: the templates of all stacks as one, after SAM's transform, with everything that SAM adds."""

from functools import cache
from pathlib import Path
from typing import Any

from tools.template import deployed, document, translate
from tools.template.translate import translated

__all__ = [
    "ROOT",
    "alarms",
    "as_list",
    "monitoring",
    "nested",
    "of_type",
    "references",
    "resources",
    "source",
    "translated",
]

ROOT = Path(__file__).parents[2]

type Resources = dict[str, dict[str, Any]]


@cache
def source() -> dict[str, Any]:
    """Return the templates as one before the transform, intrinsic functions in their long form."""
    return deployed.joined(translate.source(), nested())


@cache
def nested() -> dict[str, dict[str, Any]]:
    """Return the templates of the nested stacks that have functions."""
    return {name: document.read((ROOT / file).read_text()) for name, file in deployed.FILES.items()}


@cache
def _joined(**parameters: str) -> dict[str, Any]:
    return deployed.joined(translated(**parameters), nested())


def resources(*kinds: str, **parameters: str) -> Resources:
    """Return the translated resources of these types, all without any; `parameters` differ from the defaults."""
    found: Resources = _joined(**parameters)["Resources"]
    return {name: resource for name, resource in found.items() if not kinds or resource["Type"] in kinds}


@cache
def monitoring() -> dict[str, Any]:
    """Return the template of the nested stack of alarms; its parameters are named after what they stand for."""
    return document.read((ROOT / "template-monitoring.yaml").read_text())


def alarms() -> Resources:
    """Return the alarms of both stacks."""
    nested: Resources = monitoring()["Resources"]
    both = resources("AWS::CloudWatch::Alarm") | nested
    return {name: alarm for name, alarm in both.items() if alarm["Type"] == "AWS::CloudWatch::Alarm"}


def of_type(*kinds: str) -> list[str]:
    """Return the logical ids of translated resources."""
    return list(resources(*kinds))


def references(value: Any) -> set[str]:
    """Return the logical ids that a value refers to by Ref, GetAtt or Sub."""
    match value:
        case {"Ref": str(name)}:
            return {name}
        case {"Fn::GetAtt": [str(name), _]}:
            return {name}
        case {"Fn::GetAtt": str(path)}:
            return {path.split(".")[0]}
        case {"Fn::Sub": sub}:
            text, own = (sub, {}) if isinstance(sub, str) else sub
            names = {part.split("}")[0].split(".")[0] for part in text.split("${")[1:]}
            return (names - own.keys()) | references(own)
        case dict():
            return set().union(*map(references, value.values()), set())
        case list():
            return set().union(*map(references, value), set())
    return set()


def as_list(value: Any) -> list[Any]:
    """Return a list as it is and anything else as its only member."""
    return value if isinstance(value, list) else [value]
