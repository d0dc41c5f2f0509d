"""Operations on state machines, and the resolution of their ARNs."""

import json
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import validation
from ..definition.labels import find_processor
from ..errors import ApiError
from . import configuration, encryption, tags, versions
from .arns import Arn, check_name, check_role, parse, reject_map_arn, unqualified
from .paging import Pages
from .session import Session, reject_deleting

_REVISED = (
    "definition",
    "roleArn",
    "loggingConfiguration",
    "tracingConfiguration",
    "encryptionConfiguration",
)
_SAME_MACHINE = (
    "definition",
    "type",
    "loggingConfiguration",
    "tracingConfiguration",
    "encryptionConfiguration",
)


@dataclass(frozen=True, slots=True)
class Target:
    """What an ARN starts: the machine, its revision, and the version or alias in the ARN."""

    machine: dict[str, Any]
    revision: dict[str, Any]
    version_arn: str | None = None
    alias_arn: str | None = None


def resolve(session: Session, arn: str) -> Target:
    """Return the machine and revision of an ARN; an alias selects a version by weight.

    Raises ApiError InvalidArn, StateMachineDoesNotExist.
    """
    parsed = parse(arn, "stateMachine")
    reject_map_arn(parsed)
    machine = session.store.get("state_machine", parsed.unqualified)
    if machine is None:
        raise does_not_exist(arn)
    if parsed.qualifier is None:
        return Target(machine, session.store.require("revision", machine["revision"]))
    alias = session.store.get("alias", arn)
    version_arn = _select_version(alias["routingConfiguration"]) if alias else arn
    version = session.store.get("version", version_arn)
    if version is None:
        raise does_not_exist(arn)
    revision = session.store.require("revision", version["revision"])
    return Target(machine, revision, version_arn, arn if alias else None)


def _select_version(routes: list[dict[str, Any]]) -> str:
    weights = [route["weight"] for route in routes]
    route = random.choices(routes, weights)[0]  # noqa: S311 (a share of traffic, not a secret)
    return str(route["stateMachineVersionArn"])


def does_not_exist(arn: str) -> ApiError:
    """Return AWS's error for a missing state machine."""
    return ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")


def machine_of(session: Session, arn: Arn) -> dict[str, Any]:
    """Return the machine of an ARN, qualified or not. Raises ApiError StateMachineDoesNotExist."""
    machine = session.store.get("state_machine", arn.unqualified)
    if machine is None:
        raise does_not_exist(arn.text)
    return machine


async def create(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Create a state machine; an identical request returns the existing one."""
    check_name(params["name"])
    if params.get("versionDescription") and not params.get("publish"):
        raise ApiError("ValidationException", "Version description can only be set when publish is true")
    check_role(params["roleArn"])
    kind = params.get("type", "STANDARD")
    validation.refuse(params["definition"], kind)
    arn = session.arn("stateMachine", params["name"])
    machine = {
        "stateMachineArn": arn,
        "name": params["name"],
        "type": kind,
        "roleArn": params["roleArn"],
        "definition": params["definition"],
        "loggingConfiguration": configuration.logging(params.get("loggingConfiguration")),
        "tracingConfiguration": configuration.tracing(params.get("tracingConfiguration")),
        "encryptionConfiguration": encryption.complete(params.get("encryptionConfiguration")),
        "status": "ACTIVE",
    }
    tag_map = tags.as_dict(params.get("tags") or [])
    await configuration.check_destination(machine["loggingConfiguration"], session.engine.services)
    await encryption.check_key(machine["encryptionConfiguration"], session.engine.services)
    reject_deleting(session, arn)
    existing = session.store.get("state_machine", arn)
    if existing is not None:
        return _existing_response(session, existing, machine, params)
    quota = session.engine.config.max_state_machines
    if session.store.count("state_machine", session.arn("stateMachine", "")) >= quota:
        raise ApiError("StateMachineLimitExceeded", f"State Machine Limit Exceeded: '{quota}'")
    now = session.clock.now()
    machine |= {"creationDate": now, "updateDate": now, "nextVersion": 1}
    _save_revision(session, machine)
    if tag_map:
        session.store.put("tags", arn, tag_map)
    response = {"stateMachineArn": arn, "creationDate": now}
    if params.get("publish"):
        version = versions.publish(session, machine, params.get("versionDescription"))
        response["stateMachineVersionArn"] = version["stateMachineVersionArn"]
    return response


def _existing_response(
    session: Session, existing: dict[str, Any], requested: dict[str, Any], params: Mapping[str, Any]
) -> dict[str, Any]:
    arn = existing["stateMachineArn"]
    response = {"stateMachineArn": arn, "creationDate": existing["creationDate"]}
    same = all(existing[field] == requested[field] for field in _SAME_MACHINE)
    if params.get("publish"):
        published = versions.latest_of_revision(session, existing) or {}
        same = same and published.get("description", "") == params.get("versionDescription", "")
        response["stateMachineVersionArn"] = published.get("stateMachineVersionArn")
    if not same or None in response.values():
        raise ApiError("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")
    return response


def _save_revision(session: Session, machine: dict[str, Any]) -> None:
    """Save the machine, and an immutable copy as the revision that executions run."""
    machine["revision"] = str(uuid.uuid4())
    machine["variableReferences"] = validation.variable_references(machine["definition"])
    session.store.put("revision", machine["revision"], machine)
    session.store.put("state_machine", machine["stateMachineArn"], machine)


async def update(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Update a state machine; a change creates a new revision."""
    arn = unqualified(params["stateMachineArn"])
    machine = machine_of(session, arn)
    reject_deleting(session, arn.text)
    changes = {field: params[field] for field in _REVISED if params.get(field) is not None}
    if not changes and not params.get("publish"):
        raise ApiError(
            "MissingRequiredParameter",
            "Either the definition, the role ARN, the LoggingConfiguration, the EncryptionConfiguration, "
            "or the TracingConfiguration must be specified",
        )
    if params.get("versionDescription") and not params.get("publish"):
        raise ApiError("ValidationException", "Version description can only be set when publish is true")
    if "roleArn" in changes:
        check_role(changes["roleArn"])
    if "definition" in changes:
        validation.refuse(changes["definition"], machine["type"])
    for field, complete in (
        ("loggingConfiguration", configuration.logging),
        ("tracingConfiguration", configuration.tracing),
        ("encryptionConfiguration", encryption.complete),
    ):
        if field in changes:
            changes[field] = complete(changes[field])
    if "loggingConfiguration" in changes:
        await configuration.check_destination(changes["loggingConfiguration"], session.engine.services)
        machine = machine_of(session, arn)
    if "encryptionConfiguration" in changes:
        await encryption.check_key(changes["encryptionConfiguration"], session.engine.services)
        machine = machine_of(session, arn)
    now = session.clock.now()
    response: dict[str, Any] = {"updateDate": now}
    if any(machine[field] != value for field, value in changes.items()):
        machine |= changes | {"updateDate": now, "revisionId": str(uuid.uuid4())}
        _save_revision(session, machine)
        response["revisionId"] = machine["revisionId"]
    if params.get("publish"):
        version = versions.publish(session, machine, params.get("versionDescription"))
        response["stateMachineVersionArn"] = version["stateMachineVersionArn"]
    return response


def describe(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a state machine, or a published version."""
    arn = parse(params["stateMachineArn"], "stateMachine")
    if "/" in arn.name:
        return _describe_map(session, arn, params.get("includedData"))
    target = resolve(session, arn.text)
    response = revision_description(target.revision, params.get("includedData"))
    if target.version_arn:
        version = session.store.require("version", target.version_arn)
        response |= {"stateMachineArn": target.version_arn, "creationDate": version["creationDate"]}
        if version.get("description"):
            response["description"] = version["description"]
    return response | {"status": target.machine["status"]}


def _describe_map(session: Session, arn: Arn, included_data: str | None) -> dict[str, Any]:
    """Describe a Distributed Map as the state machine of its child executions."""
    machine = session.store.get("state_machine", arn.text.partition("/")[0])
    if machine is None:
        raise does_not_exist(arn.text)
    revision = session.store.require("revision", machine["revision"])
    if find_processor(revision["definition"], arn.text) is None:
        raise does_not_exist(arn.text)
    return map_description(revision, arn.text, included_data) | {"status": machine["status"]}


def map_description(
    revision: Mapping[str, Any], qualified_arn: str, included_data: str | None
) -> dict[str, Any]:
    """Return the description of a Distributed Map, whose definition is its item processor."""
    processor = json.dumps(find_processor(revision["definition"], qualified_arn))
    response = revision_description({**revision, "definition": processor}, included_data)
    return response | {"stateMachineArn": qualified_arn, "label": qualified_arn.rpartition("/")[2]}


def revision_description(revision: Mapping[str, Any], included_data: str | None = None) -> dict[str, Any]:
    """Return the description of a revision."""
    fields = (
        "stateMachineArn",
        "name",
        "roleArn",
        "type",
        "creationDate",
        "loggingConfiguration",
        "tracingConfiguration",
        "encryptionConfiguration",
        "revisionId",
    )
    response = {field: revision[field] for field in fields if field in revision}
    if included_data != "METADATA_ONLY":
        response["definition"] = revision["definition"]
        if revision.get("variableReferences"):
            response["variableReferences"] = revision["variableReferences"]
    return response


def list_all(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """List state machines, oldest first."""
    machines = sorted(
        session.store.scan("state_machine", session.arn("stateMachine", "")),
        key=lambda machine: machine["creationDate"],
    )
    pages = Pages(session, "ListStateMachines", params)
    items, token = pages.select(machines, lambda machine: machine["stateMachineArn"])
    fields = ("stateMachineArn", "name", "type", "creationDate")
    return {"stateMachines": [{field: machine[field] for field in fields} for machine in items], **token}


def delete(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Delete a state machine; its executions stop at their next transition.

    It has the status DELETING until its last execution has ended.
    """
    arn = unqualified(params["stateMachineArn"])
    if session.store.get("state_machine", arn.text) is not None:
        session.engine.delete_machine(arn.text)
    return {}


def validate_definition(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the errors for which CreateStateMachine rejects a definition, and optionally warnings."""
    diagnostics = validation.diagnose(params["definition"], params.get("type", "STANDARD"))
    failed = any(item.severity == "ERROR" for item in diagnostics)
    if params.get("severity", "ERROR") == "ERROR":
        diagnostics = [item for item in diagnostics if item.severity == "ERROR"]
    limit = params.get("maxResults") or 100
    return {
        "result": "FAIL" if failed else "OK",
        "diagnostics": [item.as_json() for item in diagnostics[:limit]],
        "truncated": len(diagnostics) > limit,
    }


OPERATIONS = {
    "CreateStateMachine": create,
    "UpdateStateMachine": update,
    "DescribeStateMachine": describe,
    "ListStateMachines": list_all,
    "DeleteStateMachine": delete,
    "ValidateStateMachineDefinition": validate_definition,
}
