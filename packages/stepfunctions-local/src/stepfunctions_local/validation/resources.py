"""Validation of a Task's Resource and of the arguments of its integration."""

from collections.abc import Mapping
from typing import Any

from ..integrations import Integration, UnknownResource, resolve
from .diagnostics import Findings


def check_resource(
    body: Mapping[str, Any], language: str, express: bool, location: str, findings: Findings
) -> None:
    """Check a Task's Resource, and its arguments when they are an object."""
    resource = body.get("Resource")
    if not isinstance(resource, str):
        return
    field_location = f"{location}/Resource"
    if not resource.startswith("arn:"):
        findings.error("Value is not a valid resource ARN", field_location)
        return
    try:
        integration = resolve(resource)
    except UnknownResource as error:
        findings.error(str(error), field_location)
        return
    if express and integration.pattern == "activity":
        findings.error("Express state machine does not support Activity ARN", field_location)
    suffix = _pattern_suffix(integration)
    if express and suffix:
        findings.error(
            f"Express state machine does not support '{suffix}' service integration", field_location
        )
    if integration.pattern not in ("lambda_arn", "activity"):
        field = "Arguments" if language == "JSONata" else "Parameters"
        if field not in body:
            findings.error(f"{field} field is required for resource ARN: {resource}", location)
            return
    field = "Arguments" if "Arguments" in body else "Parameters"
    arguments = body.get(field, {})
    if isinstance(arguments, dict):
        names = {name.removesuffix(".$") for name in arguments}
        for fault in integration.argument_errors(names) + integration.value_errors(arguments):
            findings.error(fault, f"{location}/{field}")


def _pattern_suffix(integration: Integration) -> str | None:
    if integration.pattern in ("sync", "sync2"):
        return ".sync"
    return ".waitForTaskToken" if integration.pattern == "task_token" else None


def check_credentials(body: Mapping[str, Any], location: str, findings: Findings) -> None:
    """Check that Credentials have a RoleArn (RoleArn.$ in JSONPath) and no other field."""
    credentials = body.get("Credentials")
    if not isinstance(credentials, dict):
        return
    field_location = f"{location}/Credentials"
    if ":activity:" in str(body.get("Resource")):
        findings.error("The field 'Credentials' is not supported for activities", field_location)
        return
    if "RoleArn" not in credentials and "RoleArn.$" not in credentials:
        findings.error("The field 'RoleArn' is required but was missing", field_location)
        return
    for name in credentials:
        if name not in ("RoleArn", "RoleArn.$"):
            findings.error(f"Field '{name}' is not supported", field_location)
