"""State machines: substitutions and permissions by their definition, logging, tracing."""

import json
import re
from pathlib import Path
from typing import Any

from tools.template.conventions import deployments
from tools.template.conventions.model import (
    FUNCTION,
    STATE_MACHINE,
    Resource,
    Resources,
    alias_of,
    allow,
    arn,
    document,
    kind_of,
    reach_encrypted,
    ref,
    statements_of,
    sub,
    use_key,
    when,
)

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_ATTRIBUTE = re.compile(r"(?<=\w)(Alias|Arn|Name|Url)$")
_CHILD_ACTIONS = ["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"]


def state_machine(name: str, resource: Resource, declared: Resources, root: Path) -> Resources:
    """Return a state machine; one with a distributed Map also has a policy to run its child executions.

    Each change of it publishes a version and moves the alias `live` to it. Executions are started by the alias.
    """
    properties = dict(resource["Properties"])
    properties.pop("Policies", None)
    definition = (root / properties["DefinitionUri"]).read_text()
    substitutions = {
        placeholder: _reference(placeholder, declared)
        for placeholder in dict.fromkeys(_PLACEHOLDER.findall(definition))
    }
    functions = [value for value in substitutions.values() if value["Ref"].endswith(".Alias")]
    invoke = [allow({"Action": "lambda:InvokeFunction", "Resource": functions})] if functions else []
    statements = [*invoke, *statements_of(resource)]
    deployed = {
        **resource,
        "Properties": {
            **properties,
            "DefinitionSubstitutions": substitutions,
            "Policies": [
                *([document(*statements)] if statements else []),
                when("LogsWorkflows", _LOG_DELIVERY),
                when("HasTracing", _TRACING),
                *([when("HasKey", document(use_key()))] if reach_encrypted(statements) else []),
            ],
            "Logging": when("LogsWorkflows", _logging()),
            "Tracing": {"Enabled": when("HasTracing", True, False)},
            **deployments.of_workflow(name),
        },
    }
    labels = _map_labels(json.loads(definition)["States"])
    return {name: deployed, **({f"{name}MapPolicy": _map_policy(name, labels)} if labels else {})}


def callers(declared: Resources, root: Path) -> dict[str, set[str]]:
    """Return the workflows that invoke each function, by the logical id of the function."""
    found: dict[str, set[str]] = {}
    for name, resource in declared.items():
        if kind_of(resource) == STATE_MACHINE:
            definition = (root / resource["Properties"]["DefinitionUri"]).read_text()
            for placeholder in _PLACEHOLDER.findall(definition):
                found.setdefault(_ATTRIBUTE.sub("", placeholder), set()).add(name)
    return found


def _reference(placeholder: str, declared: Resources) -> dict[str, Any]:
    """Return what a placeholder stands for: of a function its alias, of a state machine its alias if named so."""
    name = _ATTRIBUTE.sub("", placeholder)
    if name not in declared:
        raise LookupError(f"a definition refers to {name}, which no fragment declares")
    if kind_of(declared[name]) == STATE_MACHINE and placeholder.endswith("Alias"):
        return ref(alias_of(name))
    return ref(f"{name}.Alias") if kind_of(declared[name]) == FUNCTION else ref(name)


def _logging() -> dict[str, Any]:
    # Execution data holds customers and task tokens: it is never logged.
    return {
        "Level": ref("WorkflowLogLevel"),
        "IncludeExecutionData": False,
        "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": arn("WorkflowLogs")}}],
    }


def _map_labels(states: dict[str, Any]) -> list[str]:
    return [
        state.get("Label", name)
        for name, state in states.items()
        if state["Type"] == "Map"
        and state["ItemProcessor"].get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED"
    ]


def _map_policy(name: str, labels: list[str]) -> Resource:
    """Return the policy that AWS documents for a distributed Map.

    It is a resource of its own, because the role's inline policy cannot refer to the state machine that needs the role.
    """
    prefix = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:"
    return {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": "DistributedMap",
            "Roles": [ref(f"{name}Role")],
            "PolicyDocument": document(
                allow({"Action": "states:StartExecution", "Resource": ref(name)}),
                allow(
                    {
                        "Action": _CHILD_ACTIONS,
                        "Resource": [sub(f"{prefix}${{{name}.Name}}/{label}:*") for label in labels],
                    }
                ),
            ),
        },
    }


# Step Functions' log delivery and X-Ray have no resources that a policy could name.
_LOG_DELIVERY = document(
    allow(
        {
            "Action": [
                "logs:CreateLogDelivery",
                "logs:GetLogDelivery",
                "logs:UpdateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:DescribeResourcePolicies",
                "logs:DescribeLogGroups",
            ],
            "Resource": "*",
        }
    )
)
_TRACING = document(
    allow(
        {
            "Action": [
                "xray:PutTraceSegments",
                "xray:PutTelemetryRecords",
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
            ],
            "Resource": "*",
        }
    )
)
