"""Executions of the deployed workflows: list, load with children, redrive and stop."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from till import workflows
from till.errors import OperatorError
from till.history import Event, Visit, sides, visits
from till.stack import Stack

STATUSES = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE")
REDRIVABLE = ("FAILED", "TIMED_OUT", "ABORTED")


@dataclass(frozen=True)
class Execution:
    """One execution with its definition and whole history, as AWS's API returns them."""

    description: dict[str, Any]
    definition: dict[str, Any]
    events: Sequence[Event]

    @property
    def arn(self) -> str:
        return str(self.description["executionArn"])

    @property
    def visits(self) -> list[Visit]:
        """The states it entered, in order."""
        return visits(self.events, sides(json.dumps(self.definition)))


def load(stack: Stack, arn: str) -> Execution:
    """Return an execution. OperatorError when there is none of this ARN."""
    description = workflows.describe(stack, arn)
    machine = stack.client("stepfunctions").describe_state_machine_for_execution(executionArn=arn)
    description.pop("ResponseMetadata", None)
    return Execution(description, json.loads(machine["definition"]), workflows.events(stack, arn))


def map_runs(stack: Stack, execution: Execution) -> dict[str, list[dict[str, Any]]]:
    """Return the child executions of each of an execution's distributed Maps, by the map run's ARN."""
    arns = [
        event["mapRunStartedEventDetails"]["mapRunArn"]
        for event in execution.events
        if "mapRunStartedEventDetails" in event
    ]
    pages = stack.client("stepfunctions").get_paginator("list_executions")
    return {
        arn: [child for page in pages.paginate(mapRunArn=arn) for child in page["executions"]] for arn in arns
    }


def list_executions(
    stack: Stack,
    workflow: str | None = None,
    status: str | None = None,
    since: datetime | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Return executions, the newest first; of one workflow by its logical id, or of all.

    OperatorError names the workflows or the statuses when the given one does not exist.
    """
    machines = stack.workflows
    if workflow is not None and workflow not in machines:
        raise OperatorError(
            f"There is no workflow {workflow!r}.", f"Use one of: {', '.join(sorted(machines))}."
        )
    if status is not None and status not in STATUSES:
        raise OperatorError(f"There is no status {status!r}.", f"Use one of: {', '.join(STATUSES)}.")
    chosen = machines if workflow is None else {workflow: machines[workflow]}
    found = [
        {**execution, "workflow": name}
        for name, arn in chosen.items()
        for execution in islice(_newest_first(stack, arn, status, since), limit)
    ]
    return sorted(found, key=lambda execution: execution["startDate"], reverse=True)[:limit]


def _newest_first(
    stack: Stack, machine: str, status: str | None, since: datetime | None
) -> Iterator[dict[str, Any]]:
    request = {"stateMachineArn": machine} | ({"statusFilter": status} if status else {})
    for page in stack.client("stepfunctions").get_paginator("list_executions").paginate(**request):
        for execution in page["executions"]:
            if since is not None and execution["startDate"] < since:
                return
            yield execution


def redrive(stack: Stack, execution: Execution) -> None:
    """Restart a failed execution from the state that failed.

    OperatorError where it would do nothing: the execution has not failed, or it ended in a Fail state, which is how a
    workflow refuses a request: a redrive would end there again.
    """
    status = execution.description["status"]
    name = execution.description["name"]
    if status not in REDRIVABLE:
        raise OperatorError(
            f"{name} is {status}: there is nothing to redrive.", f"See `till history {name}`."
        )
    last = execution.visits[-1] if execution.visits else None
    if last is not None and last.kind == "Fail":
        raise OperatorError(
            f"{name} ended in the Fail state {last.state}: a redrive would end there again. Nothing was done.",
            "The workflow refused the request and compensated what it had done. Start a new one.",
        )
    _call(stack.client("stepfunctions").redrive_execution, executionArn=execution.arn)


def stop(stack: Stack, execution: Execution, reason: str) -> None:
    """Abort a running execution. OperatorError when it has ended."""
    status, name = execution.description["status"], execution.description["name"]
    if status != "RUNNING":
        raise OperatorError(f"{name} is {status}: there is nothing to stop.", f"See `till history {name}`.")
    _call(
        stack.client("stepfunctions").stop_execution,
        executionArn=execution.arn,
        error="StoppedByOperator",
        cause=reason,
    )


def _call(operation: Callable[..., Any], **request: Any) -> None:
    try:
        operation(**request)
    except ClientError as error:
        raise OperatorError(f"AWS refused it: {error.response['Error']['Message']}", "") from error
