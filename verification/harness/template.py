"""What template.yaml deploys, as far as a workflow touches it: functions, tables, buses, definitions.

Read from the template itself, so that a new function or workflow is under test by being there.
"""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
REGION = "eu-west-1"
ACCOUNT = "123456789012"
ALIAS = "live"
"""The alias of functions and state machines that callers use."""
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "POWERTOOLS_METRICS_NAMESPACE": "Tillflow",
    "POWERTOOLS_TRACE_DISABLED": "true",
    "LOG_LEVEL": "CRITICAL",
}


class _Loader(yaml.CSafeLoader):
    """YAML with CloudFormation's short tags, each kept as {name: value}."""


def _short_tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix: value}


_Loader.add_multi_constructor("!", _short_tag)


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function: its ARN, `module.function`, and its environment."""

    arn: str
    handler: str
    environment: dict[str, str]


@dataclass(frozen=True)
class Template:
    resources: dict[str, Any]
    parameters: dict[str, str] = field(default_factory=dict)
    """What each parameter is when the deployer leaves it."""

    @classmethod
    @cache
    def read(cls) -> "Template":
        """Return template.yaml, read once in a process: nothing changes what it returns."""
        document = yaml.load((ROOT / "template.yaml").read_text(), Loader=_Loader)
        defaults = {name: str(given.get("Default", "")) for name, given in document["Parameters"].items()}
        return cls(document["Resources"], defaults)

    def of_type(self, kind: str) -> dict[str, Any]:
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    @property
    def functions(self) -> dict[str, Function]:
        """Functions by logical id."""
        return {
            name: Function(
                self.resolve({"GetAtt": f"{name}.Arn"}),
                properties["Handler"],
                {
                    key: str(self.resolve(value))
                    for key, value in properties.get("Environment", {}).get("Variables", {}).items()
                },
            )
            for name, properties in self.of_type("AWS::Serverless::Function").items()
        }

    def environment(self, module: str) -> dict[str, str]:
        """Return the variables of all functions of a module of handlers.

        A module reads its environment when it is imported, which here is once for all of its functions.
        """
        variables: dict[str, str] = {}
        for function in self.functions.values():
            if function.handler.rpartition(".")[0] == module:
                for name, value in function.environment.items():
                    assert variables.setdefault(name, value) == value, f"two values of {name} in {module}"
        return variables

    @property
    def tables(self) -> dict[str, Any]:
        return self.of_type("AWS::DynamoDB::Table")

    def definition(self, workflow: str) -> dict[str, Any]:
        """The shipped definition of a workflow, its substitutions filled in."""
        properties = self.resources[workflow]["Properties"]
        text = (ROOT / properties["DefinitionUri"]).read_text()
        filled = {
            name: str(self.resolve(value)) for name, value in properties["DefinitionSubstitutions"].items()
        }
        definition: dict[str, Any] = json.loads(re.sub(r"\$\{(\w+)\}", lambda match: filled[match[1]], text))
        return definition

    def resolve(self, value: Any) -> Any:
        """A property's value: a resource's name is its logical id, its ARN what AWS would call it."""
        match value:
            case {"Ref": name}:
                return self.name(name)
            case {"GetAtt": str(path)}:
                name, _, attribute = path.partition(".")
                return self._attribute(name, attribute)
            case {"Sub": str(text)}:
                return text.replace("${AWS::StackName}", "tillflow")
        return value

    def name(self, logical_id: str) -> str:
        machine = logical_id.removesuffix(f"Alias{ALIAS}")
        if machine != logical_id:
            return f"{self.name(machine)}:{ALIAS}"
        if logical_id.endswith(".Alias"):
            return self._attribute(logical_id.removesuffix(".Alias"), "Arn")
        if logical_id in self.parameters:
            return self.parameters[logical_id]
        resource = self.resources.get(logical_id, {})
        properties = resource.get("Properties", {})
        if resource.get("Type") == "AWS::Serverless::StateMachine":
            return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{logical_id}"
        return str(self.resolve(properties["Name"])) if "Name" in properties else logical_id

    def _attribute(self, name: str, attribute: str) -> str:
        service = {
            "AWS::Serverless::Function": f"lambda:{REGION}:{ACCOUNT}:function:",
            "AWS::DynamoDB::Table": f"dynamodb:{REGION}:{ACCOUNT}:table/",
            "AWS::SQS::Queue": f"sqs:{REGION}:{ACCOUNT}:",
            "AWS::Events::EventBus": f"events:{REGION}:{ACCOUNT}:event-bus/",
        }[self.resources[name]["Type"]]
        return f"arn:aws:{service}{self.name(name)}" if attribute == "Arn" else self.name(name)
