"""Print template.yaml after SAM's transform: `python -m tools.template.translate`. cfn-lint checks what is deployed."""

import copy
import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from samtranslator.translator.transform import transform

from tools.template import document

ROOT = Path(__file__).parents[2]
# It warns of its own unset feature toggles.
logging.getLogger("samtranslator").setLevel(logging.ERROR)
_PACKAGED = {
    "CodeUri": "s3://artifacts/function",
    "ContentUri": "s3://artifacts/layer",
    "DefinitionUri": "s3://artifacts/definition",
}


@cache
def source() -> dict[str, Any]:
    """Return template.yaml, intrinsic functions in their long form."""
    return document.read((ROOT / "template.yaml").read_text())


@cache
def translated(**parameters: str) -> dict[str, Any]:
    """Return the translated template, with S3 locations where `sam deploy` puts them.

    parameters: values other than the defaults; SAM reads some of them.
    """
    template = copy.deepcopy(source())
    for properties in (resource.get("Properties", {}) for resource in template["Resources"].values()):
        properties |= {name: uri for name, uri in _PACKAGED.items() if name in properties}
        if "TemplateURL" in properties:
            properties["TemplateURL"] = "https://s3.amazonaws.com/artifacts/nested"
    template["Globals"]["Function"]["CodeUri"] = _PACKAGED["CodeUri"]
    values = {name: str(parameter["Default"]) for name, parameter in template["Parameters"].items()}
    with _region():
        output: dict[str, Any] = transform(template, values | parameters, SimpleNamespace(load=dict))
    return output


@contextmanager
def _region() -> Iterator[None]:
    """Set a region, which the transform asks botocore for; its output does not depend on it."""
    before = os.environ.get("AWS_DEFAULT_REGION")
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    try:
        yield
    finally:
        del os.environ["AWS_DEFAULT_REGION"]
        if before is not None:
            os.environ["AWS_DEFAULT_REGION"] = before


def plain(template: dict[str, Any]) -> dict[str, Any]:
    """Return a template with Globals and SAM's functions as the transform writes them, its code still a local path."""
    source = {**template, "Transform": "AWS::Serverless-2016-10-31"}
    source["Globals"] = {"Function": {**source["Globals"]["Function"], "CodeUri": _PACKAGED["CodeUri"]}}
    with _region():
        output: dict[str, Any] = transform(copy.deepcopy(source), {}, SimpleNamespace(load=dict))
    for resource in output["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Code"] = template["Globals"]["Function"]["CodeUri"]
    return {key: value for key, value in output.items() if key not in ("Transform", "Globals")}


if __name__ == "__main__":
    json.dump(translated(), sys.stdout, indent=1)
