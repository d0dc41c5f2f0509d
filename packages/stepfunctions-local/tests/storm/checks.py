"""Checks of every accepted execution after the storm. Each check yields the violations."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator

from .clients import TERMINAL, Client, Execution, Json, Refused, deliveries
from .kinds import machine_arn
from .process import Process

# Timestamps of events are cut to whole milliseconds.
_MILLISECOND = 0.001


def find_violations(client: Client, process: Process, executions: dict[str, Execution]) -> list[str]:
    """Return all violations."""
    violations: list[str] = []
    succeeded: dict[str, float] = {}
    for execution in executions.values():
        try:
            violations += [
                f"{execution.name}: {fault}" for fault in _execution_violations(client, execution, succeeded)
            ]
        except Refused as refused:
            violations.append(f"{execution.name}: {refused}")
    violations += _nested_twice(client)
    for line in deliveries(process):
        if line["at"] > succeeded.get(line["key"], float("inf")) + _MILLISECOND:
            violations.append(f"{line['key']} was delivered again after its success was in the history")
    return violations


def _execution_violations(client: Client, execution: Execution, succeeded: dict[str, float]) -> Iterator[str]:
    kind, reported = execution.kind, execution.ended
    seen = client.call("DescribeExecution", executionArn=execution.arn)
    if seen["status"] != kind.status:
        yield f"status is {seen['status']}; expected {kind.status}"
        return
    if reported is not None and (reported["status"], reported["stopDate"]) != (
        seen["status"],
        seen["stopDate"],
    ):
        yield "changed after its result was reported"
    if seen["redriveCount"] != kind.redrives:
        yield f"was redriven {seen['redriveCount']} times"
    events = _history(client, execution.arn)
    yield from _history_violations(events, succeeded)
    entered = Counter(event["stateEnteredEventDetails"]["name"] for event in _entered(events))
    if entered != kind.entered:
        yield f"entered {dict(entered)}, not {kind.entered}"
    types = Counter(event["type"] for event in events)
    for name, count in kind.events.items():
        if types[name] != count:
            yield f"has {types[name]} events {name}, not {count}"
    if kind.status == "TIMED_OUT" and seen["stopDate"] - seen["startDate"] < 3:
        yield "timed out too early"
    if kind.children is not None:
        yield from _map_run_violations(client, execution, kind.children, succeeded)


def _history_violations(events: list[Json], succeeded: dict[str, float]) -> Iterator[str]:
    """Check that a history is complete and ordered, and that waits have their duration."""
    by_id = {event["id"]: event for event in events}
    if [event["id"] for event in events] != list(range(1, len(events) + 1)):
        yield "has a history with gaps"
        return
    ends = defaultdict(int)
    for event in events:
        if event["previousEventId"] >= event["id"]:
            yield f"has an event {event['id']} before the one it follows from"
        if event["type"] in ("TaskSucceeded", "TaskFailed", "TaskTimedOut"):
            scheduled = _scheduled(event, by_id)
            ends[scheduled["id"]] += 1
            if event["type"] == "TaskSucceeded":
                parameters = json.loads(scheduled["taskScheduledEventDetails"]["parameters"])
                if "Payload" in parameters:
                    succeeded[parameters["Payload"]["key"]] = event["timestamp"]
        if event["type"] == "WaitStateExited":
            before = by_id[event["previousEventId"]]
            if event["timestamp"] - before["timestamp"] < 1 - 2 * _MILLISECOND:
                yield "has a wait that ended too early"
    if any(count > 1 for count in ends.values()):
        yield "has a task that ended twice"
    exited = Counter(
        event["stateExitedEventDetails"]["name"] for event in events if "stateExitedEventDetails" in event
    )
    entered = Counter(event["stateEnteredEventDetails"]["name"] for event in _entered(events))
    if exited - entered:
        yield f"left {dict(exited - entered)} more often than it entered them"


def _entered(events: list[Json]) -> Iterator[Json]:
    return (event for event in events if "stateEnteredEventDetails" in event)


def _scheduled(event: Json, by_id: dict[int, Json]) -> Json:
    while event["type"] != "TaskScheduled":
        event = by_id[event["previousEventId"]]
    return event


def _map_run_violations(
    client: Client, execution: Execution, expected: dict[str, int], succeeded: dict[str, float]
) -> Iterator[str]:
    runs = client.call("ListMapRuns", executionArn=execution.arn)["mapRuns"]
    if len(runs) != 1:
        yield f"has {len(runs)} map runs"
        return
    arn = runs[0]["mapRunArn"]
    counts = client.call("DescribeMapRun", mapRunArn=arn)["executionCounts"]
    total = sum(expected.values())
    if {name: counts[name] for name in expected} != expected or counts["total"] != total or counts["running"]:
        yield f"has a map run with {counts}, not {expected}"
    children = client.call("ListExecutions", mapRunArn=arn, maxResults=100)["executions"]
    statuses = Counter(child["status"].lower() for child in children)
    if statuses != expected:
        yield f"has child executions {dict(statuses)}, not {expected}"
    for child in children:
        if ":express:" not in child["executionArn"]:
            for fault in _history_violations(_history(client, child["executionArn"]), succeeded):
                yield f"has a child that {fault}"


def _nested_twice(client: Client) -> Iterator[str]:
    """Check that each parent started one nested execution, and that it has ended."""
    parents: Counter[str] = Counter()
    token: Json = {}
    while True:
        page = client.call("ListExecutions", stateMachineArn=machine_arn("inner"), maxResults=100, **token)
        for listed in page["executions"]:
            described = client.call("DescribeExecution", executionArn=listed["executionArn"])
            parents[json.loads(described["input"])["name"]] += 1
            if listed["status"] not in TERMINAL:
                yield f"{listed['executionArn']} is {listed['status']} when its parent has ended"
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    for parent, count in parents.items():
        if count > 1:
            yield f"{parent} started {count} workflows, not one"


def _history(client: Client, arn: str) -> list[Json]:
    events: list[Json] = []
    token: Json = {}
    while True:
        page = client.call("GetExecutionHistory", executionArn=arn, maxResults=1000, **token)
        events += page["events"]
        if "nextToken" not in page:
            return events
        token = {"nextToken": page["nextToken"]}
