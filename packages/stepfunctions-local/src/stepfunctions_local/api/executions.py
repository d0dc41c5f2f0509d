"""Operations on executions."""

import uuid
from collections.abc import Awaitable, Mapping
from typing import Any

from ..definition import compile_definition
from ..descriptions import TERMINAL, billing_details, execution_description, not_redrivable_reason
from ..errors import ApiError
from ..history import too_large, without_data
from ..interpreter.frame import Execution
from ..json_errors import json_error
from ..machines import DELETING
from ..trace_header import new_trace_header
from . import arns, encryption, map_runs, state_machines
from .paging import Pages
from .session import Session, deleting
from .state_machines import Target

_NAME_REUSE_SECONDS = 90 * 86400

# RedriveExecution is idempotent for this many client tokens, each for this long.
_CLIENT_TOKENS = 10
_CLIENT_TOKEN_SECONDS = 15 * 60

Params = Mapping[str, Any]


def start(session: Session, params: Params) -> dict[str, Any] | Awaitable[dict[str, Any]]:
    """Start an execution. The same name and input of a running standard execution return that execution."""
    target = _target(session, params)
    text = checked_input(params.get("input"))
    if encryption.uses_customer_key(target.revision["encryptionConfiguration"]):
        return _start_with_key(session, target, params, text)
    return _start(session, target, params, text)


async def _start_with_key(session: Session, target: Target, params: Params, text: str) -> dict[str, Any]:
    await _check_key(session, target)
    return _start(session, target, params, text)


def _start(session: Session, target: Target, params: Params, text: str) -> dict[str, Any]:
    if target.machine["type"] == "EXPRESS":
        execution = _begin(session, target, params, text)
        return {"executionArn": execution.arn, "startDate": execution.started}
    name = params.get("name")
    if name is not None:
        existing = _same_name(session, target, name, text)
        if existing is not None:
            return existing
    execution = _begin(session, target, params, text)
    return {"executionArn": execution.arn, "startDate": execution.started}


def _target(session: Session, params: Params) -> Target:
    target = state_machines.resolve(session, params["stateMachineArn"].partition("#")[0])
    if target.machine["status"] == DELETING:
        raise deleting(target.machine["stateMachineArn"])
    return target


async def _check_key(session: Session, target: Target) -> None:
    configuration, role_arn = target.revision["encryptionConfiguration"], target.revision["roleArn"]
    await encryption.check_key(configuration, session.engine.services, role_arn)


def _same_name(session: Session, target: Target, name: str, text: str) -> dict[str, Any] | None:
    arn = _arn(target.machine, "execution", name)
    row = session.engine.execution_row(arn)
    if row is None:
        return None
    if row["status"] == "RUNNING" and row["input"] == text:
        return {"executionArn": arn, "startDate": row["startDate"]}
    if row["status"] in TERMINAL and row["stopDate"] + _NAME_REUSE_SECONDS < session.clock.now():
        session.store.delete_execution(row["id"])
        return None
    raise ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")


async def start_sync(session: Session, params: Params) -> dict[str, Any]:
    """Start an execution of an express machine and return its result."""
    target = _target(session, params)
    if target.machine["type"] != "EXPRESS":
        raise type_not_supported()
    await _check_key(session, target)
    execution = _begin(session, target, params, checked_input(params.get("input")))
    await session.engine.wait_for_end(execution)
    row = execution.row
    response: dict[str, Any] = {
        **{
            name: row[name]
            for name in ("executionArn", "stateMachineArn", "name", "startDate", "stopDate", "status")
        },
        **{name: row[name] for name in ("error", "cause", "traceHeader") if name in row},
        "billingDetails": billing_details(row),
    }
    if params.get("includedData") != "METADATA_ONLY":
        response |= {"input": row["input"], "inputDetails": {"included": True}}
        response["outputDetails"] = {"included": True}
        if "output" in row:
            response["output"] = row["output"]
    return response


def _begin(session: Session, target: Target, params: Params, text: str) -> Execution:
    machine, revision = target.machine, target.revision
    name = params.get("name") or str(uuid.uuid4())
    arns.check_name(name)
    _check_quota(session)
    express = machine["type"] == "EXPRESS"
    kind, qualified = ("express", f"{name}:{uuid.uuid4()}") if express else ("execution", name)
    row = {
        "executionArn": _arn(machine, kind, qualified),
        "stateMachineArn": machine["stateMachineArn"],
        "machineName": machine["name"],
        "name": name,
        "type": machine["type"],
        "startDate": session.clock.now(),
        "input": text,
        "roleArn": revision["roleArn"],
        "revision": revision["revision"],
    }
    optional = {
        "stateMachineVersionArn": target.version_arn,
        "stateMachineAliasArn": target.alias_arn,
        "traceHeader": params.get("traceHeader") or _new_trace(session, revision),
        # As in AWS Step Functions Local: the test case of the mock configuration.
        "testCase": params["stateMachineArn"].partition("#")[2],
    }
    row |= {field: value for field, value in optional.items() if value}
    return session.engine.start_execution(row, compile_definition(revision["definition"]))


def _new_trace(session: Session, revision: Mapping[str, Any]) -> str | None:
    """Return the trace header of an execution without one, if its state machine has tracing enabled."""
    enabled: bool = revision["tracingConfiguration"]["enabled"]
    return new_trace_header(session.clock.now()) if enabled else None


def _check_quota(session: Session) -> None:
    quota = session.engine.config.max_open_executions
    if len(session.engine.running) >= quota:
        raise ApiError("ExecutionLimitExceeded", f"Execution Limit Exceeded: '{quota}'")


def _arn(machine: Mapping[str, Any], kind: str, name: str) -> str:
    machine_arn: str = machine["stateMachineArn"]
    return f"{machine_arn.replace(':stateMachine:', f':{kind}:', 1)}:{name}"


def checked_input(text: str | None) -> str:
    """Return an execution's input, by default "{}". Raises ApiError InvalidExecutionInput."""
    if text is None:
        return "{}"
    reason = "Invalid execution input." if text == "" else json_error(text)
    if reason is None and too_large(text):
        reason = "Input size exceeds the maximum of 262144 bytes."
    if reason is not None:
        raise ApiError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{reason}'")
    return text


async def stop(session: Session, params: Params) -> dict[str, Any]:
    """Stop an execution; one that has ended does not change."""
    row = _row(session, params["executionArn"])
    execution = session.engine.execution(row["executionArn"])
    if execution is not None:
        await session.engine.stop(execution, params.get("error"), params.get("cause"))
        row = execution.row
    return {"stopDate": row["stopDate"]}


def describe(session: Session, params: Params) -> dict[str, Any]:
    """Describe an execution."""
    row = _row(session, params["executionArn"])
    response = execution_description(row, session.clock.now())
    if params.get("includedData") == "METADATA_ONLY":
        for field in ("input", "inputDetails", "output", "outputDetails"):
            response.pop(field, None)
    return response


def redrive(session: Session, params: Params) -> dict[str, Any]:
    """Redrive an execution from the states that failed."""
    row = _row(session, params["executionArn"])
    now, client_token = session.clock.now(), params.get("clientToken")
    used = [token for token in row.get("redriveTokens", []) if token["date"] + _CLIENT_TOKEN_SECONDS > now]
    for token in used:
        if token["token"] == client_token:
            return {"redriveDate": token["date"]}
    reason = not_redrivable_reason(row, now)
    if reason is None and "mapRunArn" in row:
        reason = "Execution was started by a Map Run and can only be redriven by its parent execution"
    if reason is not None:
        raise ApiError("ExecutionNotRedrivable", f"Execution Not Redrivable: '{reason}'")
    _check_quota(session)
    if client_token is not None:
        used = [*used, {"token": client_token, "date": now}][-_CLIENT_TOKENS:]
    row["redriveTokens"] = used
    execution = session.engine.redrive(row)
    return {"redriveDate": execution.row["redriveDate"]}


def list_all(session: Session, params: Params) -> dict[str, Any]:
    """List the executions of a machine, a version, an alias or a map run."""
    pages = Pages(session, "ListExecutions", params)
    limit, before = pages.limit, _position(pages) or None
    if ("stateMachineArn" in params) == ("mapRunArn" in params):
        raise ApiError("ValidationException", "Must provide exactly one of stateMachineArn or mapRunArn")
    selection: dict[str, Any]
    if "mapRunArn" in params:
        map_runs.map_run(session, params["mapRunArn"])
        selection = {"map_run": params["mapRunArn"]}
    else:
        machine_arn = params["stateMachineArn"]
        arn = arns.parse(machine_arn, "stateMachine")
        machine = state_machines.machine_of(session, arn)
        if machine["type"] == "EXPRESS":
            raise type_not_supported()
        selection = {"machine": arn.unqualified}
        if arn.qualifier is not None:
            state_machines.resolve(session, machine_arn)
            selection["qualified"] = machine_arn
    status = params.get("statusFilter")
    redrive_filter = params.get("redriveFilter")
    rows = session.store.executions(
        **selection, status=status, redriven=redrive_filter, before=before, limit=limit + 1
    )
    response: dict[str, Any] = {"executions": [_list_item(row) for row in rows[:limit]]}
    if len(rows) > limit:
        response |= pages.token(str(rows[limit - 1]["id"]))
    return response


def _list_item(row: Mapping[str, Any]) -> dict[str, Any]:
    names = (
        "executionArn",
        "stateMachineArn",
        "name",
        "status",
        "startDate",
        "stopDate",
        "mapRunArn",
        "itemCount",
        "stateMachineVersionArn",
        "stateMachineAliasArn",
        "redriveDate",
    )
    return {name: row[name] for name in names if name in row} | {"redriveCount": row.get("redriveCount", 0)}


def history(session: Session, params: Params) -> dict[str, Any]:
    """Return a page of an execution's history, in either order."""
    row = _row(session, params["executionArn"])
    pages = Pages(session, "GetExecutionHistory", params)
    limit, after = pages.limit, _position(pages)
    reverse = params.get("reverseOrder") or False
    events = session.store.events(row["id"], after, limit + 1, reverse)
    page_events = events[:limit]
    response: dict[str, Any] = {"events": page_events}
    if len(events) > limit:
        response |= pages.token(str(page_events[-1]["id"]))
    if params.get("includeExecutionData") is False:
        response["events"] = [without_data(event) for event in page_events]
    return response


def describe_machine(session: Session, params: Params) -> dict[str, Any]:
    """Describe the state machine as it was when the execution started."""
    row = _row(session, params["executionArn"])
    revision = session.store.require("revision", row["revision"])
    included = params.get("includedData")
    if "mapRunArn" in row:
        response = state_machines.map_description(revision, row["stateMachineArn"], included)
        response["mapRunArn"] = row["mapRunArn"]
    else:
        response = state_machines.revision_description(revision, included)
    response["updateDate"] = revision.get("updateDate", response["creationDate"])
    for field in ("creationDate", "type"):
        response.pop(field, None)
    return response


def _position(pages: Pages) -> int:
    """Return the id after which a page begins, 0 for the first page. Raises ApiError InvalidToken."""
    return int(pages.position or 0)


def _row(session: Session, arn: str) -> dict[str, Any]:
    """Return the row of an execution. Raises ApiError InvalidArn, ExecutionDoesNotExist."""
    arns.parse(arn, "execution")
    row = session.engine.execution_row(arn)
    if row is None:
        raise ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
    return row


def type_not_supported() -> ApiError:
    """Return AWS's error for an operation on the wrong type of state machine."""
    return ApiError(
        "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine"
    )


OPERATIONS = {
    "StartExecution": start,
    "StartSyncExecution": start_sync,
    "StopExecution": stop,
    "DescribeExecution": describe,
    "ListExecutions": list_all,
    "GetExecutionHistory": history,
    "RedriveExecution": redrive,
    "DescribeStateMachineForExecution": describe_machine,
}
