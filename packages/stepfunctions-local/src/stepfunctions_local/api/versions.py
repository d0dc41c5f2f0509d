"""Operations on versions: immutable, numbered copies of a state machine."""

from collections.abc import Mapping
from typing import Any

from ..errors import ApiError
from . import aliases, arns
from .paging import Pages
from .session import Session, reject_deleting

MAX_VERSIONS = 1000


def publish(session: Session, machine: dict[str, Any], description: str | None = None) -> dict[str, Any]:
    """Publish a machine's current revision and return the version; it may have been published before."""
    published = latest_of_revision(session, machine)
    if published is not None:
        if description is not None and description != published.get("description"):
            raise ApiError(
                "ConflictException",
                "Failed to publish the State Machine version because a version of this revision with "
                "a different description already exists.",
            )
        return published
    if session.store.count("version", machine["stateMachineArn"] + ":") >= MAX_VERSIONS:
        raise ApiError(
            "ServiceQuotaExceededException",
            f"A state machine has at most {MAX_VERSIONS} versions: delete one to publish another.",
        )
    number = machine.get("nextVersion", 1)
    arn = f"{machine['stateMachineArn']}:{number}"
    version = {
        "stateMachineVersionArn": arn,
        "number": number,
        "creationDate": session.clock.now(),
        "revision": machine["revision"],
    }
    if description:
        version["description"] = description
    machine["nextVersion"] = number + 1
    session.store.put("version", arn, version)
    session.store.put("state_machine", machine["stateMachineArn"], machine)
    return version


def latest_of_revision(session: Session, machine: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the newest version if it is of the machine's current revision."""
    newest = next(iter(_newest_first(session, machine["stateMachineArn"])), None)
    return newest if newest and newest["revision"] == machine["revision"] else None


def _newest_first(session: Session, machine_arn: str) -> list[dict[str, Any]]:
    versions = session.store.scan("version", machine_arn + ":")
    return sorted(versions, key=lambda version: version["number"], reverse=True)


def publish_version(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Publish a version; the same revision again returns the existing version."""
    arn = arns.unqualified(params["stateMachineArn"])
    machine = session.store.get("state_machine", arn.text)
    if machine is None:
        raise ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn.text}'")
    reject_deleting(session, arn.text)
    requested = params.get("revisionId")
    current = machine.get("revisionId", "INITIAL")
    if requested is not None and requested != current:
        raise ApiError(
            "ConflictException",
            f"Failed to publish the State Machine version for revision {requested}. "
            f"The current State Machine revision is {current}.",
        )
    version = publish(session, machine, params.get("description"))
    return {
        "stateMachineVersionArn": version["stateMachineVersionArn"],
        "creationDate": version["creationDate"],
    }


def list_versions(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """List versions, newest first."""
    arn = arns.unqualified(params["stateMachineArn"])
    pages = Pages(session, "ListStateMachineVersions", params)
    items, token = pages.select(
        _newest_first(session, arn.text), lambda version: version["stateMachineVersionArn"]
    )
    fields = ("stateMachineVersionArn", "creationDate")
    return {"stateMachineVersions": [{field: item[field] for field in fields} for item in items], **token}


def delete_version(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Delete a version if it exists. Raises ApiError ConflictException when an alias routes to it."""
    arn = arns.parse(params["stateMachineVersionArn"], "stateMachine")
    if arn.qualifier is None or not arn.qualifier.isdigit():
        raise ApiError("ValidationException", "The ARN must be a state machine version ARN")
    routing = aliases.routing_to(session, arn)
    if routing:
        raise ApiError(
            "ConflictException",
            "Version to be deleted must not be referenced by an alias. "
            f"Current list of aliases referencing this version: [{', '.join(routing)}]",
        )
    session.store.delete("version", arn.text)
    return {}


OPERATIONS = {
    "PublishStateMachineVersion": publish_version,
    "ListStateMachineVersions": list_versions,
    "DeleteStateMachineVersion": delete_version,
}
