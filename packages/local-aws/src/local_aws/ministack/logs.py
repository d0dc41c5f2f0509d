"""Log events of Lambda functions in CloudWatch Logs."""

from __future__ import annotations

from ministack.services import cloudwatch_logs

from ..lambda_runner import LogEvent
from .scope import default_scope

# MiniStack holds events in memory: a stream keeps its newest.
_EVENTS_PER_STREAM = 5_000

# Each sandbox has a stream of its own: a group keeps its newest streams.
_STREAMS_PER_GROUP = 50


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
        stream = streams.setdefault(
            stream_name,
            {
                "events": [],
                "uploadSequenceToken": "1",
                "creationTime": now,
                "firstEventTimestamp": None,
                "lastEventTimestamp": None,
                "lastIngestionTime": None,
            },
        )
        records = [{"timestamp": event.timestamp, "message": event.message} for event in events]
        cloudwatch_logs._append_log_events(stream, [record | {"ingestionTime": now} for record in records])
        del stream["events"][:-_EVENTS_PER_STREAM]
        cloudwatch_logs._fanout_to_subscription_filters(group_name, stream_name, records)
