"""What people ask of executions: list, look at, redrive and stop them. The command line and an HTTP API call these."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import count, islice
from typing import Any

from tillflow.errors import InvalidRequest
from tillflow.executions import describe_execution, execution_arn
from tillflow.listing import Page
from tillflow.masking import mask

from executions.errors import InvalidExecutionFilter, NothingToRedrive, NotRunning, UnknownExecution
from executions.models import ExecutionDetail, ExecutionSummary

REDRIVABLE = ("FAILED", "TIMED_OUT", "ABORTED")


class ExecutionOperations:
    """states: a Step Functions client; workflows: the ARNs of the state machines by logical id."""

    def __init__(self, states: Any, workflows: Mapping[str, str]) -> None:
        self._states = states
        self._workflows = workflows

    def list_executions(
        self,
        workflow: str | None = None,
        status: str | None = None,
        since: datetime | None = None,
        limit: int = 50,
        after: str = "",
    ) -> Page[ExecutionSummary]:
        """Return a page of executions, the newest first; of one workflow, or of all. InvalidExecutionFilter.

        Step Functions lists from the newest execution on: a later page reads what is before it too, a thousand a call.
        """
        if workflow is not None and workflow not in self._workflows:
            raise InvalidExecutionFilter("workflow", workflow, f"one of {', '.join(sorted(self._workflows))}")
        chosen = self._workflows if workflow is None else {workflow: self._workflows[workflow]}
        position = _read_position(after)
        found = [
            _summary(name, one)
            for name, arn in chosen.items()
            for one in islice(self._newest_first(arn, status, since, position), limit + 1)
        ]
        rows = sorted(found, key=lambda one: (one.started, one.execution_arn), reverse=True)
        more = len(rows) > limit
        last = rows[limit - 1] if more else None
        return Page(
            rows[:limit], json.dumps([last.started.isoformat(), last.execution_arn]) if last else None
        )

    def find_all(self, business_id: str) -> list[ExecutionSummary]:
        """Return the executions that are named after a business id, those of repeated starts too, by start."""
        found = []
        for workflow, arn in self._workflows.items():
            for number in count(1):
                name = business_id if number == 1 else f"{business_id}.{number}"
                described = describe_execution(self._states, execution_arn(arn, name))
                if described is None:
                    break
                found.append(_summary(workflow, described))
        return sorted(found, key=lambda one: one.started)

    def etag(self, arn: str) -> str | None:
        """Return a text that identifies an ended execution as it is; None while it runs. UnknownExecution."""
        described = self._describe(arn)
        if "stopDate" not in described:
            return None
        ended = described["stopDate"].astimezone(UTC).isoformat()
        return f"{described['status']}-{described.get('redriveCount', 0)}-{ended}"

    def find(self, name: str) -> str:
        """Return the ARN of an execution of any workflow by its name, or a given ARN. UnknownExecution."""
        if name.startswith("arn:"):
            return str(self._describe(name)["executionArn"])
        for arn in self._workflows.values():
            found = describe_execution(self._states, execution_arn(arn, name))
            if found is not None:
                return str(found["executionArn"])
        raise UnknownExecution(name)

    def get(self, arn: str) -> ExecutionDetail:
        """Return an execution with definition and history, secrets masked. UnknownExecution."""
        description = self._describe(arn)
        description.pop("ResponseMetadata", None)
        machine = self._states.describe_state_machine_for_execution(executionArn=arn)
        pages = self._states.get_paginator("get_execution_history").paginate(executionArn=arn)
        return ExecutionDetail(
            definition=json.loads(machine["definition"]),
            execution=mask(description),
            events=[mask(event) for page in pages for event in page["events"]],
        )

    def redrive(self, arn: str) -> None:
        """Restart a failed execution from the state that failed. UnknownExecution, NothingToRedrive.

        An execution that ended in a Fail state refused its request and compensated: it would end there again.
        """
        described = self._describe(arn)
        if described["status"] not in REDRIVABLE:
            raise NothingToRedrive(described["name"], f"is {described['status']}")
        if state := self._fail_state(arn):
            raise NothingToRedrive(described["name"], f"ended in the Fail state {state}")
        self._states.redrive_execution(executionArn=arn)

    def stop(self, arn: str, reason: str) -> None:
        """Abort a running execution; nothing is compensated. UnknownExecution, NotRunning."""
        described = self._describe(arn)
        if described["status"] != "RUNNING":
            raise NotRunning(described["name"], described["status"])
        self._states.stop_execution(executionArn=arn, error="StoppedByOperator", cause=reason)

    def _describe(self, arn: str) -> dict[str, Any]:
        described = describe_execution(self._states, arn)
        if described is None:
            raise UnknownExecution(arn)
        return described

    def _fail_state(self, arn: str) -> str | None:
        """The Fail state an execution ended in: the event before its last is that state's entry."""
        latest = self._states.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=2)[
            "events"
        ]
        details = latest[1].get("stateEnteredEventDetails") if len(latest) == 2 else None
        return str(details["name"]) if details and latest[1]["type"] == "FailStateEntered" else None

    def _newest_first(
        self, arn: str, status: str | None, since: datetime | None, position: tuple[datetime, str] | None
    ) -> Iterator[dict[str, Any]]:
        request = {"stateMachineArn": arn} | ({"statusFilter": status} if status else {})
        for page in self._states.get_paginator("list_executions").paginate(**request):
            for execution in page["executions"]:
                if since is not None and execution["startDate"] < since:
                    return
                if position is None or (execution["startDate"], execution["executionArn"]) < position:
                    yield execution


def _summary(workflow: str, execution: Mapping[str, Any]) -> ExecutionSummary:
    return ExecutionSummary(
        name=execution["name"],
        workflow=workflow,
        status=execution["status"],
        started=execution["startDate"],
        seconds=_seconds(execution),
        execution_arn=execution["executionArn"],
    )


def _read_position(after: str) -> tuple[datetime, str] | None:
    if not after:
        return None
    try:
        started, arn = json.loads(after)
        moment = datetime.fromisoformat(started)
        if moment.tzinfo is None or not isinstance(arn, str):
            raise ValueError
    except (ValueError, TypeError):
        raise InvalidRequest("cursor", "(another)", "the next_cursor of the page before") from None
    return moment, arn


def _seconds(execution: Mapping[str, Any]) -> float | None:
    if "stopDate" not in execution:
        return None
    seconds: float = (execution["stopDate"] - execution["startDate"]).total_seconds()
    return round(seconds, 3)
