"""Operations on executions."""

import uuid
from collections.abc import Mapping
from typing import Any

from ..definition import compile_definition
from ..descriptions import TERMINAL, billing_details, execution_description, not_redrivable_reason
from ..engine import Engine
from ..errors import ApiError
from ..history import too_large, without_data
from ..interpreter.frame import Execution
from ..json_errors import json_error
from . import arns, map_runs, paging, state_machines

_NAME_REUSE_SECONDS = 90 * 86400

Params = Mapping[str, Any]


def start(engine: Engine, params: Params) -> dict[str, Any]:
    """Start an execution. The same name and input of a running standard execution return that execution."""
    target = state_machines.resolve(engine, params["stateMachineArn"].partition("#")[0])
    text = checked_input(params.get("input"))
    if target.machine["type"] == "EXPRESS":
        execution = _begin(engine, target, params, text)
        return {"executionArn": execution.arn, "startDate": execution.started}
    name = params.get("name")
    if name is not None:
        existing = _same_name(engine, target, name, text)
        if existing is not None:
            return existing
    execution = _begin(engine, target, params, text)
    return {"executionArn": execution.arn, "startDate": execution.started}


def _same_name(engine: Engine, target: Any, name: str, text: str) -> dict[str, Any] | None:
    arn = _arn(engine, "execution", target.machine["name"], name)
    row = engine.execution_row(arn)
    if row is None:
        return None
    if row["status"] == "RUNNING" and row["input"] == text:
        return {"executionArn": arn, "startDate": row["startDate"]}
    if row["status"] in TERMINAL and row["stopDate"] + _NAME_REUSE_SECONDS < engine.clock.now():
        engine.store.delete_execution(row["id"])
        return None
    raise ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")


async def start_sync(engine: Engine, params: Params) -> dict[str, Any]:
    """Start an execution of an express machine and return its result."""
    target = state_machines.resolve(engine, params["stateMachineArn"].partition("#")[0])
    if target.machine["type"] != "EXPRESS":
        raise type_not_supported()
    execution = _begin(engine, target, params, checked_input(params.get("input")))
    await engine.wait_for_end(execution)
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


def _begin(engine: Engine, target: Any, params: Params, text: str) -> Execution:
    machine, revision = target.machine, target.revision
    name = params.get("name") or str(uuid.uuid4())
    arns.check_name(name)
    express = machine["type"] == "EXPRESS"
    kind, qualified = ("express", f"{name}:{uuid.uuid4()}") if express else ("execution", name)
    row = {
        "executionArn": _arn(engine, kind, machine["name"], qualified),
        "stateMachineArn": machine["stateMachineArn"],
        "machineName": machine["name"],
        "name": name,
        "type": machine["type"],
        "startDate": engine.clock.now(),
        "input": text,
        "roleArn": revision["roleArn"],
        "revision": revision["revision"],
    }
    optional = {
        "stateMachineVersionArn": target.version_arn,
        "stateMachineAliasArn": target.alias_arn,
        "traceHeader": params.get("traceHeader"),
        # As in AWS Step Functions Local: the test case of the mock configuration.
        "testCase": params["stateMachineArn"].partition("#")[2],
    }
    row |= {field: value for field, value in optional.items() if value}
    return engine.start_execution(row, compile_definition(revision["definition"]))


def _arn(engine: Engine, kind: str, machine: str, name: str) -> str:
    return f"arn:{engine.partition}:states:{engine.region}:{engine.account}:{kind}:{machine}:{name}"


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


async def stop(engine: Engine, params: Params) -> dict[str, Any]:
    """Stop an execution; one that has ended does not change."""
    row = _row(engine, params["executionArn"])
    execution = engine.execution(row["executionArn"])
    if execution is not None:
        await engine.stop(execution, params.get("error"), params.get("cause"))
        row = execution.row
    return {"stopDate": row["stopDate"]}


def describe(engine: Engine, params: Params) -> dict[str, Any]:
    """Describe an execution."""
    row = _row(engine, params["executionArn"])
    response = execution_description(row, engine.clock.now())
    if params.get("includedData") == "METADATA_ONLY":
        for field in ("input", "inputDetails", "output", "outputDetails"):
            response.pop(field, None)
    return response


def redrive(engine: Engine, params: Params) -> dict[str, Any]:
    """Redrive an execution from the states that failed."""
    row = _row(engine, params["executionArn"])
    reason = not_redrivable_reason(row, engine.clock.now())
    if reason is None and "mapRunArn" in row:
        reason = "Execution was started by a Map Run and can only be redriven by its parent execution"
    if reason is not None:
        raise ApiError("ExecutionNotRedrivable", f"Execution Not Redrivable: '{reason}'")
    execution = engine.redrive(row)
    return {"redriveDate": execution.row["redriveDate"]}


def list_all(engine: Engine, params: Params) -> dict[str, Any]:
    """List the executions of a machine, a version, an alias or a map run."""
    limit = params.get("maxResults") or 100
    before = _position(params) or None
    if ("stateMachineArn" in params) == ("mapRunArn" in params):
        raise ApiError("ValidationException", "Must provide exactly one of stateMachineArn or mapRunArn")
    selection: dict[str, Any]
    if "mapRunArn" in params:
        map_runs.map_run(engine, params["mapRunArn"])
        selection = {"map_run": params["mapRunArn"]}
    else:
        machine_arn = params["stateMachineArn"]
        arn = arns.parse(machine_arn, "stateMachine")
        machine = state_machines.machine_of(engine, arn)
        if machine["type"] == "EXPRESS":
            raise type_not_supported()
        selection = {"machine": arn.unqualified}
        if arn.qualifier is not None:
            state_machines.resolve(engine, machine_arn)
            selection["qualified"] = machine_arn
    status = params.get("statusFilter")
    redrive_filter = params.get("redriveFilter")
    rows = engine.store.executions(
        **selection, status=status, redriven=redrive_filter, before=before, limit=limit + 1
    )
    response: dict[str, Any] = {"executions": [_list_item(row) for row in rows[:limit]]}
    if len(rows) > limit:
        response["nextToken"] = paging.encode(str(rows[limit - 1]["id"]))
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


def history(engine: Engine, params: Params) -> dict[str, Any]:
    """Return a page of an execution's history, in either order."""
    row = _row(engine, params["executionArn"])
    limit = params.get("maxResults") or 100
    after = _position(params)
    reverse = params.get("reverseOrder") or False
    events = engine.store.events(row["id"], after, limit + 1, reverse)
    page_events = events[:limit]
    response: dict[str, Any] = {"events": page_events}
    if len(events) > limit:
        response["nextToken"] = paging.encode(str(page_events[-1]["id"]))
    if params.get("includeExecutionData") is False:
        response["events"] = [without_data(event) for event in page_events]
    return response


def describe_machine(engine: Engine, params: Params) -> dict[str, Any]:
    """Describe the state machine as it was when the execution started."""
    row = _row(engine, params["executionArn"])
    revision = engine.store.require("revision", row["revision"])
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


def _position(params: Params) -> int:
    """Return the id after which a page begins, 0 for the first page. Raises ApiError InvalidToken."""
    if not params.get("nextToken"):
        return 0
    position = paging.decode(params["nextToken"])
    if not position.isdigit():
        raise paging.invalid_token()
    return int(position)


def _row(engine: Engine, arn: str) -> dict[str, Any]:
    """Return the row of an execution. Raises ApiError InvalidArn, ExecutionDoesNotExist."""
    arns.parse(arn, "execution")
    row = engine.execution_row(arn)
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
