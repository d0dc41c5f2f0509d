"""What is deployed, as far as a workflow touches it: functions, tables, buses, definitions.

Read from the templates themselves, so that a new function or workflow is under test by being there.
"""

import json
import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from tools.template import deployed

ROOT = Path(__file__).parents[2]
REGION = "eu-west-1"
ACCOUNT = "123456789012"
FUNCTION, SAM_FUNCTION = "AWS::Lambda::Function", "AWS::Serverless::Function"
"""A function of a nested stack, and one of the main stack."""
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
        """Return the templates as one, read once in a process: nothing changes what it returns."""
        document = deployed.read(ROOT)
        _remove_shared_variables(document)
        defaults = {name: str(given.get("Default", "")) for name, given in document["Parameters"].items()}
        return cls(document["Resources"], defaults)

    def of_type(self, *kinds: str) -> dict[str, Any]:
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] in kinds
        }

    @cached_property
    def functions(self) -> dict[str, Function]:
        """Functions by logical id; read for each invocation."""
        return {
            name: Function(
                self.resolve({"Fn::GetAtt": [name, "Arn"]}),
                properties["Handler"],
                {
                    key: str(self.resolve(value))
                    for key, value in properties.get("Environment", {}).get("Variables", {}).items()
                },
            )
            for name, properties in self.of_type(SAM_FUNCTION, FUNCTION).items()
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
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return self._attribute(name, attribute)
            case {"Fn::Sub": str(text)}:
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
            SAM_FUNCTION: f"lambda:{REGION}:{ACCOUNT}:function:",
            FUNCTION: f"lambda:{REGION}:{ACCOUNT}:function:",
            "AWS::DynamoDB::Table": f"dynamodb:{REGION}:{ACCOUNT}:table/",
            "AWS::SQS::Queue": f"sqs:{REGION}:{ACCOUNT}:",
            "AWS::Events::EventBus": f"events:{REGION}:{ACCOUNT}:event-bus/",
        }[self.resources[name]["Type"]]
        return f"arn:aws:{service}{self.name(name)}" if attribute == "Arn" else self.name(name)


def _remove_shared_variables(document: dict[str, Any]) -> None:
    """Remove the variables of Globals, which ENVIRONMENT has, from functions of nested stacks."""
    shared = document["Globals"]["Function"]["Environment"]["Variables"]
    for resource in document["Resources"].values():
        if resource["Type"] == FUNCTION:
            environment = resource["Properties"]["Environment"]
            environment["Variables"] = {
                name: value for name, value in environment["Variables"].items() if name not in shared
            }
