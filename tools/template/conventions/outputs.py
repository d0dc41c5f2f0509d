"""Outputs: the names, URLs and ARNs that the command line and other tools look up."""

from typing import Any

from tools.template.conventions.model import (
    FUNCTION,
    QUEUE,
    STATE_MACHINE,
    TABLE,
    Resources,
    alias_of,
    kind_of,
    ref,
)

_LOOKED_UP = {
    TABLE,
    FUNCTION,
    STATE_MACHINE,
    QUEUE,
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::Events::EventBus",
    "AWS::IAM::ManagedPolicy",
}


def outputs(resources: Resources) -> dict[str, Any]:
    """Return an output under the logical id of each resource that is looked up, <id>Alias for a workflow's alias."""
    values = {name: ref(name) for name, resource in resources.items() if kind_of(resource) in _LOOKED_UP}
    values |= {
        f"{name}Alias": ref(alias_of(name))
        for name, resource in resources.items()
        if kind_of(resource) == STATE_MACHINE
    }
    return {name: {"Value": value} for name, value in values.items()}
