"""A Task's Resource, and the arguments its integration takes."""

from collections.abc import Mapping
from typing import Any

from ..integrations import Integration, UnknownResource, resolve
from .diagnostics import Findings


def check_resource(body: Mapping[str, Any], express: bool, place: str, findings: Findings) -> None:
    """Say what is wrong with a Task's Resource, and with arguments given as an object."""
    resource = body.get("Resource")
    if not isinstance(resource, str):
        return
    here = f"{place}/Resource"
    if not resource.startswith("arn:"):
        findings.error("Value is not a valid resource ARN", here)
        return
    try:
        integration = resolve(resource)
    except UnknownResource as unknown:
        findings.error(str(unknown), here)
        return
    if express and integration.pattern == "activity":
        findings.error("Express state machine does not support Activity ARN", here)
    suffix = _waiting(integration)
    if express and suffix:
        findings.error(f"Express state machine does not support '{suffix}' service integration", here)
    field = "Arguments" if "Arguments" in body else "Parameters"
    given = body.get(field, {})
    if isinstance(given, dict):
        names = {name.removesuffix(".$") for name in given}
        for fault in integration.argument_faults(names):
            findings.error(fault, f"{place}/{field}")


def _waiting(integration: Integration) -> str | None:
    if integration.pattern in ("sync", "sync2"):
        return ".sync"
    return ".waitForTaskToken" if integration.pattern == "task_token" else None


def check_credentials(body: Mapping[str, Any], place: str, findings: Findings) -> None:
    """Credentials name a role, as RoleArn or, with JSONPath, RoleArn.$."""
    credentials = body.get("Credentials")
    if not isinstance(credentials, dict):
        return
    here = f"{place}/Credentials"
    if "RoleArn" not in credentials and "RoleArn.$" not in credentials:
        findings.error("The field 'RoleArn' is required but was missing", here)
        return
    for name in credentials:
        if name not in ("RoleArn", "RoleArn.$"):
            findings.error(f"Field '{name}' is not supported", here)
