"""Events of AWS services on the default event bus."""

from __future__ import annotations

import json
from typing import Any

from ministack.services import eventbridge

from .scope import default_scope


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


def drop_old_events(limit: int) -> None:
    """Keep the newest events of MiniStack's record of all events."""
    with default_scope():
        del eventbridge._events_log_list()[:-limit]
