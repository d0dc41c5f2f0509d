"""Step Functions for the commands: start executions, wait for them and read their histories."""

import json
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from secrets import token_hex
from typing import Any

from botocore.exceptions import ClientError

from audit.snapshot import shipment_of
from till import history
from till.errors import OperatorError
from till.services.images import Images
from till.stack import Stack

FAILED = ("FAILED", "TIMED_OUT", "ABORTED")
POLL_SECONDS, LONGEST_PAUSE_SECONDS = 0.25, 2.0
_NEWEST = 10_000
"""The executions of a workflow that an audit compares with their records: ten calls of ListExecutions."""
_LONGEST_NAME = 1024
"""The bytes of an image's key; other ids are shorter."""


@dataclass(frozen=True)
class Started:
    """The execution of a business id.

    `duplicate` if nothing was started, because an execution with another input, or one that has ended, has the
    id. Starting a running execution again with the same input returns it.
    """

    arn: str
    duplicate: bool


def new_id(prefix: str) -> str:
    """Return a new business id that sorts by time, e.g. `ord-20261123T101500-5f0c1a`."""
    return f"{prefix}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{token_hex(4)}"


def now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def start(stack: Stack, workflow: str, business_id: str, request: dict[str, Any]) -> Started:
    """Start the workflow of a business id, once."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,80}", business_id):
        raise OperatorError(
            f"order_id must have 1 to 80 letters, digits, dashes and underscores; got {business_id!r}.",
        )
    return _start(stack, workflow, business_id, request)


def _start(stack: Stack, workflow: str, name: str, request: dict[str, Any]) -> Started:
    try:
        response = stack.client("stepfunctions").start_execution(
            stateMachineArn=stack.output(f"{workflow}Alias"), name=name, input=json.dumps(request)
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
        return Started(stack.execution(workflow, name), duplicate=True)
    return Started(response["executionArn"], duplicate=False)


def describe(stack: Stack, arn: str) -> dict[str, Any]:
    try:
        return dict(stack.client("stepfunctions").describe_execution(executionArn=arn))
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ExecutionDoesNotExist", "InvalidArn"):
            raise OperatorError(
                f"There is no execution {arn}.",
                "Give the id of an order or the ARN of an execution; `till execution list` lists them.",
            ) from error
        raise


def find(stack: Stack, business_or_execution: str) -> list[dict[str, Any]]:
    """Return the execution of an ARN, or all executions of a business id in the order of their start."""
    if business_or_execution.startswith("arn:"):
        return [describe(stack, business_or_execution)]
    if len(business_or_execution.encode("utf-8", "replace")) > _LONGEST_NAME:
        raise OperatorError(
            f"The id has {len(business_or_execution)} characters; expected at most {_LONGEST_NAME} bytes.",
            "Give the id of an order, the key of an image or the ARN of an execution.",
        )
    executions = []
    for workflow in stack.workflows:
        with suppress(OperatorError):
            executions.append(describe(stack, stack.execution(workflow, business_or_execution)))
    # Executions of pictures are named by EventBridge; the row of the picture has the ARN.
    if picture := Images(stack).find(business_or_execution):
        executions.append(describe(stack, str(picture.execution)))
    if not executions:
        raise OperatorError(
            f"There is no execution for {business_or_execution}.",
            "Give the id of an order or the ARN of an execution; `till execution list` lists them.",
        )
    return sorted(executions, key=lambda execution: execution["startDate"])


def events(stack: Stack, arn: str) -> list[dict[str, Any]]:
    """Return all events of an execution, oldest first."""
    pages = stack.client("stepfunctions").get_paginator("get_execution_history")
    return [event for page in pages.paginate(executionArn=arn) for event in page["events"]]


def visits(stack: Stack, arn: str) -> list[history.Visit]:
    """Return the visits of an execution."""
    definition = stack.client("stepfunctions").describe_state_machine_for_execution(executionArn=arn)
    return history.visits(events(stack, arn), history.sides(definition["definition"]))


def waits_for_callback(stack: Stack, arn: str) -> bool:
    """Return whether every running branch of the execution waits for a callback, child executions included."""
    return history.waits_for_callback(events(stack, arn), partial(_child_waits, stack))


def _child_waits(stack: Stack, arn: str) -> bool:
    """Return whether a child execution waits, or those of a map run do."""
    return _map_run_waits(stack, arn) if ":mapRun:" in arn else waits_for_callback(stack, arn)


def _map_run_waits(stack: Stack, map_run: str) -> bool:
    states = stack.client("stepfunctions")
    if states.describe_map_run(mapRunArn=map_run)["itemCounts"]["pending"]:
        return False
    pages = states.get_paginator("list_executions").paginate(mapRunArn=map_run, statusFilter="RUNNING")
    children = [child["executionArn"] for page in pages for child in page["executions"]]
    return bool(children) and all(waits_for_callback(stack, child) for child in children)


def wait(stack: Stack, arn: str, timeout: float = 120) -> dict[str, Any]:
    """Wait until the execution ends or waits for a callback; return its description. `timeout` is in seconds."""
    deadline, pause = time.monotonic() + timeout, POLL_SECONDS
    while True:
        execution = describe(stack, arn)
        if execution["status"] != "RUNNING" or waits_for_callback(stack, arn):
            return execution
        if time.monotonic() > deadline:
            raise OperatorError(
                f"{arn} is still running after {timeout:.0f} seconds.",
                f"See where it is with `till history {arn.rsplit(':', 1)[-1]}`.",
            )
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def running_id(workflow: str, name: str) -> str:
    """Return the business id that an audit knows a running execution by."""
    return shipment_of(name) if workflow == "OrderShipment" else name.partition(".")[0]


def succeeded(stack: Stack) -> dict[str, frozenset[str]]:
    """Return the business ids of the newest executions that succeeded, by workflow."""
    states = stack.client("stepfunctions")
    ended: dict[str, frozenset[str]] = {}
    for workflow, machine in stack.workflows.items():
        pages = states.get_paginator("list_executions").paginate(
            stateMachineArn=machine,
            statusFilter="SUCCEEDED",
            PaginationConfig={"MaxItems": _NEWEST, "PageSize": 1000},
        )
        names = (execution["name"] for page in pages for execution in page["executions"])
        ended[workflow] = frozenset(name.partition(".")[0] for name in names)
    return ended


def running(stack: Stack) -> frozenset[str]:
    """Return the business ids of all running executions. Names of repeated ones end in `.<n>`.

    A shipment runs for days after the sale it is named after is complete: it has an id of its own.
    """
    pages = stack.client("stepfunctions").get_paginator("list_executions")
    return frozenset(
        running_id(workflow, execution["name"])
        for workflow, machine in stack.workflows.items()
        for page in pages.paginate(stateMachineArn=machine, statusFilter="RUNNING")
        for execution in page["executions"]
    )
