"""An image backfill as an operator sees it: how far it is, what it did, and going on where it stopped."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from till import workflows
from till.errors import OperatorError
from till.stack import Stack

WORKFLOW = "ImageBackfill"
_REPORTS = "backfills"
_LOOK_EVERY_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Counts:
    """Listed objects: how many there are, and how many are in batches that are done or have failed."""

    total: int
    done: int
    failed: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a backfill did. Objects: checked, found stale, brought up to date, parked; in batches that failed."""

    name: str
    status: str
    checked: int
    stale: int
    ingested: int
    parked: int
    failed: int

    def document(self) -> dict[str, Any]:
        return asdict(self)


def start(stack: Stack, prefix: str) -> str:
    """Start a backfill of the objects whose key begins with `prefix`; its ARN."""
    return workflows.start(stack, WORKFLOW, workflows.new_id("backfill"), {"prefix": prefix}).arn


def resume(stack: Stack, name: str) -> str:
    """The ARN of a backfill by its name or ARN; one that failed or was ended goes on with what is left."""
    arn = name if name.startswith("arn:") else stack.execution(WORKFLOW, name)
    if workflows.describe(stack, arn)["status"] in workflows.FAILED:
        stack.client("stepfunctions").redrive_execution(executionArn=arn)
    return arn


def follow(stack: Stack, arn: str) -> Iterator[Counts]:
    """How far it is, now and then, until it has ended."""
    while True:
        status = workflows.describe(stack, arn)["status"]
        yield counts(stack, arn)
        if status != "RUNNING":
            return
        time.sleep(_LOOK_EVERY_SECONDS)


def counts(stack: Stack, arn: str) -> Counts:
    """How far it is; all 0 until the objects are listed."""
    run = _map_run(stack, arn)
    if run is None:
        return Counts(0, 0, 0)
    items = stack.client("stepfunctions").describe_map_run(mapRunArn=run)["itemCounts"]
    return Counts(items["total"], items["succeeded"], items["failed"] + items["timedOut"] + items["aborted"])


def report(stack: Stack, arn: str) -> Report:
    """What a backfill that has ended did, whether it succeeded or too many of its batches failed."""
    execution, run = workflows.describe(stack, arn), _map_run(stack, arn)
    try:
        sums = _sums(stack, run) if run else None
    except stack.client("s3").exceptions.NoSuchKey:
        sums = None
    if sums is None:
        raise OperatorError(
            f"The backfill ended {execution['status']}: {execution.get('error')} {execution.get('cause')}",
            f"Mend the cause, then `till image backfill --resume {execution['name']}` does what is left.",
        )
    return Report(
        name=execution["name"],
        status=execution["status"],
        checked=sums["checked"],
        stale=sums["stale"],
        ingested=sums["ingested"],
        parked=sums["stale"] - sums["ingested"],
        failed=counts(stack, arn).failed,
    )


def _map_run(stack: Stack, arn: str) -> str | None:
    runs = stack.client("stepfunctions").list_map_runs(executionArn=arn)["mapRuns"]
    return runs[0]["mapRunArn"] if runs else None


def _sums(stack: Stack, run: str) -> Counter[str]:
    """What the batches that are done say they did, added up from the reports the workflow wrote."""
    s3, bucket = stack.client("s3"), stack.output("BackfillReportsBucket")

    def read(key: str) -> Any:
        return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    manifest = read(f"{_REPORTS}/{run.rpartition(':')[2]}/manifest.json")
    sums: Counter[str] = Counter()
    for file in manifest["ResultFiles"]["SUCCEEDED"]:
        for batch in read(file["Key"]):
            sums.update(batch)
    return sums
