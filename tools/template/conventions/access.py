"""Managed policies for people, in which words of a fragment stand for all resources of a kind, and other roles."""

from collections.abc import Callable
from typing import Any

from tools.template.conventions.model import (
    STATE_MACHINE,
    TABLE,
    Resource,
    Resources,
    arn,
    document,
    kind_of,
    reach_encrypted,
    ref,
    use_key,
    when,
)

_WORDS: dict[str, tuple[str, Callable[[str], dict[str, Any]]]] = {
    "AllTables": (TABLE, arn),
    "AllWorkflows": (STATE_MACHINE, ref),
}


def managed_policy(resource: Resource, declared: Resources) -> Resource:
    """Return a managed policy with the resources that words such as AllTables stand for."""
    properties = resource["Properties"]
    statements = [
        {**statement, "Resource": _resources(statement["Resource"], declared)}
        for statement in properties["PolicyDocument"]["Statement"]
    ]
    key = [when("HasKey", use_key())] if reach_encrypted(statements) else []
    return {**resource, "Properties": {**properties, "PolicyDocument": document(*statements, *key)}}


def role(resource: Resource) -> Resource:
    """Return the role of a schedule; it uses the key of the queues that it writes to."""
    properties = resource["Properties"]
    policies = properties["Policies"]
    statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    if not reach_encrypted(statements):
        return resource
    key = when("HasKey", {"PolicyName": "Key", "PolicyDocument": document(use_key())})
    return {**resource, "Properties": {**properties, "Policies": [*policies, key]}}


def _resources(value: Any, declared: Resources) -> Any:
    if not isinstance(value, str):
        return value
    kind, reference = _WORDS[value]
    return [reference(name) for name, found in declared.items() if kind_of(found) == kind]
