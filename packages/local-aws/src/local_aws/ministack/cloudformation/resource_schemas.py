"""Checks of CloudFormation resources against the keys of their schemas, which MiniStack does not make.

Source: the resource provider schemas, reduced to keys by `generators/cloudformation_schemas.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

type Properties = dict[str, Any]
type Schema = dict[str, Any]


def check_properties(resource_type: str, logical_id: str, properties: Properties) -> None:
    """Raise ValueError with CloudFormation's text when properties lack a required key or have an unknown one."""
    schema = _schemas().get(resource_type)
    if schema is None:
        return
    problems = list(_problems(schema, schema["definitions"], properties, "#"))
    if problems:
        prefix = f"Properties validation failed for resource {logical_id} with message:"
        raise ValueError("\n".join([prefix, *problems]))


@cache
def _schemas() -> dict[str, Schema]:
    text = files("local_aws").joinpath("cloudformation_schemas.json").read_text()
    schemas: dict[str, Schema] = json.loads(text)
    return schemas


def _problems(schema: Schema, definitions: dict[str, Schema], value: Any, path: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = definitions[schema["$ref"]]
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _problems(schema.get("items") or {}, definitions, item, f"{path}/{number}")
        return
    if not isinstance(value, dict):
        return
    members = schema.get("properties") or {}
    for name in schema.get("required") or ():
        if name not in value:
            yield f"{path}: required key [{name}] not found"
    for name, item in value.items():
        if name in members:
            yield from _problems(members[name], definitions, item, f"{path}/{name}")
        elif schema.get("closed"):
            yield f"{path}: extraneous key [{name}] is not permitted"


def install_resource_schemas() -> None:
    """Check the properties of each resource before it is created or updated."""
    from ministack.services.cloudformation import provisioners, stacks

    # The module of stacks has bound the functions that nested stacks call in the module of provisioners.
    for module in (provisioners, stacks):
        _install(module)


def _install(module: Any) -> None:
    provision, update = module._provision_resource, module._update_resource

    def checked_provision(kind: str, logical_id: str, properties: Properties, stack: str) -> Any:
        check_properties(kind, logical_id, properties)
        return provision(kind, logical_id, properties, stack)

    def checked_update(
        kind: str,
        physical_id: str,
        old: Properties,
        new: Properties,
        stack: str,
        logical_id: str | None = None,
        *attributes: Any,
    ) -> Any:
        check_properties(kind, logical_id or physical_id, new)
        return update(kind, physical_id, old, new, stack, logical_id, *attributes)

    module._provision_resource, module._update_resource = checked_provision, checked_update
