"""The template as it is deployed: after SAM's transform, with everything that SAM adds."""

import copy
import os
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
REGIONS = ("us-east-1", "eu-central-1", "ap-southeast-2")
_PACKAGED = {"CodeUri": "s3://artifacts/function", "ContentUri": "s3://artifacts/layer"}

type Resources = dict[str, dict[str, Any]]


@cache
def source() -> dict[str, Any]:
    """Return template.yaml, intrinsic functions in their long form."""
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return parsed


@cache
def translated(region: str = REGIONS[0]) -> dict[str, Any]:
    """Return the translated template, with S3 locations where `sam deploy` puts them."""
    template = copy.deepcopy(source())
    for properties in (resource.get("Properties", {}) for resource in template["Resources"].values()):
        properties |= {name: uri for name, uri in _PACKAGED.items() if name in properties}
        if "DefinitionUri" in properties:
            properties["DefinitionUri"] = "s3://artifacts/definition"
    template["Globals"]["Function"]["CodeUri"] = _PACKAGED["CodeUri"]
    before = os.environ.get("AWS_DEFAULT_REGION")
    os.environ["AWS_DEFAULT_REGION"] = region
    try:
        defaults = {name: str(given["Default"]) for name, given in template["Parameters"].items()}
        output: dict[str, Any] = transform(template, defaults, SimpleNamespace(load=dict))
    finally:
        os.environ.pop("AWS_DEFAULT_REGION")
        if before is not None:
            os.environ["AWS_DEFAULT_REGION"] = before
    return output


def resources(*kinds: str) -> Resources:
    """Return the translated resources of these types, all without any."""
    found: Resources = translated()["Resources"]
    return {name: resource for name, resource in found.items() if not kinds or resource["Type"] in kinds}


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
