"""Events of AWS services on the default event bus."""

from __future__ import annotations

import contextvars
import json
from http import HTTPStatus
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import eventbridge

from ..scope import default_scope
from .event_checks import check_entry, check_request, check_rule, check_targets

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
    """Check requests as EventBridge does; valid entries of PutEvents are processed though others are not."""
    _install_put_events()
    _install_rules()


def _install_put_events() -> None:
    put_events, now = eventbridge._put_events, eventbridge._now_ts

    def checked_put_events(data: dict[str, Any], allow_aws_source: bool = False) -> Response:
        entries = data.get("Entries") or []
        if (problem := check_request(entries)) is not None:
            rejected: Response = error_response_json(*problem, 400)
            return rejected
        results = []
        for entry in entries:
            problem_of_entry = check_entry(entry)
            if problem_of_entry is None:
                token = _time.set(entry.get("Time"))
                _, _, body = put_events({"Entries": [entry]}, allow_aws_source)
                _time.reset(token)
                results += json.loads(body)["Entries"]
            else:
                results.append(problem_of_entry)
        failed = sum("ErrorCode" in result for result in results)
        response: Response = json_response({"FailedEntryCount": failed, "Entries": results})
        return response

    def time_of_event() -> float:
        given = eventbridge._coerce_timestamp(_time.get())
        return float(given if given is not None else now())

    eventbridge._put_events, eventbridge._now_ts = checked_put_events, time_of_event


# The quota of targets of a rule.
_MAX_TARGETS = 5

_time: contextvars.ContextVar[Any] = contextvars.ContextVar("time_of_entry", default=None)
"""The time that an entry of PutEvents has; MiniStack takes that of the request."""


def _install_rules() -> None:
    put_rule, put_targets = eventbridge._put_rule, eventbridge._put_targets
    describe_rule, create_event_bus = eventbridge._describe_rule, eventbridge._create_event_bus
    delete_rule = eventbridge._delete_rule

    def checked_put_rule(data: dict[str, Any]) -> Response:
        if (message := check_rule(data)) is not None:
            rejected: Response = error_response_json("ValidationException", message, 400)
            return rejected
        response: Response = put_rule(data)
        return response

    def checked_put_targets(data: dict[str, Any]) -> Response:
        if (message := check_targets(data.get("Targets") or [])) is not None:
            rejected: Response = error_response_json("ValidationException", message, 400)
            return rejected
        targets = _targets_of(data, "Rule")
        ids = {target["Id"] for target in (*targets, *(data.get("Targets") or ()))}
        if len(ids) > _MAX_TARGETS:
            message = "The requested resource exceeds the maximum number allowed."
            limited: Response = error_response_json("LimitExceededException", message, 400)
            return limited
        return _with_bus(data, put_targets(data))

    def checked_delete_rule(data: dict[str, Any]) -> Response:
        if _targets_of(data, "Name"):
            message = "Rule can't be deleted since it has targets."
            rejected: Response = error_response_json("ValidationException", message, 400)
            return rejected
        response: Response = delete_rule(data)
        return response

    def create_bus(data: dict[str, Any]) -> Response:
        status, headers, body = create_event_bus(data)
        return status, headers, body.replace(b' already exists"', b' already exists."')

    eventbridge._create_event_bus = create_bus
    eventbridge._put_rule = checked_put_rule
    eventbridge._put_targets = checked_put_targets
    eventbridge._delete_rule = checked_delete_rule
    eventbridge._describe_rule = lambda data: _with_bus(data, describe_rule(data))


def _targets_of(data: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the targets of the rule that a request names."""
    key = eventbridge._rule_key(data.get(name), data.get("EventBusName", "default"))
    targets: list[dict[str, Any]] = eventbridge._targets.get(key) or []
    return targets


def _with_bus(data: dict[str, Any], response: Response) -> Response:
    """Name the event bus in the error for a missing rule, as EventBridge does."""
    status, headers, body = response
    if status != HTTPStatus.BAD_REQUEST:
        return response
    bus = str(data.get("EventBusName") or "default").rpartition("/")[2]
    rule = data.get("Rule") or data.get("Name")
    return (
        status,
        headers,
        body.replace(
            f"Rule {rule} does not exist.".encode(), f"Rule {rule} does not exist on EventBus {bus}.".encode()
        ),
    )


def drop_old_events(limit: int) -> None:
    """Keep the newest events of MiniStack's record of all events."""
    with default_scope():
        del eventbridge._events_log_list()[:-limit]
