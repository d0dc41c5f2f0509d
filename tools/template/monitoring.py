"""Generate the nested stack of alarms and dashboards: a stack can have 500 resources.

Alarms that a gradual deployment refers to stay in the main stack. The nested one refers to functions of the HTTP API,
which refer to workflows, so that a workflow that referred to it would be a circular dependency.
"""

from collections.abc import Iterator
from typing import Any

from tools.template import conventions
from tools.template.conventions.model import Resources, ref

STACK = "Monitoring"
FILE = "template-monitoring.yaml"
_STACK_NAME = "Deployment"
_ON_AWS = {
    "IsLocal": {"Fn::Equals": [ref("Stage"), "local"]},
    "OnAws": {"Fn::Not": [{"Condition": "IsLocal"}]},
}


class AmbiguousReference(Exception):
    """Alarms and dashboards refer to a resource in two ways; a parameter of the nested stack has one value."""


def stack(resources: Resources) -> Resources:
    """Return the nested stack, with the name of each resource that it watches as a parameter; {} without alarms."""
    watching = conventions.alarms(resources) | conventions.dashboards(resources)
    if not watching:
        return {}
    parameters = {
        "Stage": ref("Stage"),
        _STACK_NAME: ref("AWS::StackName"),
        **dict(sorted(_references(watching))),
    }
    return {
        STACK: {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": FILE, "Parameters": parameters},
        }
    }


def template(resources: Resources) -> dict[str, Any]:
    """Return the template of the nested stack. Raises AmbiguousReference."""
    watching = conventions.alarms(resources) | conventions.dashboards(resources)
    values: dict[str, Any] = {}
    for name, value in _references(watching):
        if values.setdefault(name, value) != value:
            raise AmbiguousReference(
                f"alarms and dashboards refer to {name} as {values[name]} and as {value}"
            )
    names = ["Stage", _STACK_NAME, *sorted(values)]
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The alarms and dashboards of the stack that this one is nested in.",
        "Parameters": {name: {"Type": "String"} for name in names},
        "Conditions": _ON_AWS,
        "Resources": _with_parameters(watching),
    }


def _references(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield each logical id that a value refers to, with the reference; pseudo parameters are none."""
    match value:
        case {"Ref": str(name)}:
            if not name.startswith("AWS::"):
                yield name, value
        case {"Fn::GetAtt": [str(name), str()]}:
            yield name, value
        case dict():
            for member in value.values():
                yield from _references(member)
        case list():
            for member in value:
                yield from _references(member)


def _with_parameters(value: Any) -> Any:
    """Return a value that refers to parameters of the nested stack in the place of resources."""
    match value:
        case {"Ref": "AWS::StackName"}:
            return ref(_STACK_NAME)
        case {"Ref": str()}:
            return value
        case {"Fn::GetAtt": [str(name), str()]}:
            return ref(name)
        case {"Fn::Sub": str(text)}:
            return {"Fn::Sub": text.replace("${AWS::StackName}", f"${{{_STACK_NAME}}}")}
        case dict():
            return {key: _with_parameters(member) for key, member in value.items()}
        case list():
            return [_with_parameters(member) for member in value]
    return value
