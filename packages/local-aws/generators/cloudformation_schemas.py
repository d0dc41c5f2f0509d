"""Write `cloudformation_schemas.json`: which properties resources have and which they require.

    python -m generators.cloudformation_schemas

The source are CloudFormation's resource provider schemas as cfn-lint has them; of the types that MiniStack or this
package provisions, one a line.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import cfnlint

type Schema = dict[str, Any]

_SCHEMAS = Path(cfnlint.__file__).parent / "data/schemas/providers/us_east_1"
_TARGET = Path(__file__).parent.parent / "src/local_aws/cloudformation_schemas.json"
_OWN_TYPES = ("StateMachineVersion", "StateMachineAlias", "Activity")


def main() -> None:
    """Write the file."""
    lines = []
    for name in sorted(_types()):
        path = _SCHEMAS / f"{name.lower().replace('::', '-')}.json"
        if path.exists():
            lines.append(
                f"{json.dumps(name)}:{json.dumps(_reduced(json.loads(path.read_text())), separators=(',', ':'))}"
            )
    _TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _types() -> set[str]:
    provisioners = importlib.import_module("ministack.services.cloudformation.provisioners")
    return {name for name in provisioners._RESOURCE_HANDLERS if name.startswith("AWS::")} | {
        f"AWS::StepFunctions::{name}" for name in _OWN_TYPES
    }


def _reduced(document: Schema) -> Schema:
    """Return the keys of a schema and, under `definitions`, of the schemas that it refers to."""
    references: set[str] = set()
    root, definitions = _keys(document, references), {}
    while missing := references - definitions.keys():
        name = missing.pop()
        definitions[name] = _keys(document["definitions"].get(name, {}), references)
    return root | {"definitions": {name: definitions[name] for name in sorted(definitions)}}


def _keys(schema: Schema, references: set[str]) -> Schema:
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        references.add(name)
        return {"$ref": name}
    reduced: Schema = {}
    if schema.get("required"):
        reduced["required"] = schema["required"]
    if schema.get("additionalProperties") is False and not schema.get("patternProperties"):
        reduced["closed"] = True
    if schema.get("properties"):
        reduced["properties"] = {
            name: _keys(member, references) for name, member in schema["properties"].items()
        }
    if isinstance(schema.get("items"), dict) and (items := _keys(schema["items"], references)):
        reduced["items"] = items
    return reduced


if __name__ == "__main__":
    main()
