"""FilterLogEvents: streams by prefix, pages, and the ids of events.

Source: the CloudWatch Logs API reference, FilterLogEvents.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from ministack.core.responses import error_response_json, json_response
from ministack.services import cloudwatch_logs

type Response = tuple[int, dict[str, str], Any]
type Event = dict[str, Any]

_LIMIT = 10_000


class _Place(NamedTuple):
    """Where a page begins: the events of a moment, of which `skipped` were read."""

    timestamp: int
    ingestion: int
    skipped: int


_BEGINNING = _Place(-1, -1, 0)


def filter_log_events(data: dict[str, Any]) -> Response:
    """Return the events of a log group that match, by time; a page has at most `limit` events."""
    name = cloudwatch_logs._resolve_log_group_name(data)
    group = cloudwatch_logs._log_groups.get(name)
    if group is None:
        return _rejected("ResourceNotFoundException", "The specified log group does not exist.")
    names, prefix = data.get("logStreamNames"), data.get("logStreamNamePrefix")
    if names and prefix:
        return _rejected(
            "InvalidParameterException", "logStreamNames and logStreamNamePrefix cannot both be specified."
        )
    streams = group["streams"]
    if any(each not in streams for each in names or ()):
        return _rejected("ResourceNotFoundException", "The specified log stream does not exist.")
    try:
        start = _place(data.get("nextToken"), data)
    except ValueError:
        return _rejected("InvalidParameterException", "The specified nextToken is invalid.")
    chosen = names or [each for each in list(streams) if each.startswith(prefix or "")]
    events = _between(streams, chosen, data.get("startTime"), data.get("endTime"), start)
    response: Response = json_response(_page(events, data, start))
    return response


def _between(
    streams: dict[str, Any], names: Iterable[str], since: int | None, until: int | None, start: _Place
) -> Iterator[tuple[str, Event]]:
    """Return the events of streams between two times, from a place on, by timestamp and ingestion."""
    ranges = []
    least = max(since if since is not None else start.timestamp, start.timestamp)
    with cloudwatch_logs._log_events_lock:
        for name in names:
            stream = streams.get(name)
            if stream is not None:
                events = stream["events"]
                first = bisect_left(events, least, key=_timestamp)
                last = len(events) if until is None else bisect_right(events, until, key=_timestamp)
                ranges.append([(name, event) for event in events[first:last]])
    return heapq.merge(*ranges, key=lambda entry: _moment(entry[1]))


def _page(events: Iterator[tuple[str, Event]], data: dict[str, Any], start: _Place) -> dict[str, Any]:
    matches = cloudwatch_logs._compile_filter_pattern(data.get("filterPattern") or "")
    limit = data.get("limit") or _LIMIT
    page: list[Event] = []
    for moment, entries in groupby(events, key=lambda entry: _moment(entry[1])):
        if moment < start[:2]:
            continue
        skipped = start.skipped if moment == start[:2] else 0
        for position, (stream, event) in enumerate(entries):
            if position < skipped or not matches(event.get("message", "")):
                continue
            if len(page) == limit:
                token = _token(_Place(*moment, position), data)
                return {"events": page, "searchedLogStreams": [], "nextToken": token}
            page.append({"eventId": _event_id(stream, event, position)} | event | {"logStreamName": stream})
    return {"events": page, "searchedLogStreams": []}


def _timestamp(event: Event) -> int:
    return int(event["timestamp"])


def _moment(event: Event) -> tuple[int, int]:
    return _timestamp(event), event.get("ingestionTime", 0)


def _event_id(stream: str, event: Event, position: int) -> str:
    """Return the id of an event that was stored without one: the same whenever the event is read."""
    identity = f"{stream}\n{_moment(event)}\n{position}\n{event['message']}"
    number = int.from_bytes(hashlib.sha256(identity.encode(errors="surrogatepass")).digest()[:16])
    return f"{_timestamp(event):017d}{number:039d}"


def _token(place: _Place, data: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps([*place, _digest(data)]).encode()).decode()


def _place(token: str | None, data: dict[str, Any]) -> _Place:
    """Return the place of a token. Raise ValueError for a token of another request."""
    if token is None:
        return _BEGINNING
    timestamp, ingestion, skipped, digest = json.loads(urlsafe_b64decode(token))
    if digest != _digest(data):
        raise ValueError("the token belongs to another request")
    return _Place(timestamp, ingestion, skipped)


def _digest(data: dict[str, Any]) -> str:
    request = {name: value for name, value in data.items() if name not in ("nextToken", "limit")}
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:16]


def _rejected(code: str, message: str) -> Response:
    response: Response = error_response_json(code, message, 400)
    return response
