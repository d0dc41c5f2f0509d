"""Executions for the commands: wait for them and read their histories, by the API's functions.

The demo starts workflows itself, and the audit lists executions itself: both use more of a deployment than the API has.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from till.errors import OperatorError
from till.stack import Stack

if TYPE_CHECKING:
    from executions.models import ExecutionProgress

    from till.history import Visit

FAILED = ("FAILED", "TIMED_OUT", "ABORTED")
POLL_SECONDS, LONGEST_PAUSE_SECONDS = 0.25, 2.0


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
    from botocore.exceptions import ClientError

    try:
        response = stack.client("stepfunctions").start_execution(
            stateMachineArn=stack.output(f"{workflow}Alias"), name=name, input=json.dumps(request)
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
        return Started(stack.execution(workflow, name), duplicate=True)
    return Started(response["executionArn"], duplicate=False)


def visits(stack: Stack, arn: str) -> list[Visit]:
    """Return the visits of an execution."""
    from till.services.executions import Executions

    return Executions(stack).load(arn).visits


def wait(stack: Stack, arn: str, timeout: float = 120) -> ExecutionProgress:
    """Wait until the execution ends or waits for a callback; return its progress. `timeout` is in seconds."""
    from till.services.executions import Executions

    executions = Executions(stack)
    deadline, pause = time.monotonic() + timeout, POLL_SECONDS
    while True:
        progress = executions.progress(arn)
        if progress.status != "RUNNING" or progress.waits:
            return progress
        if time.monotonic() > deadline:
            raise OperatorError(
                f"{arn} is still running after {timeout:.0f} seconds.",
                f"See where it is with `till history {arn.rsplit(':', 1)[-1]}`.",
            )
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
