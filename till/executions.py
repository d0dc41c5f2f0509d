"""Executions of the deployed workflows, with their children, as the history command shows them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from executions.operations import ExecutionOperations

from till import workflows
from till.history import Event, Visit, sides, visits
from till.stack import Stack


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


def operations(stack: Stack) -> ExecutionOperations:
    """Return the operations of executions on a stack."""
    return ExecutionOperations(stack.client("stepfunctions"), stack.workflows)
