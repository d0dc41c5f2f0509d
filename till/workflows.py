"""Ask Step Functions: start an order, follow it, and read its history."""

import json
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from botocore.exceptions import ClientError

from till import history
from till.errors import OperatorError
from till.stack import Stack

FAILED = ("FAILED", "TIMED_OUT", "ABORTED")
POLL_SECONDS = 0.25


@dataclass(frozen=True)
class Started:
    """The execution of a business id.

    `duplicate` when nothing was started because the id was used before, with another input or by an
    execution that has ended. The same input again while it runs is the same start.
    """

    arn: str
    duplicate: bool


def new_id(prefix: str) -> str:
    """A fresh business id that sorts by when it was made, e.g. `ord-20261123T101500-5f0c1a`."""
    return f"{prefix}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{token_hex(4)}"


def now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def start(stack: Stack, workflow: str, business_id: str, request: dict[str, Any]) -> Started:
    """Start the workflow for a business id; a second start of the same one starts nothing."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,80}", business_id):
        raise OperatorError(
            f"{business_id!r} cannot name an execution.",
            "Use 1 to 80 letters, digits, dashes and underscores as the order_id.",
        )
    return _start(stack, workflow, business_id, request)


def _start(stack: Stack, workflow: str, name: str, request: dict[str, Any]) -> Started:
    try:
        answer = stack.client("stepfunctions").start_execution(
            stateMachineArn=stack.output(workflow), name=name, input=json.dumps(request)
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
        return Started(stack.execution(workflow, name), duplicate=True)
    return Started(answer["executionArn"], duplicate=False)


def start_again(stack: Stack, workflow: str, business_id: str, request: dict[str, Any]) -> Started:
    """As `start`, but when earlier ones for the business id failed another is started, named `<id>.<n>`.

    For workflows whose effects are keyed by the business id alone: whatever an earlier one did is found.
    """
    started = start(stack, workflow, business_id, request)
    number = 2
    while started.duplicate and describe(stack, started.arn)["status"] in FAILED:
        name = f"{business_id}.{number}"
        started = _start(stack, workflow, name, request)
        number += 1
    return started


def describe(stack: Stack, arn: str) -> dict[str, Any]:
    try:
        return dict(stack.client("stepfunctions").describe_execution(executionArn=arn))
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ExecutionDoesNotExist", "InvalidArn"):
            raise OperatorError(
                f"There is no execution {arn}.",
                "Give an order's id or an execution's ARN; `aws stepfunctions list-executions` lists them.",
            ) from error
        raise


def find(stack: Stack, business_or_execution: str) -> list[dict[str, Any]]:
    """The executions that are meant, the first started first: an ARN's own, or every one of a business id."""
    if business_or_execution.startswith("arn:"):
        return [describe(stack, business_or_execution)]
    found = []
    for workflow in stack.workflows:
        with suppress(OperatorError):
            found.append(describe(stack, stack.execution(workflow, business_or_execution)))
    # S3's events name their executions, so a picture's is in its row.
    if picture := stack.row("ImagesTable", f"IMAGE#{business_or_execution}", "IMAGE"):
        found.append(describe(stack, picture["execution"]))
    if not found:
        raise OperatorError(
            f"No workflow has run for {business_or_execution}.",
            "Give an order's id or an execution's ARN; `aws stepfunctions list-executions` lists them.",
        )
    return sorted(found, key=lambda execution: execution["startDate"])


def events(stack: Stack, arn: str) -> list[dict[str, Any]]:
    """The whole history, oldest first."""
    pages = stack.client("stepfunctions").get_paginator("get_execution_history")
    return [event for page in pages.paginate(executionArn=arn) for event in page["events"]]


def follow(stack: Stack, arn: str) -> list[history.Visit]:
    """The history as stays in states, each with its side of the pivot."""
    definition = stack.client("stepfunctions").describe_state_machine_for_execution(executionArn=arn)
    return history.visits(events(stack, arn), history.sides(definition["definition"]))


def is_parked(stack: Stack, arn: str) -> bool:
    """Return True while every open branch of the execution waits for a callback."""
    return history.is_parked(events(stack, arn))


def wait(stack: Stack, arn: str, patience: float = 120) -> dict[str, Any]:
    """Poll until the execution has ended or is parked; its description. `patience` in seconds."""
    deadline = time.monotonic() + patience
    while True:
        execution = describe(stack, arn)
        if execution["status"] != "RUNNING" or is_parked(stack, arn):
            return execution
        if time.monotonic() > deadline:
            raise OperatorError(
                f"{arn} is still running after {patience:.0f} seconds.",
                f"See where it is with `till history {arn.rsplit(':', 1)[-1]}`.",
            )
        time.sleep(POLL_SECONDS)


def running(stack: Stack) -> frozenset[str]:
    """The business ids of every execution that has not ended. A workflow tried again is named `<id>.<n>`."""
    pages = stack.client("stepfunctions").get_paginator("list_executions")
    return frozenset(
        execution["name"].partition(".")[0]
        for machine in stack.workflows.values()
        for page in pages.paginate(stateMachineArn=machine, statusFilter="RUNNING")
        for execution in page["executions"]
    )
