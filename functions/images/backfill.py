"""Backfill operations: start, resume, progress and report of a run that updates stale thumbnails."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from secrets import token_hex
from typing import Any

from tillflow.errors import DomainError
from tillflow.executions import execution_arn
from tillflow.times import utc_now

from images.operations import Deployment

_WORKFLOW = "ImageBackfill"
_REPORTS = "backfills"
_RESUMABLE = ("FAILED", "TIMED_OUT", "ABORTED")
_PROGRESS_SECONDS = 1


class UnknownBackfill(DomainError):
    """There is no backfill of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no backfill {name}.")


class BackfillWithoutReport(DomainError):
    """The run ended before it wrote a report; `name` is its execution's."""

    def __init__(self, name: str, status: str, cause: str) -> None:
        super().__init__(f"The backfill ended {status}: {cause}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Progress:
    """Listed objects: their number, and how many are in batches that have succeeded or failed."""

    total: int
    succeeded: int
    failed: int


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a backfill in objects: checked, stale, ingested, dead-lettered, and in batches that failed."""

    name: str
    status: str
    checked: int
    stale: int
    ingested: int
    dead_lettered: int
    failed: int

    def document(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return asdict(self)


class BackfillOperations:
    """Backfills of a deployed stack, with the caller's credentials. A run is named by its execution's ARN."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def start(self, prefix: str) -> str:
        """Start a backfill of the objects whose key begins with `prefix`; return its ARN."""
        started = self._states.start_execution(
            stateMachineArn=self._deployment.output(f"{_WORKFLOW}Alias"),
            name=f"backfill-{utc_now():%Y%m%dT%H%M%S}-{token_hex(4)}",
            input=json.dumps({"prefix": prefix}),
        )
        return str(started["executionArn"])

    def resume(self, name: str) -> str:
        """Return the ARN of a backfill by name or ARN; redrive it when it failed. Raises UnknownBackfill."""
        arn = name if name.startswith("arn:") else execution_arn(self._deployment.output(_WORKFLOW), name)
        if self._describe(arn)["status"] in _RESUMABLE:
            self._states.redrive_execution(executionArn=arn)
        return arn

    def follow(self, arn: str) -> Iterator[Progress]:
        """Return the progress every second until the run has ended."""
        while True:
            status = self._describe(arn)["status"]
            yield self.progress(arn)
            if status != "RUNNING":
                return
            time.sleep(_PROGRESS_SECONDS)

    def progress(self, arn: str) -> Progress:
        """Return the progress; all 0 until the objects are listed."""
        run = self._map_run(arn)
        if run is None:
            return Progress(0, 0, 0)
        items = self._states.describe_map_run(mapRunArn=run)["itemCounts"]
        return Progress(
            items["total"], items["succeeded"], items["failed"] + items["timedOut"] + items["aborted"]
        )

    def report(self, arn: str) -> Report:
        """Return the result of a run that has ended. Raises BackfillWithoutReport."""
        execution, run = self._describe(arn), self._map_run(arn)
        sums = self._sums(run) if run else None
        if sums is None:
            cause = f"{execution.get('error', '')} {execution.get('cause', '')}".strip()
            raise BackfillWithoutReport(execution["name"], execution["status"], cause)
        return Report(
            name=execution["name"],
            status=execution["status"],
            checked=sums["checked"],
            stale=sums["stale"],
            ingested=sums["ingested"],
            dead_lettered=sums["stale"] - sums["ingested"],
            failed=self.progress(arn).failed,
        )

    @property
    def _states(self) -> Any:
        return self._deployment.client("stepfunctions")

    def _describe(self, arn: str) -> Any:
        try:
            return self._states.describe_execution(executionArn=arn)
        except self._states.exceptions.ExecutionDoesNotExist:
            raise UnknownBackfill(arn.rpartition(":")[2]) from None

    def _map_run(self, arn: str) -> str | None:
        runs = self._states.list_map_runs(executionArn=arn)["mapRuns"]
        return str(runs[0]["mapRunArn"]) if runs else None

    def _sums(self, run: str) -> Counter[str] | None:
        """Return the sums of the succeeded batches, from the files the Map wrote; None when there are none."""
        s3, bucket = self._deployment.client("s3"), self._deployment.output("BackfillReportsBucket")

        def read(key: str) -> Any:
            return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())

        try:
            manifest = read(f"{_REPORTS}/{run.rpartition(':')[2]}/manifest.json")
        except s3.exceptions.NoSuchKey:
            return None
        sums: Counter[str] = Counter()
        for file in manifest["ResultFiles"]["SUCCEEDED"]:
            for batch in read(file["Key"]):
                sums.update(batch)
        return sums
