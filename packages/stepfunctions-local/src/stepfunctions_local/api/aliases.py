"""Operations on aliases, which route executions to one or two versions of a state machine."""

import json
from collections.abc import Mapping
from typing import Any

from ..errors import ApiError
from . import arns
from .paging import Pages
from .session import Session, reject_deleting

MAX_ALIASES = 100


def routing_to(session: Session, version: arns.Arn) -> list[str]:
    """Return the names of the aliases that route to a version."""
    return [
        alias["name"] for alias in _aliases(session, version.unqualified) if _routes_to(alias, version.text)
    ]


def _aliases(session: Session, machine_arn: str) -> list[dict[str, Any]]:
    return sorted(session.store.scan("alias", machine_arn + ":"), key=lambda alias: alias["creationDate"])


def _routes_to(alias: Mapping[str, Any], version_arn: str) -> bool:
    return any(route["stateMachineVersionArn"] == version_arn for route in alias["routingConfiguration"])


def _resource_not_found() -> ApiError:
    return ApiError("ResourceNotFound", "Request references a resource that does not exist.")


def _check_routing(session: Session, routes: list[dict[str, Any]]) -> str:
    """Return the ARN of the routes' state machine. Raises ApiError for invalid routes."""
    version_arns = [route["stateMachineVersionArn"] for route in routes]
    parsed = [arns.parse(text, "stateMachine") for text in version_arns]
    if any(arn.qualifier is None or not arn.qualifier.isdigit() for arn in parsed):
        raise ApiError(
            "ValidationException",
            "Routing configuration must contain state machine version ARNs. "
            f"Received: [{', '.join(version_arns)}]",
        )
    if len(set(version_arns)) != len(version_arns):
        raise ApiError(
            "ValidationException",
            "Routing configuration must contain distinct state machine version ARNs. "
            f"Received: [{', '.join(version_arns)}]",
        )
    machines = {arns.parse(text).unqualified for text in version_arns}
    if len(machines) != 1:
        raise ApiError(
            "ValidationException",
            "Routing configuration must contain versions of one state machine. "
            f"Received: [{', '.join(version_arns)}]",
        )
    weights = [route["weight"] for route in routes]
    if sum(weights) != 100:
        raise ApiError(
            "ValidationException",
            f"Sum of routing configuration weights must equal 100. Received: {json.dumps(weights)}",
        )
    if any(session.store.get("version", text) is None for text in version_arns):
        raise _resource_not_found()
    return machines.pop()


def create_alias(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Create an alias; an identical request returns the existing one."""
    machine_arn = _check_routing(session, params["routingConfiguration"])
    reject_deleting(session, machine_arn)
    arn = f"{machine_arn}:{params['name']}"
    existing = session.store.get("alias", arn)
    if existing is not None:
        same = existing["routingConfiguration"] == params["routingConfiguration"]
        if not same or existing.get("description") != params.get("description"):
            raise ApiError(
                "ConflictException",
                "Failed to create alias because an alias with the same name and a different routing "
                "configuration already exists.",
            )
        return {"stateMachineAliasArn": arn, "creationDate": existing["creationDate"]}
    if len(_aliases(session, machine_arn)) >= MAX_ALIASES:
        raise ApiError(
            "ServiceQuotaExceededException",
            f"A state machine has at most {MAX_ALIASES} aliases: delete one to create another.",
        )
    now = session.clock.now()
    alias = {
        "stateMachineAliasArn": arn,
        "name": params["name"],
        "routingConfiguration": params["routingConfiguration"],
        "creationDate": now,
        "updateDate": now,
    }
    if params.get("description"):
        alias["description"] = params["description"]
    session.store.put("alias", arn, alias)
    return {"stateMachineAliasArn": arn, "creationDate": now}


def _alias(session: Session, text: str) -> dict[str, Any]:
    arns.parse(text, "stateMachine")
    alias = session.store.get("alias", text)
    if alias is None:
        raise _resource_not_found()
    return alias


def update_alias(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Update an alias's description, routes, or both."""
    alias = _alias(session, params["stateMachineAliasArn"])
    reject_deleting(session, arns.parse(params["stateMachineAliasArn"]).unqualified)
    if params.get("routingConfiguration") is None and params.get("description") is None:
        raise ApiError(
            "ValidationException", "Either the description or the routing configuration must be specified"
        )
    if params.get("routingConfiguration") is not None:
        machine_arn = _check_routing(session, params["routingConfiguration"])
        if not alias["stateMachineAliasArn"].startswith(machine_arn + ":"):
            raise ApiError(
                "ValidationException",
                "Routing configuration must contain versions of the alias's state machine",
            )
        alias["routingConfiguration"] = params["routingConfiguration"]
    if params.get("description") is not None:
        alias["description"] = params["description"]
    alias["updateDate"] = session.clock.now()
    session.store.put("alias", alias["stateMachineAliasArn"], alias)
    return {"updateDate": alias["updateDate"]}


def describe_alias(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Describe an alias."""
    return _alias(session, params["stateMachineAliasArn"])


def list_aliases(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """List the aliases of a state machine, or those that route to a version."""
    arn = arns.parse(params["stateMachineArn"], "stateMachine")
    if session.store.get("state_machine", arn.unqualified) is None:
        raise ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn.text}'")
    reject_deleting(session, arn.unqualified)
    aliases = _aliases(session, arn.unqualified)
    if arn.qualifier is not None:
        aliases = [alias for alias in aliases if _routes_to(alias, arn.text)]
    pages = Pages(session, "ListStateMachineAliases", params)
    items, token = pages.select(aliases, lambda alias: alias["stateMachineAliasArn"])
    fields = ("stateMachineAliasArn", "creationDate")
    return {"stateMachineAliases": [{field: item[field] for field in fields} for item in items], **token}


def delete_alias(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Delete an alias if it exists."""
    arn = arns.parse(params["stateMachineAliasArn"], "stateMachine")
    if arn.qualifier is None or arn.qualifier.isdigit():
        raise ApiError("ValidationException", "The ARN must be a state machine alias ARN")
    session.store.delete("alias", arn.text)
    return {}


OPERATIONS = {
    "CreateStateMachineAlias": create_alias,
    "UpdateStateMachineAlias": update_alias,
    "DescribeStateMachineAlias": describe_alias,
    "ListStateMachineAliases": list_aliases,
    "DeleteStateMachineAlias": delete_alias,
}
