"""CloudWatch Logs: the output of Lambda functions, and log groups, streams and events in the journal."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import cloudwatch_logs

from ...journal import Journal, ObservedDict, ObservedList, RecordWithList
from ...lambda_runner import LogEvent
from ..documents import State, copied_stores
from ..scope import default_scope

# MiniStack holds events in memory: a stream keeps its newest.
_EVENTS_PER_STREAM = 5_000

# Each sandbox has a stream of its own, and functions can share a group: it keeps its newest streams.
_STREAMS_PER_GROUP = 500

_STREAMS = "logs/streams"
_EVENTS = "logs/events"
_METADATA = (
    "destinations", "resource_policies", "log_group_policies", "metric_filters", "queries", "delivery_sources",
    "delivery_destinations", "deliveries",
)  # fmt: skip

type GroupKey = tuple[str, str, str]


def write_logs(group_name: str, stream_name: str, events: list[LogEvent]) -> None:
    """Write events as the Lambda service does; create the group and the stream if they are missing."""
    with default_scope():
        now = events[-1].timestamp
        groups = cloudwatch_logs._log_groups
        if group_name not in groups:
            groups[group_name] = {
                "arn": cloudwatch_logs._make_group_arn(group_name),
                "creationTime": now,
                "retentionInDays": None,
                "tags": {},
                "subscriptionFilters": {},
                "streams": {},
            }
        streams = groups[group_name]["streams"]
        if stream_name not in streams:
            for oldest in list(streams)[: max(0, len(streams) + 1 - _STREAMS_PER_GROUP)]:
                del streams[oldest]
        stream = streams.setdefault(stream_name, _new_stream(now))
        records = [{"timestamp": event.timestamp, "message": event.message} for event in events]
        cloudwatch_logs._append_log_events(stream, [record | {"ingestionTime": now} for record in records])
        del stream["events"][:-_EVENTS_PER_STREAM]
        cloudwatch_logs._fanout_to_subscription_filters(group_name, stream_name, records)


def _new_stream(now: int) -> dict[str, Any]:
    return {
        "events": [],
        "uploadSequenceToken": "1",
        "creationTime": now,
        "firstEventTimestamp": None,
        "lastEventTimestamp": None,
        "lastIngestionTime": None,
    }


def metadata() -> State:
    """Return the state of CloudWatch Logs without streams and events."""
    groups = AccountRegionScopedDict()
    for key, group in list(cloudwatch_logs._log_groups._data.items()):
        groups._data[key] = {name: value for name, value in group.items() if name != "streams"}
    return {"log_groups": groups} | copied_stores(cloudwatch_logs, _METADATA)


def add_streams(journal: Journal, state: State) -> None:
    """Add the stored streams and events to the log groups of a stored state."""
    streams: dict[GroupKey, dict[str, dict[str, Any]]] = defaultdict(dict)
    for entry in journal.load(_STREAMS):
        streams[entry.owner][str(entry.key)] = entry.value  # type: ignore[index]
    events: dict[Any, list[tuple[int, Any]]] = defaultdict(list)
    for entry in journal.load(_EVENTS):
        events[entry.owner].append((int(str(entry.key)), entry.value))
    for key, group in state["log_groups"]._data.items():
        restored = []
        for name, values in streams[key].items():
            observed = ObservedList(journal, _EVENTS, (*key, name), events[*key, name])
            restored.append((name, RecordWithList(values | _times(observed), "events", observed)))
        group["streams"] = _observed_streams(journal, key, restored)


def _times(events: list[dict[str, Any]]) -> dict[str, Any]:
    if not events:
        return {}
    return {
        "firstEventTimestamp": events[0]["timestamp"],
        "lastEventTimestamp": events[-1]["timestamp"],
        "lastIngestionTime": events[-1]["ingestionTime"],
    }


def install_log_events(journal: Journal) -> None:
    """Write every change of streams and events to the journal."""

    def observed(key: GroupKey, group: dict[str, Any]) -> dict[str, Any]:
        streams = group["streams"]
        if not isinstance(streams, ObservedDict):
            group["streams"] = _observed_streams(journal, key, [])
            group["streams"].update(streams)
        return group

    def delete(_: GroupKey, group: dict[str, Any]) -> None:
        group["streams"].clear()

    cloudwatch_logs._log_groups._data = ObservedDict(convert=observed, on_delete=delete)


def _observed_streams(
    journal: Journal, group: GroupKey, restored: list[tuple[str, RecordWithList]]
) -> ObservedDict:
    """Return the streams of a group as a dictionary that writes its changes to the journal."""

    def observed(name: str, stream: dict[str, Any]) -> RecordWithList:
        if isinstance(stream, RecordWithList):
            return stream
        events = ObservedList(journal, _EVENTS, (*group, name))
        events.extend(stream["events"])
        return RecordWithList(stream, "events", events)

    def put(name: str, stream: RecordWithList) -> None:
        journal.put(_STREAMS, group, name, {key: value for key, value in stream.items() if key != "events"})

    def delete(name: str, _: RecordWithList) -> None:
        journal.delete(_STREAMS, group, name)
        journal.delete_owner(_EVENTS, (*group, name))

    return ObservedDict(restored, convert=observed, on_set=put, on_delete=delete)
