"""Managed policies for people: words of a fragment stand for all resources of a kind."""

from collections.abc import Callable
from typing import Any

from tools.template.conventions.model import (
    STATE_MACHINE,
    TABLE,
    Resource,
    Resources,
    arn,
    kind_of,
    ref,
)

_WORDS: dict[str, tuple[str, Callable[[str], dict[str, Any]]]] = {
    "AllTables": (TABLE, arn),
    "AllWorkflows": (STATE_MACHINE, ref),
}


def managed_policy(resource: Resource, declared: Resources) -> Resource:
    """Return a managed policy with the resources that words such as AllTables stand for."""
    properties = resource["Properties"]
    document = properties["PolicyDocument"]
    statements = [
        {**statement, "Resource": _resources(statement["Resource"], declared)}
        for statement in document["Statement"]
    ]
    return {**resource, "Properties": {**properties, "PolicyDocument": {**document, "Statement": statements}}}


def _resources(value: Any, declared: Resources) -> Any:
    if not isinstance(value, str):
        return value
    kind, reference = _WORDS[value]
    return [reference(name) for name, found in declared.items() if kind_of(found) == kind]
