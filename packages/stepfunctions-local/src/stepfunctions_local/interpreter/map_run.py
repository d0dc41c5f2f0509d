"""A map run: the child executions of one distributed Map, and its failure when too many of them fail."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..definition import Flow
from ..errors import StateError
from ..history import json_text
from ..storage.store import Store
from .frame import Execution, Frame, Runtime

# AWS runs up to 10,000 child executions at once by default; one machine has fewer resources.
DEFAULT_CONCURRENCY = 1000

_COUNTED = {"SUCCEEDED": "succeeded", "FAILED": "failed", "TIMED_OUT": "timedOut", "ABORTED": "aborted"}


class ThresholdExceeded(StateError):
    def __init__(self) -> None:
        super().__init__(
            "States.ExceedToleratedFailureThreshold",
            "The specified tolerated failure threshold was exceeded",
        )


class MapRun:
    """One running map run. `document` is its stored description; `inputs` are the children's, in order.

    `weights` has the number of items of each input.
    """

    def __init__(
        self,
        frame: Frame,
        document: dict[str, Any],
        processor: Flow,
        inputs: list[Any],
        weights: list[int],
    ):
        self.frame = frame
        self.processor = processor
        self.runtime = frame.execution.runtime
        self.document = document
        self.arn: str = document["mapRunArn"]
        self.inputs = inputs
        self.weights = weights
        self._total = sum(weights)
        self.running: dict[int, Execution] = {}
        self.rows: dict[int, dict[str, Any]] = {}
        self.items: Counter[str] = Counter()
        self.executions: Counter[str] = Counter()
        self._next = iter(range(len(inputs)))
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Run the children that have not ended, up to the concurrency limit. Raises ThresholdExceeded."""
        for row in self.runtime.store.executions(map_run=self.arn, limit=len(self.inputs) or 1):
            slot = row["mapIndex"]
            running = self.runtime.execution(row["executionArn"])
            if running is not None:
                self._watch(slot, running)
                continue
            self.rows[slot] = row
            if not self._needs_redrive(row):
                self._count(slot, row)
        self.runtime.map_runs[self.arn] = self
        try:
            while True:
                self._check_threshold()
                self._start_children()
                if not self.running:
                    return
                self._changed.clear()
                await self._changed.wait()
        finally:
            self.runtime.map_runs.pop(self.arn, None)

    def update(self, document: dict[str, Any]) -> None:
        """Apply the limits that UpdateMapRun changed."""
        self.document |= document
        self._changed.set()

    async def stop(self) -> None:
        """Abort the children that are still running."""
        await stop_children(self.runtime, self.arn)

    def results(self) -> Iterator[dict[str, Any]]:
        """Return the rows of the children, in the order of their inputs."""
        return (self.rows[slot] for slot in sorted(self.rows))

    def pending(self) -> Iterator[dict[str, Any]]:
        """Return descriptions of the children that never started."""
        for slot, child_input in enumerate(self.inputs):
            if slot not in self.rows:
                yield {
                    "input": json_text(child_input),
                    "inputDetails": {"included": True},
                    "status": "PENDING",
                }

    def counts(self) -> dict[str, Any]:
        """Return DescribeMapRun's current counts."""
        return {
            "itemCounts": self._status_counts(self.items, self.weights),
            "executionCounts": self._status_counts(self.executions, [1] * len(self.inputs)),
        }

    def _status_counts(self, ended: Counter[str], weights: list[int]) -> dict[str, int]:
        running = sum(weights[slot] for slot in self.running)
        counts = status_counts(ended, sum(weights), running)
        if self.document["redriveCount"]:
            waiting = sum(weights[slot] for slot, row in self.rows.items() if self._needs_redrive(row))
            counts["pending"] -= waiting
            counts |= {"failuresNotRedrivable": 0, "pendingRedrive": waiting}
        return counts

    def _start_children(self) -> None:
        limit = self.document["maxConcurrency"] or DEFAULT_CONCURRENCY
        while len(self.running) < limit and (slot := next(self._next, None)) is not None:
            row = self.rows.get(slot)
            if row is None:
                child = self._start_child(slot)
            elif slot not in self.running and self._needs_redrive(row):
                child = self._redrive_child(slot, row)
            else:
                continue
            self._watch(slot, child)
            # The child may have ended synchronously and exceeded the threshold.
            self._check_threshold()

    def _watch(self, slot: int, child: Execution) -> None:
        self.rows[slot] = child.row
        self.running[slot] = child
        child.on_end(lambda: self._ended(slot))

    def _needs_redrive(self, row: dict[str, Any]) -> bool:
        """Return whether a child failed before the run's last redrive."""
        failed: bool = row["status"] != "SUCCEEDED"
        redrives: int = row.get("mapRunRedrives", 0)
        return failed and redrives < int(self.document["redriveCount"])

    def _redrive_child(self, slot: int, row: dict[str, Any]) -> Execution:
        """Continue a standard child that failed. An express child has no history to continue: start another one."""
        if self.document["express"]:
            self.runtime.store.delete_execution(row["id"])
            return self._start_child(slot)
        row["mapRunRedrives"] = self.document["redriveCount"]
        return self.runtime.redrive(row)

    def _start_child(self, slot: int) -> Execution:
        execution = self.frame.execution
        parent, document = execution.row, self.document
        name = str(uuid.uuid4())
        machine = document["stateMachineArn"]
        kind, qualified = (
            ("express", f"{name}:{uuid.uuid4()}") if document["express"] else ("execution", name)
        )
        row = {
            "executionArn": f"{machine.replace(':stateMachine:', f':{kind}:')}:{qualified}",
            "stateMachineArn": machine,
            "machineName": machine.rpartition(":")[2],
            "name": name,
            "type": "EXPRESS" if document["express"] else "STANDARD",
            "startDate": self.runtime.clock.now(),
            "input": json_text(self.inputs[slot]),
            "roleArn": parent["roleArn"],
            "revision": parent["revision"],
            "processor": document["processor"],
            "mapRunArn": self.arn,
            "mapIndex": slot,
            "mapRunRedrives": document["redriveCount"],
            "itemCount": self.weights[slot],
        }
        row |= {name: parent[name] for name in ("traceHeader", "testCase") if name in parent}
        return self.runtime.start_execution(row, self.processor)

    def _ended(self, slot: int) -> None:
        self._count(slot, self.running.pop(slot).row)
        self._changed.set()

    def _count(self, slot: int, row: dict[str, Any]) -> None:
        self.executions[_COUNTED[row["status"]]] += 1
        self.items[_COUNTED[row["status"]]] += self.weights[slot]

    def _check_threshold(self) -> None:
        failed = self.items["failed"] + self.items["timedOut"] + self.items["aborted"]
        share = 100 * failed / (self._total or 1)
        by_count, by_share = (
            self.document["toleratedFailureCount"],
            self.document["toleratedFailurePercentage"],
        )
        # Without any limit no failure is tolerated.
        unlimited = by_count is None and by_share is None
        too_many = by_count is not None and failed > by_count
        too_large = by_share is not None and share > by_share
        if too_many or too_large or (failed and unlimited):
            raise ThresholdExceeded


async def stop_children(runtime: Runtime, arn: str) -> None:
    """Abort the running children of a map run that has failed or was stopped."""
    rows = runtime.store.executions(map_run=arn, status="RUNNING", limit=-1)
    running = [runtime.execution(row["executionArn"]) for row in rows]
    await asyncio.gather(*(runtime.stop(child, None, None) for child in running if child is not None))


def counts_of_ended(store: Store, document: dict[str, Any]) -> dict[str, Any]:
    """Return the document of a map run that is not running, its counts updated from its children."""
    if not document["executionCounts"]["running"]:
        return document
    items: Counter[str] = Counter()
    executions: Counter[str] = Counter()
    for row in store.executions(map_run=document["mapRunArn"], limit=-1):
        kind = _COUNTED.get(row["status"], "running")
        executions[kind] += 1
        items[kind] += row["itemCount"]
    counts = {
        name: status_counts(counted, document[name]["total"], counted["running"])
        for name, counted in (("itemCounts", items), ("executionCounts", executions))
    }
    return document | counts


def status_counts(ended: Counter[str], total: int = 0, running: int = 0) -> dict[str, int]:
    """Return items or child executions by status, as DescribeMapRun reports them."""
    counts = {name: ended[name] for name in _COUNTED.values()}
    return {
        **counts,
        "running": running,
        "pending": total - running - sum(counts.values()),
        "total": total,
        "resultsWritten": 0,
    }
