"""The project's template with the workflow definitions of an earlier release: what runs after an update.

An execution keeps the definition it was started with and invokes the new code of functions.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verification.harness.template import ALIAS, ROOT, Template

RELEASES = sorted((ROOT / "tests" / "releases").iterdir())
_KINDS = {"AWS::Serverless::Function": ".Alias", "AWS::Serverless::StateMachine": ""}


@dataclass(frozen=True)
class ReleasedTemplate(Template):
    """Definitions are those of `folder`; a workflow without a file there has the project's."""

    folder: Path = ROOT

    def workflows(self) -> set[str]:
        """Return the logical ids of the workflows whose definitions were recorded."""
        return {
            name
            for name, properties in self.of_type("AWS::Serverless::StateMachine").items()
            if self._file(properties).exists()
        }

    def definition(self, workflow: str) -> dict[str, Any]:
        path = self._file(self.resources[workflow]["Properties"])
        if not path.exists():
            return super().definition(workflow)
        text = re.sub(r"\$\{(\w+)\}", lambda match: self._value(match[1]), path.read_text())
        definition: dict[str, Any] = json.loads(text)
        return definition

    def _file(self, properties: dict[str, Any]) -> Path:
        return self.folder / Path(properties["DefinitionUri"]).name

    def _value(self, placeholder: str) -> str:
        """Return what a placeholder stands for. Raises KeyError for a resource that the template has no more."""
        name = re.sub(r"(?<=\w)(Alias|Arn|Name|Url)$", "", placeholder)
        kind = self.resources[name]["Type"]
        alias = f":{ALIAS}" if placeholder.endswith("Alias") else ""
        return self.name(f"{name}{_KINDS.get(kind, '')}") + alias


def released(folder: Path) -> ReleasedTemplate:
    """Return the project's template with the definitions of a release."""
    template = Template.read()
    return ReleasedTemplate(template.resources, template.parameters, folder)
