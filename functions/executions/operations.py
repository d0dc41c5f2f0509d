"""What people ask of executions: list, look at, redrive and stop them. The command line and an HTTP API call these."""

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError
from tillflow.errors import InvalidRequest
from tillflow.executions import describe_execution, execution_arn, repeated_executions
from tillflow.histories import waits_for_callback
from tillflow.listing import Page
from tillflow.masking import mask, mask_text

from executions.errors import InvalidExecutionFilter, NothingToRedrive, NotRunning, UnknownExecution
from executions.models import EventPage, ExecutionDetail, ExecutionProgress, ExecutionSummary
from executions.parallel import ParallelCalls
from executions.recent import RecentExecutions, newest_first

REDRIVABLE = ("FAILED", "TIMED_OUT", "ABORTED")
_ARN_PARTS = 8
_HISTORY_PAGE = 1000
_PAGE_CHARACTERS = 1_500_000
"""Of a page's events as JSON: Lambda limits a response to 6 MB, in which the body is a JSON text, with escapes."""


class ExecutionOperations:
    """states: a Step Functions client; workflows: the ARNs of the state machines by logical id."""

    def __init__(self, states: Any, workflows: Mapping[str, str]) -> None:
        self._states = states
        self._workflows = workflows
        self._calls = ParallelCalls()
        self._recent = RecentExecutions(states, self._calls)

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
        machines = list(chosen.values())
        lists = (
            self._recent.list_newest(machines, status, limit + 1)
            if position is None
            else self._calls.map(lambda arn: self._older(arn, status, position, limit + 1), machines)
        )
        executions = [
            _summary(name, one)
            for name, listed in zip(chosen, lists, strict=True)
            for one in listed
            if since is None or one["startDate"] >= since
        ]
        rows = sorted(executions, key=lambda one: (one.started, one.execution_arn), reverse=True)
        more = len(rows) > limit
        last = rows[limit - 1] if more else None
        return Page(
            rows[:limit], json.dumps([last.started.isoformat(), last.execution_arn]) if last else None
        )

    def find_all(self, business_id: str) -> list[ExecutionSummary]:
        """Return the executions that are named after a business id, by start.

        Those of repeated starts are among them, and the return that an exchange has started.
        """
        lists = self._calls.map(lambda workflow: self._named(workflow, business_id), self._workflows)
        return sorted((one for listed in lists for one in listed), key=lambda one: one.started)

    def _named(self, workflow: str, business_id: str) -> list[ExecutionSummary]:
        """Return the executions of a workflow that are named after a business id."""
        arn = self._workflows[workflow]
        described = list(repeated_executions(self._states, arn, business_id))
        if workflow == "OrderReturn":
            of_exchange = describe_execution(self._states, execution_arn(arn, f"{business_id}.exchange"))
            described += [of_exchange] if of_exchange else []
        return [_summary(workflow, one) for one in described]

    def etag(self, arn: str) -> str | None:
        """Return a text that identifies an ended execution as it is; None while it runs. UnknownExecution."""
        described = self._describe(arn)
        if "stopDate" not in described:
            return None
        ended = described["stopDate"].astimezone(UTC).isoformat()
        return f"{described['status']}-{described.get('redriveCount', 0)}-{ended}"

    def find(self, name: str) -> str:
        """Return the ARN of an execution of any workflow by its name. UnknownExecution.

        An ARN of a workflow is returned as it is, whether there is such an execution or not.
        """
        if name.startswith("arn:"):
            if self._workflow_of(name) is None:
                raise UnknownExecution(name)
            return name
        machines = list(self._workflows.values())
        # Most executions are those of the first workflow, which are found by one request.
        for some in (machines[:1], machines[1:]):
            for execution in self._calls.map(lambda machine: self._describe_named(machine, name), some):
                if execution is not None:
                    return str(execution["executionArn"])
        raise UnknownExecution(name)

    def _describe_named(self, machine: str, name: str) -> dict[str, Any] | None:
        return describe_execution(self._states, execution_arn(machine, name))

    def get(self, arn: str) -> ExecutionDetail:
        """Return an execution with definition and history, secrets masked. UnknownExecution."""
        description = self._describe(arn)
        description.pop("ResponseMetadata", None)
        machine = self._states.describe_state_machine_for_execution(executionArn=arn)
        first = self._events(arn, 0)
        return ExecutionDetail(
            definition=json.loads(machine["definition"]),
            execution=mask(description),
            events=first.events,
            next_after=first.next_after,
        )

    def events(self, arn: str, after: int) -> EventPage:
        """Return the events after the one of this id, as many as a response holds, secrets masked. UnknownExecution.

        Step Functions returns a history from its beginning: a later page reads what is before it too.
        """
        self._describe(arn)
        return self._events(arn, after)

    def _events(self, arn: str, after: int) -> EventPage:
        events: list[dict[str, Any]] = []
        size = 0
        for event in self._history(arn):
            if event["id"] <= after:
                continue
            masked = mask(event)
            size += len(json.dumps(masked, default=str))
            if events and size > _PAGE_CHARACTERS:
                return EventPage(events=events, next_after=events[-1]["id"])
            events.append(masked)
        return EventPage(events=events, next_after=None)

    def progress(self, arn: str, workflows: Collection[str] | None = None) -> ExecutionProgress:
        """Return how far an execution is, of these workflows or of any. UnknownExecution."""
        if workflows is not None and self._workflow_of(arn) not in workflows:
            raise UnknownExecution(arn)
        described = self._describe(arn)
        output = described.get("output")
        return ExecutionProgress(
            execution_arn=arn,
            status=described["status"],
            waits=described["status"] == "RUNNING" and self._waits(arn),
            started=described["startDate"],
            stopped=described.get("stopDate"),
            output=None if output is None else mask_text(output),
            error=described.get("error"),
            cause=described.get("cause"),
        )

    def children(self, map_run: str, limit: int, after: str) -> Page[dict[str, Any]]:
        """Return a page of the executions of a distributed Map's run, as AWS's API returns them. UnknownExecution.

        after: how many to leave out, "" for none; what is left out is read too, a thousand a call.
        """
        start = _read_number(after)
        children = list(islice(self._children(map_run), start, start + limit + 1))
        return Page(children[:limit], str(start + limit) if len(children) > limit else None)

    def redrive(self, arn: str, token: str | None = None) -> None:
        """Restart a failed execution from the state that failed. UnknownExecution, NothingToRedrive.

        An execution that ended in a Fail state refused its request and compensated: it would end there again. token: of
        which Step Functions redrives an execution once within a quarter of an hour, whatever its status.
        """
        described = self._describe(arn)
        redrivable = described["status"] in REDRIVABLE
        if not redrivable and token is None:
            raise NothingToRedrive(described["name"], f"is {described['status']}")
        if redrivable and (state := self._fail_state(arn)):
            raise NothingToRedrive(described["name"], f"ended in the Fail state {state}")
        try:
            self._states.redrive_execution(executionArn=arn, **({"clientToken": token} if token else {}))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionNotRedrivable":
                raise
            raise NothingToRedrive(described["name"], f"is {described['status']}") from None
        self._recent.forget()

    def stop(self, arn: str, reason: str) -> None:
        """Abort a running execution; nothing is compensated. One that was aborted for this reason stays as it is.

        UnknownExecution, NotRunning.
        """
        described = self._describe(arn)
        if (described["status"], described.get("cause")) == ("ABORTED", reason):
            return
        if described["status"] != "RUNNING":
            raise NotRunning(described["name"], described["status"])
        self._states.stop_execution(executionArn=arn, error="StoppedByOperator", cause=reason)
        self._recent.forget()

    def _describe(self, arn: str) -> dict[str, Any]:
        described = None if self._workflow_of(arn) is None else describe_execution(self._states, arn)
        if described is None:
            raise UnknownExecution(arn)
        return described

    def _workflow_of(self, arn: str) -> str | None:
        """Return the workflow of an execution, or of the run or a child of its distributed Map; None for others."""
        parts = arn.split(":")
        if len(parts) < _ARN_PARTS or parts[5] not in ("execution", "mapRun"):
            return None
        machine = ":".join([*parts[:5], "stateMachine", parts[6].partition("/")[0]])
        return next((name for name, known in self._workflows.items() if known == machine), None)

    def _waits(self, arn: str) -> bool:
        """Return whether every running branch of an execution waits for a callback, those of children included."""
        return waits_for_callback(list(self._history(arn)), self._child_waits)

    def _child_waits(self, arn: str) -> bool:
        if ":mapRun:" not in arn:
            return self._waits(arn)
        if self._states.describe_map_run(mapRunArn=arn)["itemCounts"]["pending"]:
            return False
        children = [child["executionArn"] for child in self._children(arn, statusFilter="RUNNING")]
        return bool(children) and all(map(self._waits, children))

    def _history(self, arn: str) -> Iterator[dict[str, Any]]:
        pages = self._states.get_paginator("get_execution_history").paginate(
            executionArn=arn, maxResults=_HISTORY_PAGE
        )
        return (event for page in pages for event in page["events"])

    def _children(self, map_run: str, **request: str) -> Iterator[dict[str, Any]]:
        if ":mapRun:" not in map_run or self._workflow_of(map_run) is None:
            raise UnknownExecution(map_run)
        pages = self._states.get_paginator("list_executions").paginate(
            mapRunArn=map_run, maxResults=_HISTORY_PAGE, **request
        )
        return (child for page in pages for child in page["executions"])

    def _fail_state(self, arn: str) -> str | None:
        """The Fail state an execution ended in: the event before its last is that state's entry."""
        latest = self._states.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=2)[
            "events"
        ]
        details = latest[1].get("stateEnteredEventDetails") if len(latest) == 2 else None
        return str(details["name"]) if details and latest[1]["type"] == "FailStateEntered" else None

    def _older(
        self, arn: str, status: str | None, position: tuple[datetime, str], limit: int
    ) -> list[dict[str, Any]]:
        """Return the newest executions of a workflow after a position, at most `limit`."""
        executions = newest_first(self._states, arn, status, _HISTORY_PAGE)
        return list(
            islice((one for one in executions if (one["startDate"], one["executionArn"]) < position), limit)
        )


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


def _read_number(after: str) -> int:
    if not (after.isascii() and after.isdigit() and len(after) <= 9) and after:
        raise InvalidRequest("cursor", "(another)", "the next_cursor of the page before")
    return int(after or 0)


def _seconds(execution: Mapping[str, Any]) -> float | None:
    if "stopDate" not in execution:
        return None
    seconds: float = (execution["stopDate"] - execution["startDate"]).total_seconds()
    return round(seconds, 3)
