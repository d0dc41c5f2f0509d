"""State machines: create, update, describe, list, delete; and finding what an ARN runs."""

import json
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import validation
from ..definition.labels import find_processor
from ..engine import Engine
from ..errors import ApiError
from . import configuration, tags, versions
from .arns import Arn, check_name, check_role, parse, refuse_labelled, unqualified
from .paging import page

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
    """What a StartExecution's ARN runs: the machine, its revision, and the version or alias it was named by."""

    machine: dict[str, Any]
    revision: dict[str, Any]
    version_arn: str | None = None
    alias_arn: str | None = None


def resolve(engine: Engine, arn: str) -> Target:
    """The machine and revision an ARN names; an alias chooses among its versions by their weights.

    Raises ApiError InvalidArn, StateMachineDoesNotExist.
    """
    given = parse(arn, "stateMachine")
    refuse_labelled(given)
    machine = engine.store.get("state_machine", given.unqualified)
    if machine is None:
        raise does_not_exist(arn)
    if given.qualifier is None:
        return Target(machine, engine.store.require("revision", machine["revision"]))
    alias = engine.store.get("alias", arn)
    version_arn = _chosen(alias["routingConfiguration"]) if alias else arn
    version = engine.store.get("version", version_arn)
    if version is None:
        raise does_not_exist(arn)
    revision = engine.store.require("revision", version["revision"])
    return Target(machine, revision, version_arn, arn if alias else None)


def _chosen(routes: list[dict[str, Any]]) -> str:
    weights = [route["weight"] for route in routes]
    chosen = random.choices(routes, weights)[0]  # noqa: S311 (a share of traffic, not a secret)
    return str(chosen["stateMachineVersionArn"])


def does_not_exist(arn: str) -> ApiError:
    return ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")


def machine_of(engine: Engine, arn: Arn) -> dict[str, Any]:
    """The machine of an ARN, qualified or not. Raises ApiError StateMachineDoesNotExist."""
    machine = engine.store.get("state_machine", arn.unqualified)
    if machine is None:
        raise does_not_exist(arn.text)
    return machine


async def create(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """CreateStateMachine: the same request again answers the first one's machine."""
    check_name(params["name"])
    if params.get("versionDescription") and not params.get("publish"):
        raise ApiError("ValidationException", "Version description can only be set when publish is true")
    check_role(params["roleArn"])
    kind = params.get("type", "STANDARD")
    validation.refuse(params["definition"], kind)
    config = engine.config
    arn = f"arn:{config.partition}:states:{config.region}:{config.account}:stateMachine:{params['name']}"
    machine = {
        "stateMachineArn": arn,
        "name": params["name"],
        "type": kind,
        "roleArn": params["roleArn"],
        "definition": params["definition"],
        "loggingConfiguration": configuration.logging(params.get("loggingConfiguration")),
        "tracingConfiguration": configuration.tracing(params.get("tracingConfiguration")),
        "encryptionConfiguration": configuration.encryption(params.get("encryptionConfiguration")),
        "status": "ACTIVE",
    }
    given_tags = tags.as_dict(params.get("tags") or [])
    await configuration.check_destination(machine["loggingConfiguration"], engine.services)
    existing = engine.store.get("state_machine", arn)
    if existing is not None:
        return _created_before(engine, existing, machine, params)
    now = engine.clock.now()
    machine |= {"creationDate": now, "updateDate": now, "nextVersion": 1}
    _save_revision(engine, machine)
    if given_tags:
        engine.store.put("tags", arn, given_tags)
    answer = {"stateMachineArn": arn, "creationDate": now}
    if params.get("publish"):
        version = versions.publish(engine, machine, params.get("versionDescription"))
        answer["stateMachineVersionArn"] = version["stateMachineVersionArn"]
    return answer


def _created_before(
    engine: Engine, existing: dict[str, Any], wanted: dict[str, Any], params: Mapping[str, Any]
) -> dict[str, Any]:
    arn = existing["stateMachineArn"]
    answer = {"stateMachineArn": arn, "creationDate": existing["creationDate"]}
    same = all(existing[field] == wanted[field] for field in _SAME_MACHINE)
    if params.get("publish"):
        published = versions.latest_of_revision(engine, existing) or {}
        same = same and published.get("description", "") == params.get("versionDescription", "")
        answer["stateMachineVersionArn"] = published.get("stateMachineVersionArn")
    if not same or None in answer.values():
        raise ApiError("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")
    return answer


def _save_revision(engine: Engine, machine: dict[str, Any]) -> None:
    """Keep the machine and, as executions run it, the immutable copy of what it says now."""
    machine["revision"] = str(uuid.uuid4())
    machine["variableReferences"] = validation.variable_references(machine["definition"])
    engine.store.put("revision", machine["revision"], machine)
    engine.store.put("state_machine", machine["stateMachineArn"], machine)


async def update(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateStateMachine: a change makes a new revision; nothing changed makes none."""
    arn = unqualified(params["stateMachineArn"])
    machine = machine_of(engine, arn)
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
        ("encryptionConfiguration", configuration.encryption),
    ):
        if field in changes:
            changes[field] = complete(changes[field])
    if "loggingConfiguration" in changes:
        await configuration.check_destination(changes["loggingConfiguration"], engine.services)
        machine = machine_of(engine, arn)
    now = engine.clock.now()
    answer: dict[str, Any] = {"updateDate": now}
    if any(machine[field] != value for field, value in changes.items()):
        machine |= changes | {"updateDate": now, "revisionId": str(uuid.uuid4())}
        _save_revision(engine, machine)
        answer["revisionId"] = machine["revisionId"]
    if params.get("publish"):
        version = versions.publish(engine, machine, params.get("versionDescription"))
        answer["stateMachineVersionArn"] = version["stateMachineVersionArn"]
    return answer


def describe(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeStateMachine, of a machine, or of a version as it was published."""
    arn = parse(params["stateMachineArn"], "stateMachine")
    if "/" in arn.name:
        return _describe_map(engine, arn, params.get("includedData"))
    target = resolve(engine, arn.text)
    answer = revision_description(target.revision, params.get("includedData"))
    if target.version_arn:
        version = engine.store.require("version", target.version_arn)
        answer |= {"stateMachineArn": target.version_arn, "creationDate": version["creationDate"]}
        if version.get("description"):
            answer["description"] = version["description"]
    return answer | {"status": target.machine["status"]}


def _describe_map(engine: Engine, arn: Arn, included_data: str | None) -> dict[str, Any]:
    """A Distributed Map as the state machine of its child executions."""
    machine = engine.store.get("state_machine", arn.text.partition("/")[0])
    if machine is None:
        raise does_not_exist(arn.text)
    revision = engine.store.require("revision", machine["revision"])
    if find_processor(revision["definition"], arn.text) is None:
        raise does_not_exist(arn.text)
    return map_description(revision, arn.text, included_data) | {"status": machine["status"]}


def map_description(
    revision: Mapping[str, Any], qualified_arn: str, included_data: str | None
) -> dict[str, Any]:
    """What a description says of the Distributed Map with that ARN: its item processor is the definition."""
    processor = json.dumps(find_processor(revision["definition"], qualified_arn))
    answer = revision_description({**revision, "definition": processor}, included_data)
    return answer | {"stateMachineArn": qualified_arn, "label": qualified_arn.rpartition("/")[2]}


def revision_description(revision: Mapping[str, Any], included_data: str | None = None) -> dict[str, Any]:
    """What a description says of a revision."""
    shown = (
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
    answer = {field: revision[field] for field in shown if field in revision}
    if included_data != "METADATA_ONLY":
        answer["definition"] = revision["definition"]
        if revision.get("variableReferences"):
            answer["variableReferences"] = revision["variableReferences"]
    return answer


def list_all(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """ListStateMachines, oldest first."""
    machines = sorted(engine.store.scan("state_machine"), key=lambda machine: machine["creationDate"])
    chosen, token = page(machines, dict(params), lambda machine: machine["stateMachineArn"])
    shown = ("stateMachineArn", "name", "type", "creationDate")
    return {"stateMachines": [{field: machine[field] for field in shown} for machine in chosen], **token}


def delete(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """DeleteStateMachine with its versions and aliases. Nothing to delete is success.

    Its executions end at their next transition.
    """
    arn = unqualified(params["stateMachineArn"])
    for execution in engine.running.values():
        if execution.machine_arn.partition("/")[0] == arn.text:
            execution.machine_deleted = execution.row["machineDeleted"] = True
            engine.store.save_execution(execution)
    engine.store.delete("state_machine", arn.text)
    engine.store.delete("tags", arn.text)
    for alias in list(engine.store.scan("alias", arn.text + ":")):
        engine.store.delete("alias", alias["stateMachineAliasArn"])
    for version in list(engine.store.scan("version", arn.text + ":")):
        engine.store.delete("version", version["stateMachineVersionArn"])
    return {}


def validate_definition(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """ValidateStateMachineDefinition: what CreateStateMachine would refuse, and warnings when asked for."""
    found = validation.diagnose(params["definition"], params.get("type", "STANDARD"))
    failed = any(item.severity == "ERROR" for item in found)
    if params.get("severity", "ERROR") == "ERROR":
        found = [item for item in found if item.severity == "ERROR"]
    limit = params.get("maxResults") or 100
    return {
        "result": "FAIL" if failed else "OK",
        "diagnostics": [item.as_json() for item in found[:limit]],
        "truncated": len(found) > limit,
    }


OPERATIONS = {
    "CreateStateMachine": create,
    "UpdateStateMachine": update,
    "DescribeStateMachine": describe,
    "ListStateMachines": list_all,
    "DeleteStateMachine": delete,
    "ValidateStateMachineDefinition": validate_definition,
}
