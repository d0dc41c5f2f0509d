"""Events of AWS services on the default event bus."""

from __future__ import annotations

import json
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import eventbridge

from .event_checks import check_entry, check_request
from .scope import default_scope

type Response = tuple[int, dict[str, str], bytes]


def publish_aws_event(source: str, detail_type: str, resources: list[str], detail: dict[str, Any]) -> None:
    """Put an event with a source of AWS, which PutEvents rejects from callers."""
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Resources": resources,
        "Detail": json.dumps(detail),
    }
    with default_scope():
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def install_event_checks() -> None:
    """Check the entries of PutEvents; valid entries are processed though others are not."""
    put_events = eventbridge._put_events

    def checked_put_events(data: dict[str, Any], allow_aws_source: bool = False) -> Response:
        entries = data.get("Entries") or []
        if (message := check_request(entries)) is not None:
            rejected: Response = error_response_json("ValidationException", message, 400)
            return rejected
        invalid = [check_entry(entry) for entry in entries]
        valid = [entry for entry, problem in zip(entries, invalid, strict=True) if problem is None]
        processed = iter(())
        if valid:
            _, _, body = put_events(data | {"Entries": valid}, allow_aws_source)
            processed = iter(json.loads(body)["Entries"])
        results = [problem or next(processed) for problem in invalid]
        failed = sum("ErrorCode" in result for result in results)
        response: Response = json_response({"FailedEntryCount": failed, "Entries": results})
        return response

    eventbridge._put_events = checked_put_events


def drop_old_events(limit: int) -> None:
    """Keep the newest events of MiniStack's record of all events."""
    with default_scope():
        del eventbridge._events_log_list()[:-limit]
