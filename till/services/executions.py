"""Executions of the workflows, by the executions service's API function."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from executions.errors import UnknownExecution
from executions.models import SALES, ExecutionProgress, ExecutionSummary
from tillflow.executions import execution_arn
from tillflow.histories import Event
from tillflow.listing import Page, every

from till.history import Visit, sides, visits
from till.services.client import Service
from till.services.images import Images
from till.stack import Stack

_TIMES = ("startDate", "stopDate", "redriveDate", "timestamp")
_BATCH = 100
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,80}")
"""What an execution can be called."""


@dataclass(frozen=True)
class Execution:
    """One execution with its definition and whole history, as AWS's API returns them, secrets masked.

    workflow: the name of its workflow.
    """

    workflow: str
    description: dict[str, Any]
    definition: dict[str, Any]
    events: list[Event]

    @property
    def arn(self) -> str:
        return str(self.description["executionArn"])

    @property
    def visits(self) -> list[Visit]:
        """The states it entered, in order."""
        return visits(self.events, sides(json.dumps(self.definition)))


class Executions:
    """Executions of the deployed workflows."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._service = Service(stack, "ExecutionsApiFunction")

    def list_executions(
        self, limit: int, workflow: str | None = None, status: str | None = None, days: int | None = None
    ) -> list[ExecutionSummary]:
        """Return the newest executions of one workflow, or of all, the newest first. InvalidExecutionFilter."""

        def fetch(after: str) -> Page[ExecutionSummary]:
            return self._service.pages(
                "GET /executions",
                "operate",
                "executions",
                ExecutionSummary,
                min(limit, _BATCH),
                after,
                workflow=workflow,
                status=status,
                days=days,
            )

        return list(islice(every(fetch), limit))

    def find(self, name: str) -> list[str]:
        """Return the ARNs of the executions of a business id, the oldest first, or of an image's key.

        An ARN is returned as it is. UnknownExecution if there is none.
        """
        if name.startswith("arn:"):
            return [name]
        arns: list[str] = []
        if _NAME.fullmatch(name):
            body = self._service.call("GET /executions", "operate", query={"business_id": name}).body
            arns += [one["execution_arn"] for one in body["executions"]]
        # Executions of pictures are named by EventBridge; the row of the picture has the ARN.
        if picture := Images(self._stack).find(name):
            arns.append(str(picture.execution))
        if not arns:
            raise UnknownExecution(name)
        return arns

    def load(self, arn: str) -> Execution:
        """Return an execution with its whole history. UnknownExecution."""
        path = {"execution": arn}
        body = self._service.call("GET /executions/{execution}", "operate", path=path).body
        events, after = body["events"], body["next_after"]
        while after is not None:
            page = self._service.call(
                "GET /executions/{execution}/events", "operate", path=path, query={"after": after}
            ).body
            events, after = events + page["events"], page["next_after"]
        return Execution(
            self._workflow(arn), _with_times(body["execution"]), body["definition"], _with_times(events)
        )

    def _workflow(self, arn: str) -> str:
        """Return the workflow of an execution; the name of its state machine if it is not of this stack."""
        machine = arn.split(":")[6].partition("/")[0]
        own = (name for name, one in self._stack.workflows.items() if one.endswith(f":{machine}"))
        return next(own, machine)

    def map_runs(self, execution: Execution) -> dict[str, list[dict[str, Any]]]:
        """Return the child executions of each of an execution's distributed Maps, by the map run's ARN."""
        arns = [
            event["mapRunStartedEventDetails"]["mapRunArn"]
            for event in execution.events
            if "mapRunStartedEventDetails" in event
        ]
        return {arn: list(self._children(arn)) for arn in arns}

    def progress(self, arn: str) -> ExecutionProgress:
        """Return how far an execution is: as a cashier for that of a sale, else as a manager. UnknownExecution."""
        is_sale = any(
            arn.startswith(execution_arn(machine, ""))
            for name in SALES
            if (machine := self._stack.outputs.get(name))
        )
        kind, scope = ("sale-progress", "read") if is_sale else ("progress", "manage")
        response = self._service.call(f"GET /executions/{{execution}}/{kind}", scope, path={"execution": arn})
        return response.read(ExecutionProgress)

    def redrive(self, arn: str) -> None:
        """Restart a failed execution from the state that failed. UnknownExecution, NothingToRedrive."""
        self._service.call("POST /executions/{execution}/redrive", "operate", path={"execution": arn})

    def stop(self, arn: str, reason: str) -> None:
        """Abort a running execution; nothing is compensated. UnknownExecution, NotRunning."""
        path, body = {"execution": arn}, {"reason": reason}
        self._service.call("POST /executions/{execution}/stop", "operate", path=path, body=body)

    def _children(self, map_run: str) -> Iterator[dict[str, Any]]:
        def fetch(after: str) -> Page[dict[str, Any]]:
            body = self._service.call(
                "GET /map-runs/{map_run}/executions",
                "operate",
                path={"map_run": map_run},
                query={"limit": _BATCH, "cursor": after or None},
            ).body
            return Page(_with_times(body["executions"]), body["next_cursor"])

        return every(fetch)


def _with_times(value: Any) -> Any:
    """Return a part of a response of AWS's API with its times as datetimes."""
    if isinstance(value, list):
        return [_with_times(member) for member in value]
    return {
        name: datetime.fromisoformat(member) if name in _TIMES else member for name, member in value.items()
    }
