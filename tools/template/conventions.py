"""What every resource of a kind has in common, so that no fragment repeats it."""

import re
from pathlib import Path
from typing import Any

type Resource = dict[str, Any]
type Resources = dict[str, Resource]

FUNCTION = "AWS::Serverless::Function"
STATE_MACHINE = "AWS::Serverless::StateMachine"
TABLE = "AWS::DynamoDB::Table"

# The command line and other tools find these by the stack's outputs.
_FOUND_BY_OUTPUT = {
    TABLE,
    FUNCTION,
    STATE_MACHINE,
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::SNS::Topic",
    "AWS::Events::EventBus",
    "AWS::CloudFront::Distribution",
}
_KEY = ({"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"})
_KEY_ATTRIBUTES = (
    {"AttributeName": "pk", "AttributeType": "S"},
    {"AttributeName": "sk", "AttributeType": "S"},
)
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_ATTRIBUTE = re.compile(r"(?<=\w)(Arn|Name|Url)$")


def expand(
    section: Resources, service: str, environment: dict[str, Any], declared: Resources, root: Path
) -> Resources:
    """Return the resources of a fragment as they are deployed. `declared` holds those of all fragments."""
    expanded: Resources = {}
    for name, resource in section.items():
        match resource["Type"]:
            case "AWS::Serverless::Function":
                expanded[name] = _function(resource, service, environment)
            case "AWS::Serverless::StateMachine":
                expanded[name] = _state_machine(resource, declared, root)
            case "AWS::DynamoDB::Table":
                expanded[name] = _table(resource)
            case _:
                expanded[name] = resource
    return expanded


def outputs(resources: Resources) -> dict[str, Any]:
    """Return an output with the name, URL or ARN of each resource that is looked up, under its logical id."""
    return {
        name: {"Value": {"Ref": name}}
        for name, resource in resources.items()
        if resource["Type"] in _FOUND_BY_OUTPUT
    }


def _function(resource: Resource, service: str, environment: dict[str, Any]) -> Resource:
    """Build it from its service's folder; give it the service's environment and a role of its own."""
    properties = dict(resource["Properties"])
    own = properties.pop("Environment", {}).get("Variables", {})
    variables = {"POWERTOOLS_SERVICE_NAME": service, **environment, **own}
    policies = properties.pop("Policies")
    return {
        **resource,
        "Metadata": {"BuildMethod": "makefile"},
        "Properties": {
            **properties,
            "Environment": {"Variables": variables},
            "Policies": _policies(policies),
        },
    }


def _state_machine(resource: Resource, declared: Resources, root: Path) -> Resource:
    """Fill in what the definition refers to, and allow the functions it invokes."""
    properties = dict(resource["Properties"])
    definition = (root / properties["DefinitionUri"]).read_text()
    substitutions = {
        name: _reference(_ATTRIBUTE.sub("", name), declared)
        for name in dict.fromkeys(_PLACEHOLDER.findall(definition))
    }
    functions = [value for value in substitutions.values() if "Fn::GetAtt" in value]
    invoke = {"Action": "lambda:InvokeFunction", "Resource": functions}
    written = [statement for policy in properties.pop("Policies", ()) for statement in policy["Statement"]]
    statements = [{"Statement": [invoke, *written] if functions else written}]
    return {
        **resource,
        "Properties": {
            **properties,
            "DefinitionSubstitutions": substitutions,
            "Policies": _policies(statements),
        },
    }


def _reference(name: str, declared: Resources) -> dict[str, Any]:
    if name not in declared:
        raise LookupError(f"a definition refers to {name}, which no fragment declares")
    return {"Fn::GetAtt": [name, "Arn"]} if declared[name]["Type"] == FUNCTION else {"Ref": name}


def _policies(policies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", **statement} for statement in policy["Statement"]],
        }
        for policy in policies
    ]


def _table(resource: Resource) -> Resource:
    """A table with pk and sk, billed by request, recoverable, and kept when the stack is deleted."""
    properties = dict(resource.get("Properties", {}))
    attributes = [*_KEY_ATTRIBUTES, *properties.pop("AttributeDefinitions", ())]
    return {
        "Type": TABLE,
        "DeletionPolicy": "RetainExceptOnCreate",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": attributes,
            "KeySchema": list(_KEY),
            **properties,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
    }
